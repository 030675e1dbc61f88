import { Button, Card, Group, SimpleGrid, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { IconChartBar, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useUser } from "@/app/session";
import { FormDialog } from "@/ui/dialogs";
import { identifierOf } from "@/ui/names";
import { showProblem } from "@/ui/notify";
import { LossItem, RowMenu } from "@/ui/row-menu";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { boardQuery, dashboardsQuery, useCreateDashboard, useDeleteDashboard } from "./api";
import { DashboardBoard } from "./board";

/** All dashboards, or the one of the address. */
export function Dashboards() {
  const { dashboard } = useSearch({ strict: false }) as { dashboard?: string };
  return dashboard ? <Dashboard key={dashboard} identifier={dashboard} /> : <All />;
}

function All() {
  const { isAdmin } = useUser();
  const dashboards = useQuery(dashboardsQuery);
  const [creating, setCreating] = useState(false);
  const create = (
    <Button
      leftSection={<IconPlus size={16} />}
      onClick={() => setCreating(true)}
      disabled={!isAdmin}
      title={isAdmin ? undefined : "Only Admins create dashboards"}
    >
      New dashboard
    </Button>
  );
  return (
    <>
      <PageHead title="Dashboards" sub="Numbers, charts and tables over the catalog.">
        {create}
      </PageHead>
      <Loaded query={dashboards}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="No dashboards yet" action={create} />
          ) : (
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
              {rows.map((row) => (
                <Card key={row.identifier} withBorder padding="md">
                  <UnstyledButton component={Link} to={`/dashboards?dashboard=${encodeURIComponent(row.identifier)}`}>
                    <Group wrap="nowrap">
                      <IconChartBar size={22} aria-hidden />
                      <div>
                        <Text fw={600}>{row.title ?? row.identifier}</Text>
                        <Text size="sm" c="dimmed">
                          {row.description}
                        </Text>
                      </div>
                    </Group>
                  </UnstyledButton>
                </Card>
              ))}
            </SimpleGrid>
          )
        }
      </Loaded>
      {creating && <NewDashboard onClose={() => setCreating(false)} />}
    </>
  );
}

function Dashboard({ identifier }: { identifier: string }) {
  const { isAdmin } = useUser();
  const page = useQuery(boardQuery(identifier));
  const remove = useDeleteDashboard();
  const navigate = useNavigate();
  return (
    <Loaded query={page}>
      {(data) => (
        <Stack gap="xs">
          <PageHead title={data.title ?? identifier} sub={data.description ?? undefined}>
            {isAdmin && (
              <RowMenu label={data.title ?? identifier}>
                <LossItem
                  title={`Delete ${data.title ?? identifier}?`}
                  onConfirm={() =>
                    remove.mutate(identifier, {
                      onSuccess: () => void navigate({ to: "/dashboards" as never }),
                      onError: showProblem,
                    })
                  }
                >
                  The dashboard goes; what it shows stays.
                </LossItem>
              </RowMenu>
            )}
          </PageHead>
          <DashboardBoard page={data} editable={isAdmin} />
        </Stack>
      )}
    </Loaded>
  );
}

function NewDashboard({ onClose }: { onClose: () => void }) {
  const [title, setTitle] = useState("");
  const create = useCreateDashboard();
  const navigate = useNavigate();
  const identifier = identifierOf(title);
  return (
    <FormDialog
      opened
      title="New dashboard"
      submit="Create"
      pending={create.isPending}
      error={create.error}
      onClose={onClose}
      onSubmit={() =>
        create.mutate(
          { title, identifier },
          {
            onSuccess: () => void navigate({ to: "/dashboards" as never, search: { dashboard: identifier } as never }),
          },
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
    </FormDialog>
  );
}
