import { Badge, Button, Drawer, Group, Paper, Stack, Table, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Entity, Json } from "@/api/model";
import { type AuditRecord, actorOf, auditQuery, recordsOf } from "@/features/audit/api";
import { readable } from "@/features/pages/model";
import { JsonDiff } from "@/ui/diff";
import { Empty, LoadingRows, Problem } from "@/ui/states";
import { Ago } from "@/ui/time";
import { RunLink } from "@/ui/value/links";
import classes from "./entity.module.css";
import { changesOf } from "./model";

const MOST = 8;
const LONGEST = 160;
const VERBS: Record<string, { word: string; color: string }> = {
  CREATE: { word: "Created", color: "green" },
  UPDATE: { word: "Changed", color: "blue" },
  DELETE: { word: "Deleted", color: "red" },
};

/** Who changed an entity, when, through what, and what it was before. */
export function History({ entity }: { entity: Entity }) {
  const query = useInfiniteQuery(auditQuery({ blueprint: entity.blueprint, entity: entity.identifier }));
  const [opened, setOpened] = useState<AuditRecord | null>(null);
  if (query.isPending) return <LoadingRows height={60} rows={5} />;
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  const records = recordsOf(query.data.pages);
  if (records.length === 0) {
    return (
      <Empty title="No change is on record" icon={<IconHistory size={24} />}>
        Older records may have passed their retention time.
      </Empty>
    );
  }
  return (
    <Stack gap="sm" maw={1000} component="ol" p={0} m={0} style={{ listStyle: "none" }} aria-label="Changes">
      {records.map((record) => (
        <li key={record.identifier}>
          <Record record={record} onOpen={() => setOpened(record)} />
        </li>
      ))}
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Older changes
        </Button>
      )}
      <Drawer
        opened={opened !== null}
        onClose={() => setOpened(null)}
        position="right"
        size="min(100vw, 900px)"
        title="Before and after"
      >
        {opened && <JsonDiff before={opened.diff.before} after={opened.diff.after} label="Change" />}
      </Drawer>
    </Stack>
  );
}

function Record({ record, onOpen }: { record: AuditRecord; onOpen: () => void }) {
  const verb = VERBS[record.action] ?? { word: record.action, color: "gray" };
  const failed = record.status !== "SUCCESS";
  const changes = record.action === "UPDATE" ? changesOf(record.diff.before, record.diff.after) : [];
  const kind = record.resourceType === "entity" ? "" : ` ${record.resourceType}`;
  return (
    <Paper withBorder p="sm">
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Badge variant="light" color={failed ? "red" : verb.color} tt="none">
            {failed ? `${verb.word}${kind}: refused` : `${verb.word}${kind}`}
          </Badge>
          <Text size="sm">
            {actorOf(record)} <Ago at={record.trigger.at} />{" "}
            <Text span size="sm" c="dimmed">
              through {record.trigger.origin}
            </Text>
          </Text>
          {record.context.runId && (
            <Text size="sm" component="span">
              in run <RunLink id={record.context.runId} />
            </Text>
          )}
        </Group>
        <Button variant="subtle" size="compact-sm" onClick={onOpen}>
          Before and after
        </Button>
      </Group>
      {record.message && (
        <Text size="sm" mt={6}>
          {record.message}
        </Text>
      )}
      {changes.length > 0 && (
        <Table mt={6} aria-label="What changed" verticalSpacing={4} layout="fixed">
          <Table.Tbody>
            {changes.slice(0, MOST).map(({ path, before, after }) => (
              <Table.Tr key={path}>
                <Table.Td w="30%" ff="monospace" className={classes.after}>
                  {path.replace(/^(properties|relations)\./, "")}
                </Table.Td>
                <Table.Td className={classes.before}>{shown(before)}</Table.Td>
                <Table.Td className={classes.after}>{shown(after)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {changes.length > MOST && (
        <Text size="xs" c="dimmed" mt={4}>
          and {changes.length - MOST} more
        </Text>
      )}
    </Paper>
  );
}

function shown(value: Json | undefined): string {
  const text = readable(value);
  if (text === "") return "—";
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
