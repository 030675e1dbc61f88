import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { Source, WholeDraft } from "../api";
import { Part } from "../parts";
import { ORDER } from "./fields";
import { ForgeFields, KindChoice } from "./forge";
import { HookFields } from "./hook";
import { asKind, blank, draftOf, type Form, formOf } from "./model";
import { OptionGroups } from "./options";

interface Props {
  /** The source that is edited; none when one is connected. */
  source?: Source;
  submit: string;
  pending: boolean;
  error: Error | null;
  onSubmit: (draft: WholeDraft) => void;
  extra?: ReactNode;
}

/** All that people say about a source. */
export function SourceForm({ source, submit, pending, error, onSubmit, extra }: Props) {
  const navigate = useNavigate();
  const [form, setForm] = useState<Form>(() => (source === undefined ? blank("github") : formOf(source)));
  const change = (next: Partial<Form>) => setForm((present) => ({ ...present, ...next }));
  const stored = source?.secrets ?? {};
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(draftOf(form, stored));
      }}
    >
      <Stack gap="md">
        <Part title="Where the repositories are">
          <Stack gap="md">
            {source === undefined && (
              <KindChoice kind={form.kind} onChange={(kind) => setForm((present) => asKind(present, kind))} />
            )}
            <TextInput
              label="Title"
              description="How people here call it."
              inputWrapperOrder={ORDER}
              placeholder="Acme on GitHub"
              required
              maw={420}
              value={form.title}
              onChange={(event) => change({ title: event.currentTarget.value })}
            />
            <ForgeFields form={form} onChange={change} id={source?.id} stored={stored} />
          </Stack>
        </Part>
        <Part title="What is read and written" sub="The settings below suit most organisations; open one to change it.">
          <OptionGroups
            options={form.options}
            onChange={(options) => setForm((present) => ({ ...present, options: { ...present.options, ...options } }))}
          />
        </Part>
        <Part title="Events" sub="With a webhook a push arrives within seconds; without one at the next full pass.">
          <HookFields form={form} onChange={change} url={source?.webhook?.url} stored={stored} />
        </Part>
        {error && (
          <Alert color="red" role="alert" title="This was not accepted">
            {error.message}
          </Alert>
        )}
        <Group gap="xs" justify="space-between">
          <Group gap="xs">
            <Button type="submit" loading={pending}>
              {submit}
            </Button>
            {source === undefined && (
              <Button variant="default" onClick={() => void navigate({ to: "/sources" as never })}>
                Cancel
              </Button>
            )}
          </Group>
          {extra}
        </Group>
      </Stack>
    </form>
  );
}
