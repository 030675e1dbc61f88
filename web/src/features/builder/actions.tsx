import { Anchor, Badge, Button, Group, Menu, Stack, Text, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useUser } from "@/app/session";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { SearchTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { type ActionSummary, actionsQuery, workflowsQuery } from "./api";

/** Everything that people and events can start. */
export function Actions() {
  const { isAdmin } = useUser();
  const actions = useQuery(actionsQuery);
  const of = (type: string) => (all: ActionSummary[]) => all.filter((each) => each.trigger.type === type);
  return (
    <Stack gap="xl">
      <PageHead title="Actions" sub="Self-service for people, automations on events, workflows of several steps.">
        {isAdmin && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button leftSection={<IconPlus size={16} />}>New</Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item component={Link} to="/builder/actions/new" search={{ kind: "self-service" } as never}>
                Self-service action
              </Menu.Item>
              <Menu.Item component={Link} to="/builder/actions/new" search={{ kind: "automation" } as never}>
                Automation
              </Menu.Item>
              <Menu.Item component={Link} to="/builder/workflows/new">
                Workflow
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </PageHead>
      <section aria-labelledby="self-service">
        <Title order={2} size="h5" id="self-service" mb="sm">
          Self-service
        </Title>
        <Loaded query={actions}>
          {(all) => (
            <Table label="Self-service actions" rows={of("self-service")(all)} empty="No self-service actions yet" />
          )}
        </Loaded>
      </section>
      <section aria-labelledby="automations">
        <Title order={2} size="h5" id="automations" mb="sm">
          Automations
        </Title>
        <Loaded query={actions}>
          {(all) => <Table label="Automations" rows={of("automation")(all)} empty="No automations yet" />}
        </Loaded>
      </section>
      <section aria-labelledby="workflows">
        <Title order={2} size="h5" id="workflows" mb="sm">
          Workflows
        </Title>
        <Workflows />
      </section>
    </Stack>
  );
}

function Table({ label, rows, empty }: { label: string; rows: ActionSummary[]; empty: string }) {
  return (
    <SearchTable
      label={label}
      rows={rows}
      plain={rows.length < 8}
      keyOf={(row) => row.identifier}
      empty={<Empty title={empty} />}
      columns={[
        {
          title: "Name",
          text: (row) => `${row.title ?? ""} ${row.identifier}`,
          cell: (row) => (
            <div>
              <Anchor component={Link} to={`/builder/actions/${encodeURIComponent(row.identifier)}`} size="sm" fw={500}>
                {row.title || row.identifier}
              </Anchor>
              <Text size="xs" c="dimmed">
                {row.identifier}
              </Text>
            </div>
          ),
        },
        {
          title: "Starts",
          text: (row) => row.trigger.event?.type ?? row.trigger.operation ?? "",
          cell: (row) => (
            <Text size="sm">
              {row.trigger.event?.type ?? row.trigger.operation}
              {row.trigger.blueprintIdentifier && ` · ${row.trigger.blueprintIdentifier}`}
            </Text>
          ),
          wide: true,
        },
        {
          title: "Through",
          text: (row) => row.invocationMethod.type,
          cell: (row) => row.invocationMethod.type,
          wide: true,
        },
        {
          title: "State",
          cell: (row) => (
            <Badge variant="light" color={row.publish ? "green" : "gray"} tt="none">
              {row.publish ? "Published" : "Draft"}
            </Badge>
          ),
        },
        { title: "Changed", cell: (row) => <Ago at={row.updatedAt} />, wide: true },
      ]}
    />
  );
}

function Workflows() {
  const workflows = useQuery(workflowsQuery);
  return (
    <Loaded query={workflows}>
      {(rows) => (
        <SearchTable
          label="Workflows"
          rows={rows}
          plain={rows.length < 8}
          keyOf={(row) => row.identifier}
          empty={<Empty title="No workflows yet" />}
          columns={[
            {
              title: "Name",
              text: (row) => `${row.title ?? ""} ${row.identifier}`,
              cell: (row) => (
                <Anchor
                  component={Link}
                  to={`/builder/workflows/${encodeURIComponent(row.identifier)}`}
                  size="sm"
                  fw={500}
                >
                  {row.title || row.identifier}
                </Anchor>
              ),
            },
            {
              title: "Steps",
              cell: (row) => (
                <Group gap={4}>
                  <Text size="sm">{row.nodes.length}</Text>
                </Group>
              ),
            },
            { title: "Changed", cell: (row) => <Ago at={row.updatedAt} />, wide: true },
          ]}
        />
      )}
    </Loaded>
  );
}
