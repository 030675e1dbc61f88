import { useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Entity, Json, Query } from "@/api/model";
import type { Line } from "@/ui/grid/model";
import { entitiesQuery, groupRowsQuery, groupsQuery, type Wanted } from "../api";
import type { Field } from "../fields";
import { groupRule, queryOf, readable, subjectOf } from "../model";

/** Lines of a table as they come from the portal. */
export interface Rows {
  lines: Line<Entity>[];
  entities: Entity[];
  isPending: boolean;
  isFetching: boolean;
  error: Error | null;
  refetch: () => void;
  /** How many pages are loaded: whether loading them again is cheap. */
  pages: number;
  onEnd?: () => void;
  loadingMore?: boolean;
  onToggle?: (key: string) => void;
  onMore?: (key: string) => void;
}

/** Entities one below the other, loaded as far as somebody scrolls. */
export function useFlatRows(wanted: Wanted, enabled: boolean): Rows {
  const query = useInfiniteQuery({ ...entitiesQuery(wanted), enabled, placeholderData: (before) => before });
  const entities = useMemo(() => query.data?.pages.flatMap((page) => page.entities) ?? [], [query.data]);
  const stuck = query.isFetchNextPageError ? query.error.message : null;
  const lines = useMemo(() => {
    const rows = entities.map((row): Line<Entity> => ({ kind: "row", key: row.identifier, row }));
    if (stuck === null) return rows;
    return [...rows, { kind: "more" as const, key: "more", label: `${stuck}. Try again` }];
  }, [entities, stuck]);
  return {
    lines,
    entities,
    isPending: query.isPending,
    isFetching: query.isFetching,
    error: query.error,
    refetch: () => void query.refetch(),
    pages: query.data?.pages.length ?? 0,
    loadingMore: query.isFetchingNextPage,
    onEnd: () => {
      if (query.hasNextPage && !query.isFetchingNextPage && stuck === null) void query.fetchNextPage();
    },
    onMore: () => void query.fetchNextPage(),
  };
}

const FIRST = 100;
const STEP = 5;
/** Groups that are open from the start: no more rows than fill a screen or two. */
const OPEN_ROWS = 60;

/** Groups of entities by the value of a field; the entities of a group are loaded when it is opened. */
export function useGroupedRows(wanted: Wanted, field: Field | undefined, nothing: string): Rows {
  const counted = useQuery({
    ...groupsQuery(wanted.blueprint, wanted.query, field ? subjectOf(field) : {}),
    enabled: field !== undefined,
  });
  const [toggled, setToggled] = useState<Record<string, boolean>>({});
  const [most, setMost] = useState<Record<string, number>>({});
  const groups = useMemo(() => {
    let rows = 0;
    return (counted.data ?? []).map(({ value, count }) => {
      rows += count;
      const key = JSON.stringify(value);
      return { value, count, key, open: toggled[key] ?? rows <= OPEN_ROWS };
    });
  }, [counted.data, toggled]);
  const opened = groups.filter(({ open }) => open && field !== undefined);
  const loaded = useQueries({
    queries: opened.map(({ value, key }) => ({
      ...groupRowsQuery(ofGroup(wanted, field as Field, value), most[key] ?? FIRST),
      placeholderData: (before: { entities: Entity[]; more: boolean } | undefined) => before,
    })),
  });
  const found = new Map(opened.map(({ key }, at) => [key, loaded[at]]));
  const lines = groups.flatMap(({ key, value, count, open }): Line<Entity>[] => {
    const rows = found.get(key)?.data;
    const head: Line<Entity> = { kind: "group", key, label: value === null ? nothing : readable(value), count, open };
    if (!open) return [head];
    const of = (rows?.entities ?? []).map(
      (row): Line<Entity> => ({ kind: "row", key: rowKey(key, row.identifier), row }),
    );
    const rest = count - of.length;
    if (rows === undefined) return [head, { kind: "more", key, label: "Loading…" }];
    return rows.more
      ? [head, ...of, { kind: "more", key, label: `Show more of ${rest.toLocaleString()}` }]
      : [head, ...of];
  });
  return {
    lines,
    entities: loaded.flatMap(({ data }) => data?.entities ?? []),
    isPending: counted.isPending,
    isFetching: counted.isFetching || loaded.some(({ isFetching }) => isFetching),
    error: counted.error ?? loaded.find(({ error }) => error !== null)?.error ?? null,
    refetch: () => {
      void counted.refetch();
      for (const each of loaded) void each.refetch();
    },
    pages: 1,
    onToggle: (key) => {
      const open = groups.find((group) => group.key === key)?.open ?? false;
      setToggled((before) => ({ ...before, [key]: !open }));
    },
    onMore: (key) => setMost((before) => ({ ...before, [key]: (before[key] ?? FIRST) * STEP })),
  };
}

function ofGroup(wanted: Wanted, field: Field, value: Json): Wanted {
  const query: Query = queryOf(wanted.query, groupRule(field, value));
  return { ...wanted, query };
}

const BETWEEN = "\u0000";

/** An entity stands in several groups when the field holds several values. */
function rowKey(group: string, identifier: string): string {
  return `${group}${BETWEEN}${identifier}`;
}

/** The entity that a line's key is about. */
export function entityOfKey(key: string): string {
  return key.slice(key.indexOf(BETWEEN) + 1);
}
