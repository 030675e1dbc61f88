import { Button, Group, ScrollArea, Stack, Table, Text } from "@mantine/core";
import { IconArrowBackUp, IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useUser } from "@/app/session";
import { showDone } from "@/ui/notify";
import { Empty, LoadingRows, Problem } from "@/ui/states";
import { Ago } from "@/ui/time";
import { EntityLink } from "@/ui/value/links";
import { type JournalEntry, journalQuery, type Source, useRestore } from "./api";
import { EffectBadge } from "./badges";

/** What git deleted and cleared, newest first; each can be put back for 30 days. */
export function Journal({ source }: { source: Source }) {
  const query = useInfiniteQuery(journalQuery(source.id));
  const entries = query.data?.pages.flatMap((page) => page.entries) ?? [];
  if (query.isPending) return <LoadingRows />;
  if (query.isError && entries.length === 0) {
    return <Problem error={query.error} retry={() => void query.refetch()} />;
  }
  if (entries.length === 0) {
    return (
      <Empty title="Nothing has been deleted or cleared" icon={<IconHistory size={24} />}>
        What git removes is kept here for 30 days, and can be put back.
      </Empty>
    );
  }
  return (
    <Stack gap="sm" align="stretch">
      <ScrollArea type="auto" viewportProps={{ tabIndex: 0, role: "group", "aria-label": "History" } as never}>
        <Table aria-label="History of deletions" verticalSpacing="xs" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>When</Table.Th>
              <Table.Th>Entity</Table.Th>
              <Table.Th>Effect</Table.Th>
              <Table.Th>Why</Table.Th>
              <Table.Th>
                <span className="visually-hidden">Restore</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {entries.map((entry) => (
              <Entry key={entry.id} source={source} entry={entry} />
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {query.hasNextPage && (
        <Button
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
          style={{ alignSelf: "center" }}
        >
          Show older ones
        </Button>
      )}
    </Stack>
  );
}

function Entry({ source, entry }: { source: Source; entry: JournalEntry }) {
  const { isAdmin } = useUser();
  const restore = useRestore(source.id);
  const { blueprint, identifier } = entry.entity;
  const there = entry.restoredAt !== null || entry.effect.startsWith("clear");
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: "nowrap" }}>
        <Ago at={entry.at} />
      </Table.Td>
      <Table.Td>
        {there ? <EntityLink {...entry.entity} /> : <Text size="sm">{identifier}</Text>}
        <Text size="xs" c="dimmed">
          {blueprint}
        </Text>
      </Table.Td>
      <Table.Td>
        <EffectBadge effect={entry.effect} />
      </Table.Td>
      <Table.Td miw={180}>
        <Text size="sm">{entry.reason}</Text>
        <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {entry.repository} {entry.path}
        </Text>
      </Table.Td>
      <Table.Td ta="right">
        {entry.restoredAt ? (
          <Group gap={4} justify="flex-end" wrap="nowrap" c="dimmed">
            <Text size="sm" style={{ whiteSpace: "nowrap" }}>
              restored <Ago at={entry.restoredAt} />
            </Text>
          </Group>
        ) : (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconArrowBackUp size={15} aria-hidden />}
            aria-label={`Restore ${identifier}`}
            loading={restore.isPending}
            disabled={!isAdmin}
            title={isAdmin ? undefined : "Only Admins restore"}
            onClick={() => restore.mutate(entry.id, { onSuccess: () => showDone(`${identifier} is restored`) })}
          >
            Restore
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
