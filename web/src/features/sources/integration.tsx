import { Alert, Button, Card, Group, Code as Mono, SimpleGrid, Stack, Table, Tabs, Text } from "@mantine/core";
import { IconDeviceFloppy, IconEye, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useUser } from "@/app/session";
import { Code } from "@/ui/code";
import { showDone } from "@/ui/notify";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { Ago, durationText } from "@/ui/time";
import {
  type Integration as Data,
  type IntegrationStatus,
  integrationQuery,
  kindsQuery,
  type LogEntry,
  type Sync,
  statusQuery,
  useResync,
  useSaveMapping,
  useTryMapping,
} from "./api";
import { parsed } from "./model";
import { Preview } from "./preview";
import { StateBadge } from "./state";

/** One integration: how its syncs go, its mapping with a preview on raw examples, its log. */
export function Integration() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { tab = "syncs" } = useSearch({ strict: false }) as { tab?: string };
  const { isAdmin } = useUser();
  const navigate = useNavigate();
  const status = useQuery(statusQuery(id));
  const resync = useResync();
  return (
    <Loaded query={status}>
      {(data) => (
        <>
          <PageHead
            title={data.title || id}
            sub={[data.installationAppType, data.version, id].filter(Boolean).join(" · ")}
          >
            <Button
              leftSection={<IconRefresh size={16} />}
              loading={resync.isPending}
              disabled={!isAdmin}
              title={isAdmin ? undefined : "Only Admins ask for a resync"}
              onClick={() => resync.mutate(id, { onSuccess: () => showDone("A resync is asked for") })}
            >
              Resync
            </Button>
          </PageHead>
          <Tabs
            value={tab}
            onChange={(next) => void navigate({ to: ".", search: { tab: next } as never, replace: true })}
            keepMounted={false}
          >
            <Tabs.List mb="md">
              <Tabs.Tab value="syncs">Syncs</Tabs.Tab>
              <Tabs.Tab value="mapping">Mapping</Tabs.Tab>
              <Tabs.Tab value="log">Log</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="syncs">
              <Syncs status={data} />
            </Tabs.Panel>
            <Tabs.Panel value="mapping">
              <Mapping id={id} editable={isAdmin} />
            </Tabs.Panel>
            <Tabs.Panel value="log">
              <Log lines={data.recentLogs} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </Loaded>
  );
}

function Syncs({ status }: { status: IntegrationStatus }) {
  const last = status.lastSync;
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <Fact label="Last sync">
          <StateBadge state={last?.state ?? status.resyncState?.status} />
        </Fact>
        <Fact label="Began">
          <Ago at={last?.startedAt ?? status.resyncState?.lastResyncStart} />
        </Fact>
        <Fact label="Asked for">
          <Ago at={status.resyncRequestedAt} />
        </Fact>
      </SimpleGrid>
      {status.recentProblems.length > 0 && (
        <Alert color="red" title="Recent problems">
          <Log lines={status.recentProblems.slice(0, 5)} />
        </Alert>
      )}
      {last?.kinds && last.kinds.length > 0 && <Kinds sync={last} />}
      {status.recentSyncs.length === 0 ? (
        <Empty title="No sync has been reported yet" />
      ) : (
        <Table aria-label="Recent syncs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>State</Table.Th>
              <Table.Th>Began</Table.Th>
              <Table.Th>Took</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {status.recentSyncs.map((sync) => (
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
      )}
    </Stack>
  );
}

const COUNTS = [
  ["extract.raw_extracted", "Fetched"],
  ["transform.transformed", "Kept"],
  ["transform.filtered_out", "Filtered out"],
  ["transform.failed", "Failed"],
  ["load.loaded", "Written"],
  ["load.failed", "Refused"],
  ["delete.deleted", "Deleted"],
] as const;

function Kinds({ sync }: { sync: Sync }) {
  return (
    <Table.ScrollContainer minWidth={600}>
      <Table aria-label="Kinds of the last sync">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Kind</Table.Th>
            <Table.Th>State</Table.Th>
            {COUNTS.map(([key, title]) => (
              <Table.Th key={key} ta="right">
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {(sync.kinds ?? []).map((kind) => (
            <Table.Tr key={kind.kindIdentifier}>
              <Table.Td>{kind.kind ?? kind.kindIdentifier}</Table.Td>
              <Table.Td>
                <StateBadge state={kind.syncState} />
              </Table.Td>
              {COUNTS.map(([key]) => (
                <Table.Td key={key} ta="right">
                  {(kind.counts[key] ?? 0).toLocaleString()}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
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

function Log({ lines }: { lines: LogEntry[] }) {
  if (lines.length === 0) return <Empty title="The log is empty" />;
  return (
    <Stack gap={4}>
      {lines.map((line) => (
        <Group key={line.id} gap="xs" wrap="nowrap" align="flex-start">
          <Mono>{line.level}</Mono>
          <Text size="sm" flex={1} style={{ overflowWrap: "anywhere" }}>
            {line.message}
          </Text>
          <Ago at={line.timestamp} size="xs" />
        </Group>
      ))}
    </Stack>
  );
}

function Mapping({ id, editable }: { id: string; editable: boolean }) {
  const integration = useQuery(integrationQuery(id));
  return <Loaded query={integration}>{(data) => <MappingEditor integration={data} editable={editable} />}</Loaded>;
}

function MappingEditor({ integration, editable }: { integration: Data; editable: boolean }) {
  const [text, setText] = useState(() => JSON.stringify(integration.config ?? { resources: [] }, null, 2));
  const kinds = useQuery(kindsQuery(integration.installationId));
  const attempt = useTryMapping(integration.installationId);
  const save = useSaveMapping(integration.installationId);
  const { value, problem } = parsed(text);
  const failed = attempt.error ?? save.error;
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        One entry of “resources” for each kind: a selector, and an expression in jq for every field of the entity.
        Saving it asks the integration for a resync.
      </Text>
      <Code value={text} onChange={setText} language="json" label="Mapping" readOnly={!editable} height="460px" />
      {problem && <Alert color="red">{problem}</Alert>}
      {failed && (
        <Alert color="red" role="alert">
          {failed.message}
        </Alert>
      )}
      <Group>
        <Button
          variant="default"
          leftSection={<IconEye size={16} />}
          disabled={value === null || !editable}
          loading={attempt.isPending}
          onClick={() => value && attempt.mutate(value)}
        >
          Preview
        </Button>
        <Button
          leftSection={<IconDeviceFloppy size={16} />}
          disabled={value === null || !editable}
          loading={save.isPending}
          onClick={() => value && save.mutate(value, { onSuccess: () => showDone("Saved; a resync is asked for") })}
        >
          Save
        </Button>
        <Text size="xs" c="dimmed">
          {kinds.data &&
            (Object.keys(kinds.data).length === 0
              ? "The integration has handed in no raw examples."
              : `Raw examples of: ${Object.keys(kinds.data).join(", ")}`)}
        </Text>
      </Group>
      {attempt.data?.map((kind) => (
        <Preview
          key={kind.index}
          title={kind.kind}
          counts={{ kept: kind.kept, "filtered out": kind.dropped, failed: kind.failed }}
          items={kind.items}
          empty={`The integration has handed in no raw example of kind ${kind.kind}.`}
        />
      ))}
    </Stack>
  );
}
