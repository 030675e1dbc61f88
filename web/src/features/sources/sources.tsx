import { Anchor, Button, Code, Menu, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconPlus, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useUser } from "@/app/session";
import { ConnectButton, GitopsSources } from "@/features/gitops/list";
import { FormDialog } from "@/ui/dialogs";
import { showDone } from "@/ui/notify";
import { LossItem, RowMenu } from "@/ui/row-menu";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { SearchTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import {
  type IntegrationSummary,
  integrationsQuery,
  useCreateWebhook,
  useDeleteWebhook,
  useForget,
  useResync,
  type WebhookSummary,
  webhooksQuery,
} from "./api";
import { StateBadge } from "./state";

/** Where the catalog's facts come from: repositories that are read, integrations that push, webhooks that take in. */
export function Sources() {
  const { isAdmin } = useUser();
  const [creating, setCreating] = useState(false);
  return (
    <Stack gap="xl">
      <PageHead title="Data sources" sub="What fills the catalog, and how it is doing.">
        <ConnectButton isAdmin={isAdmin} />
        <Button
          variant="default"
          leftSection={<IconPlus size={16} />}
          onClick={() => setCreating(true)}
          disabled={!isAdmin}
          title={isAdmin ? undefined : "Only Admins create webhooks"}
        >
          New webhook
        </Button>
      </PageHead>
      <section aria-labelledby="repositories">
        <Title order={2} size="h5" id="repositories" mb="sm">
          Git repositories
        </Title>
        <GitopsSources isAdmin={isAdmin} />
      </section>
      <section aria-labelledby="integrations">
        <Title order={2} size="h5" id="integrations" mb="sm">
          Integrations
        </Title>
        <Integrations isAdmin={isAdmin} />
      </section>
      <section aria-labelledby="webhooks">
        <Title order={2} size="h5" id="webhooks" mb="sm">
          Inbound webhooks
        </Title>
        <Webhooks isAdmin={isAdmin} />
      </section>
      {creating && <NewWebhook onClose={() => setCreating(false)} />}
    </Stack>
  );
}

function Integrations({ isAdmin }: { isAdmin: boolean }) {
  const integrations = useQuery(integrationsQuery);
  const resync = useResync();
  const forget = useForget();
  const menu = (row: IntegrationSummary) => (
    <RowMenu label={row.installationId}>
      <Menu.Item
        leftSection={<IconRefresh size={15} />}
        onClick={() => resync.mutate(row.installationId, { onSuccess: () => showDone("A resync is asked for") })}
      >
        Ask for a resync
      </Menu.Item>
      <LossItem
        title={`Forget ${row.installationId}?`}
        label="Forget"
        onConfirm={() => forget.mutate(row.installationId)}
      >
        Its mapping and logs go; its entities stay. The program itself is not stopped.
      </LossItem>
    </RowMenu>
  );
  return (
    <Loaded query={integrations}>
      {(rows) => (
        <SearchTable
          label="Integrations"
          rows={rows}
          plain={rows.length < 8}
          keyOf={(row) => row.installationId}
          empty={
            <Empty title="No integration has reported yet">
              An integration registers itself when it starts with this portal's address and credentials:{" "}
              <Code>fairway integration list</Code> names those that ship with Fairway,{" "}
              <Code>fairway integration run fake</Code> needs no account anywhere.
            </Empty>
          }
          columns={[
            {
              title: "Integration",
              text: (row) => `${row.installationId} ${row.title ?? ""} ${row.installationAppType ?? ""}`,
              cell: (row) => (
                <div>
                  <Anchor
                    component={Link}
                    to={`/sources/integrations/${encodeURIComponent(row.installationId)}`}
                    size="sm"
                    fw={500}
                  >
                    {row.title || row.installationId}
                  </Anchor>
                  <Text size="xs" c="dimmed">
                    {[row.installationAppType, row.version].filter(Boolean).join(" ")}
                  </Text>
                </div>
              ),
            },
            { title: "Last sync", cell: (row) => <StateBadge state={row.resyncState?.status} /> },
            { title: "Ended", cell: (row) => <Ago at={row.resyncState?.lastResyncEnd} />, wide: true },
            {
              title: "Next",
              cell: (row) => (row.resyncState?.nextResync ? <Ago at={row.resyncState.nextResync} /> : "—"),
              wide: true,
            },
            ...(isAdmin ? [{ title: "", cell: menu, width: 50 }] : []),
          ]}
        />
      )}
    </Loaded>
  );
}

function Webhooks({ isAdmin }: { isAdmin: boolean }) {
  const webhooks = useQuery(webhooksQuery);
  const remove = useDeleteWebhook();
  const menu = (row: WebhookSummary) => (
    <RowMenu label={row.identifier}>
      <LossItem title={`Delete webhook ${row.identifier}?`} onConfirm={() => remove.mutate(row.identifier)}>
        Payloads sent to its address are refused from now on. Its entities stay.
      </LossItem>
    </RowMenu>
  );
  return (
    <Loaded query={webhooks}>
      {(rows) => (
        <SearchTable
          label="Webhooks"
          rows={rows}
          plain={rows.length < 8}
          keyOf={(row) => row.identifier}
          empty={<Empty title="No webhooks yet">A webhook turns payloads of any system into entities.</Empty>}
          columns={[
            {
              title: "Webhook",
              text: (row) => `${row.identifier} ${row.title ?? ""}`,
              cell: (row) => (
                <div>
                  <Anchor
                    component={Link}
                    to={`/sources/webhooks/${encodeURIComponent(row.identifier)}`}
                    size="sm"
                    fw={500}
                  >
                    {row.title || row.identifier}
                  </Anchor>
                  <Text size="xs" c="dimmed">
                    {row.description}
                  </Text>
                </div>
              ),
            },
            { title: "State", cell: (row) => (row.enabled ? "Enabled" : "Disabled") },
            ...(isAdmin ? [{ title: "", cell: menu, width: 50 }] : []),
          ]}
        />
      )}
    </Loaded>
  );
}

function NewWebhook({ onClose }: { onClose: () => void }) {
  const [title, setTitle] = useState("");
  const [identifier, setIdentifier] = useState("");
  const create = useCreateWebhook();
  const navigate = useNavigate();
  return (
    <FormDialog
      opened
      title="New webhook"
      submit="Create"
      pending={create.isPending}
      error={create.error}
      onClose={onClose}
      onSubmit={() =>
        create.mutate(
          { title, identifier },
          { onSuccess: () => void navigate({ to: `/sources/webhooks/${encodeURIComponent(identifier)}` }) },
        )
      }
    >
      <TextInput
        label="Title"
        required
        data-autofocus
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <TextInput
        label="Identifier"
        description="At most 30 letters, digits and @_.+:=/- ; it does not change later."
        required
        value={identifier}
        onChange={(event) => setIdentifier(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
