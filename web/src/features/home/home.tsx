import { Anchor, Button, Card, Group, List, SimpleGrid, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconCircle, IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useUser } from "@/app/session";
import { DashboardBoard, MyEntities, RecentlyViewed } from "@/features/dashboards";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { RunBadge } from "@/ui/status";
import { Ago } from "@/ui/time";
import { runPath } from "@/ui/value/links";
import { homeQuery, myRunsQuery, type RunLine, setupQuery, waitingQuery } from "./api";

/** Where everybody arrives: what is mine, what waits for me, what I did, and what the platform team shows. */
export function Home() {
  const { isAdmin } = useUser();
  const home = useQuery(homeQuery);
  const extra = (home.data?.widgets ?? []).filter(({ type }) => !BUILT_IN.has(String(type)));
  return (
    <Stack>
      <PageHead title="Home" />
      {isAdmin && <FirstSteps />}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Block title="My entities">
          <MyEntities />
        </Block>
        <Block title="Waiting for me">
          <Waiting />
        </Block>
        <Block title="My recent runs">
          <MyRuns />
        </Block>
        <Block title="Recently viewed">
          <RecentlyViewed />
        </Block>
      </SimpleGrid>
      {home.data && extra.length > 0 && <DashboardBoard page={{ ...home.data, widgets: extra }} editable={false} />}
    </Stack>
  );
}

/** Kinds of widgets that the four blocks are. */
const BUILT_IN = new Set(["my-entities", "recently-viewed-entities"]);

function Block({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Card
      component="section"
      aria-label={title}
      withBorder
      padding="md"
      mih={220}
      mah={340}
      style={{ overflow: "auto" }}
    >
      <Title order={2} size="h5" mb="xs">
        {title}
      </Title>
      {children}
    </Card>
  );
}

function Runs({ runs }: { runs: RunLine[] }) {
  return (
    <Stack gap={6}>
      {runs.map((run) => (
        <Group key={run.id} gap="xs" wrap="nowrap" justify="space-between">
          <Anchor component={Link} to={runPath(run.id)} size="sm" truncate>
            {run.action.title ?? run.action.identifier}
            {run.entity && ` on ${run.entity.title ?? run.entity.identifier}`}
          </Anchor>
          <Group gap="xs" wrap="nowrap">
            <Ago at={run.createdAt} size="xs" />
            <RunBadge status={run.status} label={run.statusLabel} />
          </Group>
        </Group>
      ))}
    </Stack>
  );
}

function MyRuns() {
  const { id } = useUser();
  const runs = useQuery(myRunsQuery(id));
  return (
    <Loaded query={runs}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title="No runs yet">
            <Anchor component={Link} to={"/self-service" as never} underline="always">
              Start one
            </Anchor>
          </Empty>
        ) : (
          <Runs runs={rows} />
        )
      }
    </Loaded>
  );
}

function Waiting() {
  const runs = useQuery(waitingQuery());
  return (
    <Loaded query={runs}>
      {(rows) => (rows.length === 0 ? <Empty title="Nothing waits for you" /> : <Runs runs={rows} />)}
    </Loaded>
  );
}

/** What a new organisation does first; it goes when it is done, or when somebody has enough of it. */
function FirstSteps() {
  const [hidden, hide] = useLocalStorage({ key: "fairway-first-steps", defaultValue: false });
  const setup = useQuery({ ...setupQuery, enabled: !hidden });
  if (hidden || setup.data === undefined) return null;
  const { modelled, connected, actions } = setup.data;
  if (modelled && connected && actions) return null;
  const steps = [
    { done: modelled, text: "Describe what you have", to: "/builder" },
    { done: connected, text: "Connect a source that fills it", to: "/sources" },
    { done: actions, text: "Offer a first action", to: "/builder/actions" },
  ];
  return (
    <Card component="section" aria-label="First steps" withBorder>
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={2} size="h5" mb="xs">
            First steps
          </Title>
          <List spacing="xs" center>
            {steps.map(({ done, text, to }) => (
              <List.Item
                key={to}
                icon={
                  <ThemeIcon variant="light" color={done ? "green" : "gray"} size={24} radius="xl">
                    {done ? (
                      <IconCircleCheck size={16} aria-label="Done" />
                    ) : (
                      <IconCircle size={16} aria-label="To do" />
                    )}
                  </ThemeIcon>
                }
              >
                {done ? (
                  <Text size="sm" c="dimmed">
                    {text}
                  </Text>
                ) : (
                  <Anchor component={Link} to={to} size="sm">
                    {text}
                  </Anchor>
                )}
              </List.Item>
            ))}
          </List>
        </div>
        <Button variant="subtle" size="xs" onClick={() => hide(true)}>
          Hide
        </Button>
      </Group>
    </Card>
  );
}
