import { Badge, Button, Code, Menu, Text, TextInput } from "@mantine/core";
import { IconBan, IconCircleCheck, IconPlus, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { askBefore, FormDialog, ShownOnce } from "@/ui/dialogs";
import { showDone } from "@/ui/notify";
import { LossItem, RowMenu } from "@/ui/row-menu";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { SearchTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { type AppCredentials, appsQuery, useChangeApp, useCreateApp, useDeleteApp, useRotateApp } from "./api";

type Once = { label: string; value: string }[];

function onceOf(app: AppCredentials): Once {
  return [
    { label: "Client id", value: app.id },
    { label: "Client secret", value: app.secret ?? "" },
  ];
}

/** The organisation's credentials, which integrations and agents use. */
export function Credentials() {
  const apps = useQuery(appsQuery);
  const [creating, setCreating] = useState(false);
  const [once, setOnce] = useState<Once | null>(null);
  const change = useChangeApp();
  const rotate = useRotateApp();
  const remove = useDeleteApp();
  const menu = (app: AppCredentials) => (
    <RowMenu label={app.name}>
      <Menu.Item
        leftSection={<IconRefresh size={15} />}
        onClick={() =>
          askBefore({
            title: `Replace the secret of ${app.name}?`,
            children: "Programs that use the present secret are refused at once.",
            confirm: "Replace",
            onConfirm: () => rotate.mutate(app.id, { onSuccess: (answer) => setOnce(onceOf(answer.app)) }),
          })
        }
      >
        Replace the secret
      </Menu.Item>
      <Menu.Item
        leftSection={app.enabled ? <IconBan size={15} /> : <IconCircleCheck size={15} />}
        onClick={() => change.mutate({ id: app.id, name: app.name, enabled: !app.enabled })}
      >
        {app.enabled ? "Disable" : "Enable"}
      </Menu.Item>
      <LossItem
        title={`Delete ${app.name}?`}
        onConfirm={() => remove.mutate(app.id, { onSuccess: () => showDone(`${app.name} is deleted`) })}
      >
        Tokens made with these credentials stop counting at once.
      </LossItem>
    </RowMenu>
  );
  return (
    <>
      <PageHead title="Credentials" sub="Client ids and secrets of programs: integrations, agents, pipelines.">
        <Button leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>
          New credentials
        </Button>
      </PageHead>
      <Loaded query={apps}>
        {(rows) => (
          <SearchTable
            label="Credentials"
            rows={rows}
            keyOf={(app) => app.id}
            empty={<Empty title="No credentials" />}
            columns={[
              {
                title: "Name",
                text: (app) => `${app.name} ${app.id}`,
                cell: (app) => (
                  <Text size="sm" fw={500}>
                    {app.name}
                  </Text>
                ),
              },
              { title: "Client id", cell: (app) => <Code>{app.id}</Code>, wide: true },
              {
                title: "State",
                cell: (app) => (
                  <Badge variant="light" color={app.enabled ? "green" : "gray"} tt="none">
                    {app.enabled ? "Enabled" : "Disabled"}
                  </Badge>
                ),
              },
              { title: "Created", cell: (app) => <Ago at={app.createdAt} />, wide: true },
              { title: "", cell: menu, width: 50 },
            ]}
          />
        )}
      </Loaded>
      {creating && (
        <NewCredentials
          onClose={() => setCreating(false)}
          onMade={(app) => {
            setCreating(false);
            setOnce(onceOf(app));
          }}
        />
      )}
      <ShownOnce title="Credentials" values={once} onClose={() => setOnce(null)} />
    </>
  );
}

function NewCredentials({ onClose, onMade }: { onClose: () => void; onMade: (app: AppCredentials) => void }) {
  const [name, setName] = useState("");
  const create = useCreateApp();
  return (
    <FormDialog
      opened
      title="New credentials"
      submit="Create"
      pending={create.isPending}
      error={create.error}
      onClose={onClose}
      onSubmit={() => create.mutate(name, { onSuccess: (answer) => onMade(answer.app) })}
    >
      <TextInput
        label="Name"
        description="What uses them, such as “github exporter”."
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
