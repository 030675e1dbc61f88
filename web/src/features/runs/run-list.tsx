import { Button, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { usePersonName, Who } from "@/app/people";
import { useUser } from "@/app/session";
import { Grid } from "@/ui/grid/grid";
import type { Column, Line } from "@/ui/grid/model";
import { useLive } from "@/ui/live";
import { Empty, LoadingRows, Problem } from "@/ui/states";
import { RunBadge } from "@/ui/status";
import { Ago, durationText, useNow } from "@/ui/time";
import { EntityLink, RunLink, runPath } from "@/ui/value/links";
import { type Run, type RunFilter, runsQuery } from "./api";
import { RunFilters } from "./run-filters";
import type { RunsSearch } from "./runs";

/** For whom the portal's events do not tell of runs that others started. */
const ASK_AGAIN_MS = 15_000;

interface Props {
  search: RunsSearch;
  view: "all" | "mine" | "waiting";
  onChange: (change: Partial<RunsSearch>) => void;
}

function Lasting({ run }: { run: Run }) {
  const now = useNow(run.endedAt === null ? 1000 : 60_000);
  return <Text size="sm">{durationText(run.createdAt, run.endedAt, now)}</Text>;
}

function columnsOf(nameOf: (id: string) => string): Column<Run>[] {
  const titleOf = (run: Run) => run.action.title || run.action.identifier;
  return [
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
      width: 240,
      cell: (run) => <RunLink id={run.id} title={titleOf(run)} />,
      text: titleOf,
    },
    {
      id: "entity",
      title: "On",
      width: 200,
      cell: (run) =>
        run.entity && run.blueprint && !run.entity.deleted ? (
          <EntityLink
            blueprint={run.blueprint.identifier}
            identifier={run.entity.identifier}
            title={run.entity.title}
          />
        ) : (
          <Text size="sm" truncate td={run.entity?.deleted ? "line-through" : undefined}>
            {run.entity?.title || run.entity?.identifier || ""}
          </Text>
        ),
      text: (run) => run.entity?.identifier ?? "",
    },
    {
      id: "by",
      title: "Started by",
      width: 180,
      cell: (run) => <Who id={run.createdBy} />,
      text: (run) => nameOf(run.createdBy),
    },
    {
      id: "at",
      title: "Started",
      width: 130,
      cell: (run) => <Ago at={run.createdAt} />,
      text: (run) => run.createdAt,
    },
    {
      id: "lasted",
      title: "Took",
      width: 110,
      cell: (run) => <Lasting run={run} />,
      text: (run) => durationText(run.createdAt, run.endedAt, Date.now()),
    },
    {
      id: "source",
      title: "Through",
      width: 110,
      cell: (run) => <Text size="sm">{run.source === "AUTOMATION" ? "Automation" : run.source}</Text>,
      text: (run) => run.source,
    },
    {
      id: "summary",
      title: "Summary",
      width: 300,
      cell: (run) => (
        <Text size="sm" truncate title={run.summary}>
          {run.summary}
        </Text>
      ),
      text: (run) => run.summary,
    },
  ];
}

/** Runs, the newest first, as they come and change. */
export function RunList({ search, view, onChange }: Props) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const user = useUser();
  const nameOf = usePersonName();
  const filter: RunFilter = {
    action: search.action,
    status: search.status,
    source: search.source ? [search.source] : undefined,
    entity: search.entity,
    user_email: view === "all" ? search.user : undefined,
    user_id: view === "mine" ? user.id : undefined,
    awaiting_me: view === "waiting" || undefined,
  };
  const query = useInfiniteQuery({ ...runsQuery(filter), refetchInterval: user.isAdmin ? false : ASK_AGAIN_MS });
  useLive({ resources: "run" }, () => void queries.invalidateQueries({ queryKey: ["runs"] }));
  const runs = useMemo(() => (query.data?.pages ?? []).flatMap((page) => page.runs), [query.data]);
  const lines: Line<Run>[] = useMemo(() => runs.map((row) => ({ kind: "row", key: row.id, row })), [runs]);
  const columns = useMemo(() => columnsOf(nameOf), [nameOf]);
  const isNarrowed = Boolean(search.action || search.status || search.source || search.entity || filter.user_email);
  return (
    <>
      <RunFilters search={search} view={view} onChange={onChange} />
      {query.isError ? (
        <Problem error={query.error} retry={() => void query.refetch()} />
      ) : query.isPending ? (
        <LoadingRows rows={10} />
      ) : runs.length === 0 ? (
        <NoRuns
          view={view}
          isNarrowed={isNarrowed}
          onAll={() =>
            onChange({ action: undefined, status: undefined, source: undefined, entity: undefined, user: undefined })
          }
        />
      ) : (
        <Grid
          label="Runs"
          columns={columns}
          lines={lines}
          height="calc(100vh - 270px)"
          onOpen={(run) => void navigate({ to: runPath(run.id) })}
          onEnd={() => query.hasNextPage && !query.isFetchingNextPage && void query.fetchNextPage()}
          loadingMore={query.isFetchingNextPage}
        />
      )}
    </>
  );
}

function NoRuns({ view, isNarrowed, onAll }: { view: Props["view"]; isNarrowed: boolean; onAll: () => void }) {
  if (isNarrowed) {
    return (
      <Empty
        title="Nothing matches"
        action={
          <Button variant="default" onClick={onAll}>
            Clear the filters
          </Button>
        }
      >
        No run that you may see fits the filters.
      </Empty>
    );
  }
  if (view === "waiting") {
    return (
      <Empty title="Nothing waits for you">Runs that need your approval appear here, and leave when you decide.</Empty>
    );
  }
  return (
    <Empty
      title={view === "mine" ? "You have run nothing yet" : "There are no runs yet"}
      icon={<IconPlayerPlay size={24} />}
      action={
        <Button component={Link} to="/self-service">
          Self-service
        </Button>
      }
    >
      {view === "mine"
        ? "Whatever you start is listed here with its log."
        : "Runs of actions that you may see are listed here with their logs."}
    </Empty>
  );
}
