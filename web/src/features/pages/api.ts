import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/api/client";
import {
  entitiesCount,
  entitiesPatch,
  pagesCreateFolder,
  pagesCreatePage,
  pagesDeletePage,
  pagesGetPage,
  pagesListPages,
  pagesPatchPage,
  savedViewsCreateView,
  savedViewsDeleteView,
  savedViewsListViews,
  savedViewsReplaceView,
  scorecardsListOfBlueprint,
  searchAggregate,
  searchSearchBlueprint,
  searchTopSearch,
} from "@/api/generated";
import { onEach } from "@/api/lanes";
import type { Entity, Json, JsonObject, Query, Rule, Stamps } from "@/api/model";
import type { ScorecardDefinition } from "./fields";
import type { Arrangement } from "./model";

export interface Page extends Stamps {
  id: string;
  identifier: string;
  type: string;
  title: string | null;
  icon: string | null;
  description: string | null;
  blueprint: string | null;
  parent: string | null;
  locked: boolean | null;
  protected: boolean;
  widgets?: JsonObject[];
}

export interface View extends Stamps {
  id: string;
  page: string;
  title: string;
  scope: "personal" | "team" | "shared";
  team: string | null;
  owner: string;
  config: Arrangement | null;
  mayEdit: boolean;
}

export interface ViewBody {
  title: string;
  scope: View["scope"];
  team?: string | null;
  config: Arrangement;
}

interface Found {
  entities: Entity[];
  next?: string;
}

/** Entities that a table wants: which, in which order, and what of them. */
export interface Wanted {
  blueprint: string;
  query: Query;
  sort?: { property: string; order: "asc" | "desc" };
  include: string[];
}

const PAGE = 200;
/** The most that the API answers at once. */
const LARGEST = 1000;

function search({ blueprint, query, sort, include }: Wanted, limit: number, from?: string): Promise<Found> {
  const body = { query, include, limit, from } as never;
  const options = { path: { blueprint }, query: { attach_title_to_relation: true } };
  // the sorted search does not take rules about computed values, so it is used only when there is a sort
  if (sort === undefined) return call<Found>(searchSearchBlueprint({ ...options, body }));
  return call<Found>(searchTopSearch({ ...options, body: { query, include, limit, from, sort } as never }));
}

/** Entities page by page, as far as somebody scrolls. */
export const entitiesQuery = (wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: ["entities", wanted.blueprint, wanted],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => search(wanted, PAGE, pageParam),
    getNextPageParam: (page) => page.next || undefined,
  });

/** The first entities of a group, as many as somebody asked for. */
export const groupRowsQuery = (wanted: Wanted, most: number) =>
  queryOptions({
    queryKey: ["entities", wanted.blueprint, "group", wanted, most],
    queryFn: () => allEntities(wanted, most),
  });

/** All entities up to a number, page after page. */
export async function allEntities(
  wanted: Wanted,
  most: number,
  onProgress?: (count: number) => void,
): Promise<{ entities: Entity[]; more: boolean }> {
  const entities: Entity[] = [];
  let from: string | undefined;
  do {
    const page = await search(wanted, Math.min(LARGEST, most - entities.length), from);
    entities.push(...page.entities);
    from = page.next || undefined;
    onProgress?.(entities.length);
  } while (from !== undefined && entities.length < most);
  return { entities, more: from !== undefined };
}

function withBlueprint(blueprint: string, query: Query): Query {
  const own: Rule = { property: "$blueprint", operator: "=", value: blueprint };
  return { combinator: "and", rules: query.rules.length === 0 ? [own] : [own, query as unknown as Rule] };
}

/** How many entities satisfy a query. */
export const countQuery = (blueprint: string, query: Query) =>
  queryOptions({
    queryKey: ["entities", blueprint, "count", query],
    queryFn: () =>
      query.rules.length === 0
        ? call<{ count: number }>(entitiesCount({ path: { blueprint_identifier: blueprint } })).then(
            ({ count }) => count,
          )
        : call<{ result: number }>(
            searchAggregate({ body: { func: "count", query: withBlueprint(blueprint, query) } as never }),
          ).then(({ result }) => result),
  });

export interface Counted {
  value: Json;
  count: number;
}

/** The values of a field among the entities of a query, the most frequent first. */
export const groupsQuery = (blueprint: string, query: Query, subject: Rule) =>
  queryOptions({
    queryKey: ["entities", blueprint, "groups", query, subject],
    queryFn: () =>
      call<{ result: Counted[] }>(
        searchAggregate({ body: { func: "countValues", ...subject, query: withBlueprint(blueprint, query) } as never }),
      ).then(({ result }) => result),
  });

/** The values of a property among entities of all blueprints; kept with those of the blueprint that is asked about. */
export const groupsEverywhereQuery = (about: string, query: Query, property: string) =>
  queryOptions({
    queryKey: ["entities", about, "everywhere", query, property],
    queryFn: () =>
      call<{ result: Counted[] }>(searchAggregate({ body: { func: "countValues", property, query } as never })).then(
        ({ result }) => result,
      ),
  });

export const scorecardsQuery = (blueprint: string) =>
  queryOptions({
    queryKey: ["scorecards", blueprint],
    queryFn: () =>
      call<{ scorecards: ScorecardDefinition[] }>(scorecardsListOfBlueprint({ path: { blueprint } })).then(
        ({ scorecards }) => scorecards,
      ),
    staleTime: 60_000,
  });

export const pageQuery = (identifier: string) =>
  queryOptions({
    queryKey: ["pages", identifier],
    queryFn: () => call<{ page: Page }>(pagesGetPage({ path: { identifier } })).then(({ page }) => page),
  });

export const pagesQuery = queryOptions({
  queryKey: ["pages"],
  queryFn: () => call<{ pages: Page[] }>(pagesListPages({ query: { compact: true } })).then(({ pages }) => pages),
  staleTime: 60_000,
});

export const viewsQuery = (page: string) =>
  queryOptions({
    queryKey: ["views", page],
    queryFn: () => call<{ views: View[] }>(savedViewsListViews({ query: { page } })).then(({ views }) => views),
  });

function useChange<V, R>(keys: string[], change: (values: V) => Promise<R>, silent = false) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    meta: { silent },
    onSuccess: () => Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
}

export const useCreateView = (page: string) =>
  useChange(
    ["views"],
    (body: ViewBody) =>
      call<{ view: View }>(savedViewsCreateView({ body: { ...body, page } as never })).then(({ view }) => view),
    true,
  );
export const useReplaceView = () =>
  useChange(["views"], ({ id, ...body }: ViewBody & { id: string }) =>
    call(savedViewsReplaceView({ path: { identifier: id }, body: body as never })),
  );
export const useDeleteView = () =>
  useChange(["views"], (identifier: string) => call(savedViewsDeleteView({ path: { identifier } })));

export const usePatchPage = (identifier: string) =>
  useChange(
    ["pages", "sidebar"],
    (body: Partial<Pick<Page, "title" | "parent" | "description" | "widgets">>) =>
      call(pagesPatchPage({ path: { identifier }, body: body as never })),
    true,
  );
export const useCreatePage = () =>
  useChange(
    ["pages", "sidebar"],
    (body: { identifier: string; title: string; type: string; blueprint?: string; parent?: string }) =>
      call<{ page: Page }>(
        pagesCreatePage({ body: { ...body, sidebar: "catalog", showInSidebar: true } as never }),
      ).then(({ page }) => page),
    true,
  );
export const useDeletePage = () =>
  useChange(["pages", "sidebar"], (identifier: string) => call(pagesDeletePage({ path: { identifier } })));
export const useCreateFolder = () =>
  useChange(
    ["pages", "sidebar"],
    (body: { identifier: string; title: string }) => call(pagesCreateFolder({ body: body as never })),
    true,
  );

/** The same change of many entities, each on its own; answers those it was refused for. */
export const useChangeMany = (blueprint: string) =>
  useChange(["entities", "entity"], ({ identifiers, change }: { identifiers: string[]; change: JsonObject }) =>
    onEach(identifiers, (each) => {
      const path = { blueprint_identifier: blueprint, entity_identifier: each };
      return call(entitiesPatch({ path, body: change as never }));
    }),
  );
