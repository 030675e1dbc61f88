import { Alert, Anchor, Button, Stack, Tabs, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Blueprint as Data } from "@/api/model";
import { blueprintsQuery } from "@/app/queries";
import { AddressTabs } from "@/ui/address-tabs";
import { askBefore } from "@/ui/dialogs";
import { showProblem } from "@/ui/notify";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { scorecardsQuery, useDeleteBlueprint } from "./api";
import { Form } from "./blueprint-form";
import { Saving } from "./blueprint-saving";
import { DocumentEditor } from "./editor";
import { BUILDER, type Draft, withoutStamps } from "./model";
import { Permissions } from "./permissions";

/** One blueprint: its properties and relations as a form and as JSON, both of the same draft; permissions; scorecards. */
export function BlueprintScreen() {
  const { blueprint: identifier } = useParams({ strict: false }) as { blueprint: string };
  const blueprints = useQuery(blueprintsQuery);
  return (
    <Loaded query={blueprints}>
      {(all) => {
        const found = all.find((each) => each.identifier === identifier);
        if (!found) return <Empty title="There is nothing here">No blueprint is called “{identifier}”.</Empty>;
        return <Editor key={found.updatedAt} blueprint={found} all={all} />;
      }}
    </Loaded>
  );
}

function Editor({ blueprint, all }: { blueprint: Data; all: Data[] }) {
  const { tab = "properties" } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const stored = useMemo(() => JSON.stringify(withoutStamps(blueprint), null, 2), [blueprint]);
  const [text, setText] = useState(stored);
  const draft = useMemo(() => draftOf(text), [text]);
  const setDraft = (next: Draft) => setText(JSON.stringify(next, null, 2));
  const remove = useDeleteBlueprint();
  const ask = () =>
    askBefore({
      title: `Delete blueprint ${blueprint.title}?`,
      children: "Only a blueprint without entities, that no relation leads to, can be deleted.",
      confirm: "Delete",
      onConfirm: () =>
        remove.mutate(blueprint.identifier, {
          onSuccess: () => void navigate({ to: BUILDER as never }),
          onError: showProblem,
        }),
    });
  return (
    <>
      <PageHead
        title={blueprint.title}
        sub={
          <>
            <Anchor component={Link} to={BUILDER as never} size="sm" underline="always">
              Blueprints
            </Anchor>{" "}
            · {blueprint.identifier}
          </>
        }
      >
        <Button variant="default" color="red" leftSection={<IconTrash size={16} />} onClick={ask}>
          Delete
        </Button>
      </PageHead>
      <AddressTabs value={tab}>
        <Tabs.List mb="md">
          <Tabs.Tab value="properties">Properties and relations</Tabs.Tab>
          <Tabs.Tab value="json">JSON</Tabs.Tab>
          <Tabs.Tab value="permissions">Permissions</Tabs.Tab>
          <Tabs.Tab value="scorecards">Scorecards</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="properties">
          {draft.value ? (
            <Form draft={draft.value} onChange={setDraft} all={all} />
          ) : (
            <Alert color="red">The JSON cannot be read: {draft.problem}</Alert>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="json">
          <DocumentEditor
            label="Blueprint"
            text={text}
            onChange={setText}
            operation={["put", "/v1/blueprints/{identifier}"]}
            problem={draft.problem}
          />
        </Tabs.Panel>
        <Tabs.Panel value="permissions">
          <Permissions blueprint={blueprint.identifier} />
        </Tabs.Panel>
        <Tabs.Panel value="scorecards">
          <Scorecards blueprint={blueprint.identifier} />
        </Tabs.Panel>
      </AddressTabs>
      {(tab === "properties" || tab === "json") && (
        <Saving blueprint={blueprint} draft={draft.value} changed={text !== stored} onReset={() => setText(stored)} />
      )}
    </>
  );
}

function draftOf(text: string): { value: Draft | null; problem: string | null } {
  try {
    const value = JSON.parse(text) as Draft;
    if (typeof value !== "object" || value === null || typeof value.schema?.properties !== "object") {
      return { value: null, problem: "schema.properties is missing" };
    }
    return { value: { ...value, relations: value.relations ?? {} }, problem: null };
  } catch (error) {
    return { value: null, problem: (error as Error).message };
  }
}

function Scorecards({ blueprint }: { blueprint: string }) {
  const scorecards = useQuery(scorecardsQuery);
  const to = `/builder/scorecards/${encodeURIComponent(blueprint)}`;
  return (
    <Loaded query={scorecards}>
      {(all) => {
        const mine = all.filter((each) => each.blueprint === blueprint);
        return (
          <Stack align="flex-start">
            {mine.length === 0 && <Text size="sm">No scorecard measures it yet.</Text>}
            {mine.map((each) => (
              <Anchor key={each.identifier} component={Link} to={`${to}/${encodeURIComponent(each.identifier)}`}>
                {each.title}
              </Anchor>
            ))}
            <Button component={Link} to={`${to}/new`} variant="light" leftSection={<IconPlus size={16} />}>
              New scorecard
            </Button>
          </Stack>
        );
      }}
    </Loaded>
  );
}
