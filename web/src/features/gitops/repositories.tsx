import { Anchor, Button, Group, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { Grid } from "@/ui/grid/grid";
import type { Column, Line } from "@/ui/grid/model";
import { Empty, LoadingRows, Problem } from "@/ui/states";
import { Ago } from "@/ui/time";
import { type Repository, type RepositoryFilter, repositoriesQuery, type Source } from "./api";
import { ProblemCounts, RepositoryBadge } from "./badges";
import { problemsText, repositoryPath } from "./model";

const STATES: { value: RepositoryFilter; label: string }[] = [
  { value: "all", label: "All" },
  { value: "problems", label: "With problems" },
  { value: "failed", label: "Failed" },
  { value: "excluded", label: "Filtered out" },
];

interface Search {
  tab?: string;
  state?: RepositoryFilter;
  q?: string;
}

function columnsOf(source: string): Column<Repository>[] {
  return [
    {
      id: "label",
      title: "Repository",
      width: 300,
      cell: ({ id, label, problem }) => (
        <Anchor
          component={Link}
          to={repositoryPath(source, id)}
          size="sm"
          truncate
          title={problem ?? label}
          tabIndex={-1}
        >
          {label}
        </Anchor>
      ),
      text: ({ label }) => label,
    },
    {
      id: "state",
      title: "State",
      width: 130,
      cell: ({ state, problems }) => <RepositoryBadge state={state} problems={problems} />,
      text: ({ state }) => state,
    },
    {
      id: "problems",
      title: "Problems",
      width: 130,
      cell: ({ problems }) => <ProblemCounts problems={problems} />,
      text: ({ problems }) => problemsText(problems),
    },
    {
      id: "files",
      title: "Spec files",
      width: 100,
      cell: ({ files }) => files.toLocaleString(),
      text: ({ files }) => String(files),
    },
    {
      id: "entities",
      title: "Entities",
      width: 100,
      cell: ({ entities }) => entities.toLocaleString(),
      text: ({ entities }) => String(entities),
    },
    {
      id: "branch",
      title: "Branch",
      width: 140,
      cell: ({ branch }) => (
        <Text size="sm" truncate title={branch ?? undefined}>
          {branch ?? "—"}
        </Text>
      ),
      text: ({ branch }) => branch ?? "",
    },
    {
      id: "success",
      title: "Last read",
      width: 140,
      cell: ({ lastSuccessAt }) => <Ago at={lastSuccessAt} />,
      text: ({ lastSuccessAt }) => lastSuccessAt ?? "",
    },
  ];
}

/** The repositories of a source, searched and narrowed by the portal. */
export function Repositories({ source }: { source: Source }) {
  const search = useSearch({ strict: false }) as Search;
  const { state = "all", q = "" } = search;
  const navigate = useNavigate();
  const query = useInfiniteQuery(repositoriesQuery(source.id, state, q));
  const rows = useMemo(() => query.data?.pages.flatMap(({ repositories }) => repositories) ?? [], [query.data]);
  const columns = useMemo(() => columnsOf(source.id), [source.id]);
  const lines: Line<Repository>[] = rows.map((row) => ({ kind: "row", key: row.id, row }));
  const narrow = (change: Partial<Search>) => {
    const next = { ...search, ...change };
    void navigate({
      to: ".",
      search: Object.fromEntries(Object.entries(next).filter(([, value]) => value && value !== "all")) as never,
      replace: true,
    });
  };
  const later = useDebouncedCallback((text: string) => narrow({ q: text.trim() }), 250);
  const narrowed = q !== "" || state !== "all";
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <TextInput
          aria-label="Search repositories"
          placeholder="Search"
          leftSection={<IconSearch size={16} aria-hidden />}
          defaultValue={q}
          onChange={(event) => later(event.currentTarget.value)}
          w={280}
        />
        <SegmentedControl
          aria-label="State of repositories"
          data={STATES}
          value={state}
          onChange={(next) => narrow({ state: next as RepositoryFilter })}
          styles={{ root: { flexWrap: "wrap" } }}
        />
      </Group>
      {query.isError && rows.length === 0 && <Problem error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <LoadingRows rows={10} height={38} />}
      {query.isSuccess && rows.length === 0 && (
        <Nothing narrowed={narrowed} state={state} onAll={() => narrow({ q: "", state: "all" })} />
      )}
      {rows.length > 0 && (
        <Grid
          label="Repositories"
          columns={columns}
          lines={lines}
          height="max(280px, calc(100vh - 330px))"
          onOpen={({ id }) => void navigate({ to: repositoryPath(source.id, id) })}
          onEnd={() => {
            if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
          }}
          loadingMore={query.isFetchingNextPage}
        />
      )}
    </Stack>
  );
}

const NONE: Record<RepositoryFilter, string> = {
  all: "Nothing matches",
  problems: "No repository has problems",
  failed: "No repository failed",
  excluded: "No repository is filtered out",
};

function Nothing({ narrowed, state, onAll }: { narrowed: boolean; state: RepositoryFilter; onAll: () => void }) {
  if (!narrowed) {
    return <Empty title="No repository has been found yet">They appear here while the first pass lists them.</Empty>;
  }
  return (
    <Empty
      title={NONE[state] ?? NONE.all}
      action={
        <Button variant="light" onClick={onAll}>
          Show all
        </Button>
      }
    />
  );
}
