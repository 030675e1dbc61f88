import { Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Entity, Run } from "@/api/model";
import { Grid } from "@/ui/grid/grid";
import type { Column, Line } from "@/ui/grid/model";
import { Empty, LoadingRows, Problem } from "@/ui/states";
import { RunBadge } from "@/ui/status";
import { Ago, durationText } from "@/ui/time";
import { RunLink, runPath } from "@/ui/value/links";
import { runsQuery } from "./api";

const text = (value: string) => (
  <Text size="sm" truncate title={value}>
    {value}
  </Text>
);
const tookOf = (run: Run) => durationText(run.createdAt, run.endedAt ?? null, Date.now());

const COLUMNS: Column<Run>[] = [
  {
    id: "status",
    title: "Status",
    width: 190,
    cell: (run) => <RunBadge status={run.status} label={run.statusLabel} />,
    text: (run) => run.status,
  },
  {
    id: "action",
    title: "Action",
    width: 220,
    cell: (run) => text(run.action.title ?? run.action.identifier),
    text: (run) => run.action.identifier,
  },
  {
    id: "by",
    title: "By",
    width: 220,
    cell: (run) => text(run.createdBy),
    text: (run) => run.createdBy,
  },
  {
    id: "at",
    title: "Started",
    width: 140,
    cell: (run) => <Ago at={run.createdAt} />,
    text: (run) => run.createdAt,
  },
  { id: "took", title: "Took", width: 120, cell: (run) => text(tookOf(run)), text: tookOf },
  { id: "id", title: "Run", width: 220, cell: (run) => <RunLink id={run.id} />, text: (run) => run.id },
];

const ROW = 40;

/** What actions did to an entity, newest first. */
export function Runs({ entity }: { entity: Entity }) {
  const query = useInfiniteQuery(runsQuery(entity.blueprint, entity.identifier));
  const navigate = useNavigate();
  if (query.isPending) return <LoadingRows />;
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  const lines = query.data.pages.flatMap((page) =>
    page.runs.map((row): Line<Run> => ({ kind: "row", key: row.id, row })),
  );
  if (lines.length === 0) {
    return (
      <Empty title="Nothing has run on it yet" icon={<IconPlayerPlay size={24} />}>
        Runs of self-service actions on this entity appear here.
      </Empty>
    );
  }
  return (
    <Grid
      label="Runs"
      columns={COLUMNS}
      lines={lines}
      height={Math.min((lines.length + 1) * ROW + 20, 600)}
      onOpen={(run) => void navigate({ to: runPath(run.id) })}
      onEnd={() => {
        if (query.hasNextPage && !query.isFetching) void query.fetchNextPage();
      }}
      loadingMore={query.isFetchingNextPage}
    />
  );
}
