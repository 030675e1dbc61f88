import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/api/client";
import {
  pagesCreatePage,
  pagesDeletePage,
  pagesGetPage,
  pagesListPages,
  pagesPatchPage,
  searchAggregate,
  searchAggregateOverTime,
  searchSearchAll,
} from "@/api/generated";
import type { Entity, Json, JsonObject, Query } from "@/api/model";

export interface Page {
  identifier: string;
  type: string;
  title: string | null;
  description: string | null;
  widgets?: JsonObject[];
  updatedAt: string;
}

export interface Point {
  date: string;
  [series: string]: Json | undefined;
}

export const dashboardsQuery = queryOptions({
  queryKey: ["pages", "dashboards"],
  queryFn: () =>
    call<{ pages: Page[] }>(pagesListPages({ query: { compact: true } })).then(({ pages }) =>
      pages.filter(({ type }) => type === "dashboard"),
    ),
});
export const boardQuery = (identifier: string) =>
  queryOptions({
    queryKey: ["pages", identifier],
    queryFn: () => call<{ page: Page }>(pagesGetPage({ path: { identifier } })).then(({ page }) => page),
  });

const MINUTE = 60_000;

export const numberQuery = (question: JsonObject) =>
  queryOptions({
    queryKey: ["aggregate", question],
    queryFn: () =>
      call<{ result: number | null }>(searchAggregate({ body: question as never })).then(({ result }) => result),
    staleTime: MINUTE,
  });
export const countsQuery = (subject: JsonObject, query: Query) =>
  queryOptions({
    queryKey: ["aggregate", "values", subject, query],
    queryFn: () =>
      call<{ result: { value: Json; count: number }[] }>(
        searchAggregate({ body: { func: "countValues", ...subject, query } as never }),
      ).then(({ result }) => result),
    staleTime: MINUTE,
  });
export const lineQuery = (question: JsonObject) =>
  queryOptions({
    queryKey: ["aggregate", "over-time", question],
    queryFn: () =>
      call<{ result: { data: Point[] } }>(searchAggregateOverTime({ body: question as never })).then(
        ({ result }) => result.data,
      ),
    staleTime: MINUTE,
  });
export const someEntitiesQuery = (query: Query, limit: number) =>
  queryOptions({
    queryKey: ["entities", "some", query, limit],
    queryFn: () =>
      call<{ entities: Entity[] }>(
        searchSearchAll({ body: query as never, query: { limit, attach_title_to_relation: true } as never }),
      ).then(({ entities }) => entities),
    staleTime: MINUTE,
  });

function useChange<V, R>(change: (values: V) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    meta: { silent: true },
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["pages"] }),
        queries.invalidateQueries({ queryKey: ["sidebar"] }),
      ]),
  });
}

export const useCreateDashboard = () =>
  useChange((body: { identifier: string; title: string }) =>
    call(
      pagesCreatePage({
        body: {
          ...body,
          type: "dashboard",
          sidebar: "catalog",
          widgets: [{ id: "dashboard", type: "dashboard-widget", layout: [], widgets: [] }],
        } as never,
      }),
    ),
  );
export const useSaveBoard = (identifier: string) =>
  useChange((widgets: JsonObject[]) => call(pagesPatchPage({ path: { identifier }, body: { widgets } as never })));
export const useDeleteDashboard = () =>
  useChange((identifier: string) => call(pagesDeletePage({ path: { identifier } })));
