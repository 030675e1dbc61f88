import { Button, Code, Menu, PasswordInput, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { FormDialog } from "@/ui/dialogs";
import { showDone } from "@/ui/notify";
import { LossItem, RowMenu } from "@/ui/row-menu";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { SearchTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { type Secret, secretsQuery, useChangeSecret, useCreateSecret, useDeleteSecret } from "./api";

/** Values that actions and integrations use and nobody reads. */
export function Secrets() {
  const secrets = useQuery(secretsQuery);
  const [edited, setEdited] = useState<Secret | "new" | null>(null);
  const remove = useDeleteSecret();
  const create = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited("new")}>
      New secret
    </Button>
  );
  const menu = (secret: Secret) => (
    <RowMenu label={secret.secretName}>
      <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setEdited(secret)}>
        Change
      </Menu.Item>
      <LossItem
        title={`Delete ${secret.secretName}?`}
        onConfirm={() =>
          remove.mutate(secret.secretName, { onSuccess: () => showDone(`${secret.secretName} is deleted`) })
        }
      >
        Actions that use it fail from now on.
      </LossItem>
    </RowMenu>
  );
  return (
    <>
      <PageHead
        title="Secrets"
        sub={
          <>
            Used in actions as <Code>{'{{ .secrets["NAME"] }}'}</Code>; encrypted at rest, never shown again.
          </>
        }
      >
        {create}
      </PageHead>
      <Loaded query={secrets}>
        {(rows) => (
          <SearchTable
            label="Secrets"
            rows={rows}
            keyOf={(secret) => secret.secretName}
            empty={<Empty title="No secrets yet" action={create} />}
            columns={[
              {
                title: "Name",
                text: (secret) => `${secret.secretName} ${secret.description ?? ""}`,
                cell: (secret) => <Code>{secret.secretName}</Code>,
              },
              { title: "Description", cell: (secret) => <Text size="sm">{secret.description}</Text>, wide: true },
              { title: "Changed", cell: (secret) => <Ago at={secret.updatedAt} /> },
              { title: "", cell: menu, width: 50 },
            ]}
          />
        )}
      </Loaded>
      {edited !== null && <SecretDialog secret={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
    </>
  );
}

function SecretDialog({ secret, onClose }: { secret: Secret | null; onClose: () => void }) {
  const create = useCreateSecret();
  const change = useChangeSecret();
  const form = useForm({
    initialValues: { secretName: secret?.secretName ?? "", secretValue: "", description: secret?.description ?? "" },
  });
  const save = secret === null ? create : change;
  return (
    <FormDialog
      opened
      title={secret === null ? "New secret" : secret.secretName}
      submit={secret === null ? "Create" : "Save"}
      pending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={() =>
        save.mutate(
          { ...form.values, description: form.values.description || null },
          {
            onSuccess: () => {
              showDone("Saved");
              onClose();
            },
          },
        )
      }
    >
      {secret === null && (
        <TextInput
          label="Name"
          description="Letters, digits, _ and -."
          required
          data-autofocus
          {...form.getInputProps("secretName")}
        />
      )}
      <PasswordInput
        label="Value"
        required={secret === null}
        description={secret === null ? undefined : "Left empty, the present value stays."}
        autoComplete="off"
        {...form.getInputProps("secretValue")}
      />
      <TextInput label="Description" {...form.getInputProps("description")} />
    </FormDialog>
  );
}
