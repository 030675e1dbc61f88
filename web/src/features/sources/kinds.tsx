import { Button, Code, Stack, Table, Text } from "@mantine/core";
import { Fragment, useState } from "react";
import type { KindOfSync, SyncProblem } from "./api";
import { StateBadge } from "./state";

/** Column, count of the integration's own report, and the counts of the contract's metrics that say the same. */
const COLUMNS = [
  ["Fetched", "raw", ["extract.raw_extracted"]],
  ["Kept", "mapped", ["transform.transformed"]],
  ["Filtered out", "filtered", ["transform.filtered_out"]],
  ["Dropped", "dropped", []],
  ["Failed", "failed", ["transform.failed", "extract.failed"]],
  ["Unchanged", "unchanged", ["load.skipped"]],
  ["Written", "loaded", ["load.loaded"]],
  ["Refused", "rejected", ["load.failed"]],
  ["Deleted", "deleted", ["delete.deleted"]],
] as const;

function count(kind: KindOfSync, own: string, metrics: readonly string[]): number {
  if (kind.details) return kind.details.counts[own] ?? 0;
  return metrics.reduce((sum, name) => sum + (kind.counts[name] ?? 0), 0);
}

/** What became of the items of each kind in the last sync, and why. */
export function Kinds({ kinds }: { kinds: KindOfSync[] }) {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <Table.ScrollContainer minWidth={760}>
      <Table aria-label="Kinds of the last sync">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Kind</Table.Th>
            <Table.Th>State</Table.Th>
            {COLUMNS.map(([title]) => (
              <Table.Th key={title} ta="right">
                {title}
              </Table.Th>
            ))}
            <Table.Th>Why</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {kinds.map((kind) => (
            <Fragment key={kind.kindIdentifier}>
              <Table.Tr>
                <Table.Td>{kind.kind ?? kind.kindIdentifier}</Table.Td>
                <Table.Td>
                  <StateBadge state={kind.details?.state ?? kind.syncState} />
                </Table.Td>
                {COLUMNS.map(([title, own, metrics]) => (
                  <Table.Td key={title} ta="right">
                    {count(kind, own, metrics).toLocaleString()}
                  </Table.Td>
                ))}
                <Table.Td>
                  <Why
                    kind={kind}
                    open={open === kind.kindIdentifier}
                    onToggle={() => setOpen(open === kind.kindIdentifier ? null : kind.kindIdentifier)}
                  />
                </Table.Td>
              </Table.Tr>
              {open === kind.kindIdentifier && (
                <Table.Tr>
                  <Table.Td colSpan={COLUMNS.length + 3}>
                    <Problems problems={kind.details?.problems ?? []} />
                  </Table.Td>
                </Table.Tr>
              )}
            </Fragment>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Why({ kind, open, onToggle }: { kind: KindOfSync; open: boolean; onToggle: () => void }) {
  const problems = kind.details?.problems.length ?? 0;
  if (problems === 0) return null;
  const text = problems === 1 ? "1 problem" : `${problems} problems`;
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      aria-expanded={open}
      aria-label={`${text} of ${kind.kind ?? kind.kindIdentifier}`}
      onClick={onToggle}
    >
      {text}
    </Button>
  );
}

/** The first problems of a kind, each with the place in the mapping and the item. */
function Problems({ problems }: { problems: SyncProblem[] }) {
  return (
    <Stack gap="xs" pl="md">
      {problems.map((problem, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two problems may say the same
        <div key={at}>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            <Code>{problem.where}</Code> {problem.message}
          </Text>
          {problem.item && (
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              Item: {problem.item}
            </Text>
          )}
          {problem.program && <Code block>{problem.program}</Code>}
        </div>
      ))}
    </Stack>
  );
}
