import { Alert, Card, List, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { Empty } from "@/ui/states";
import { Ago, durationText } from "@/ui/time";
import type { IntegrationStatus, Sync } from "./api";
import { Kinds } from "./kinds";
import { Lines } from "./lines";
import { Quality } from "./quality";
import { StateBadge } from "./state";

/** How the syncs of an integration go: the last one kind by kind, and the ones before it. */
export function Syncs({ status }: { status: IntegrationStatus }) {
  const last = status.lastSync;
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
        <Fact label="Last sync">
          <StateBadge state={last?.details?.state ?? last?.state ?? status.resyncState?.status} />
        </Fact>
        <Fact label="Began">
          <Ago at={last?.startedAt ?? status.resyncState?.lastResyncStart} />
        </Fact>
        <Fact label="Asked for">
          <Ago at={status.resyncRequestedAt} />
        </Fact>
        <Fact label="Quality">
          <Quality quality={last?.details?.quality ?? null} />
        </Fact>
      </SimpleGrid>
      {last && <Whole sync={last} />}
      {status.recentProblems.length > 0 && (
        <Alert color="red" title="Recent problems">
          <Lines lines={status.recentProblems.slice(0, 5)} />
        </Alert>
      )}
      {last?.kinds && last.kinds.length > 0 && <Kinds kinds={last.kinds} />}
      <Recent syncs={status.recentSyncs} />
    </Stack>
  );
}

/** What concerns a sync as a whole. */
function Whole({ sync }: { sync: Sync }) {
  const { problem, kept = [] } = sync.details ?? {};
  return (
    <>
      {sync.state === "lost" && (
        <Alert color="red" title="The sync was lost">
          The integration stopped reporting in the middle of it: its process was killed, or cannot reach this portal.
          What was written stays, nothing was deleted. It syncs anew when it is started again.
        </Alert>
      )}
      {problem && (
        <Alert color="red" title="The sync failed">
          {problem}
        </Alert>
      )}
      {kept.length > 0 && (
        <Alert color="yellow" title="Entities that were not seen were kept">
          <List size="sm">
            {kept.map((each) => (
              <List.Item key={`${each.blueprint} ${each.reason}`}>
                {each.count.toLocaleString()} of {each.blueprint}: {each.reason}
                {each.sample.length > 0 &&
                  ` (${each.sample.join(", ")}${each.count > each.sample.length ? ", …" : ""})`}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </>
  );
}

function Recent({ syncs }: { syncs: Sync[] }) {
  if (syncs.length === 0) return <Empty title="No sync has been reported yet" />;
  return (
    <Table aria-label="Recent syncs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>State</Table.Th>
          <Table.Th>Began</Table.Th>
          <Table.Th>Took</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {syncs.map((sync) => (
          <Table.Tr key={sync.eventId}>
            <Table.Td>
              <StateBadge state={sync.state} />
            </Table.Td>
            <Table.Td>
              <Ago at={sync.startedAt} />
            </Table.Td>
            <Table.Td>{durationText(sync.startedAt, sync.updatedAt, Date.now())}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Card withBorder padding="sm">
      <Text size="xs" c="dimmed" mb={4}>
        {label}
      </Text>
      {children}
    </Card>
  );
}
