import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/api/client";
import {
  actionsListAll,
  deletedEntitiesListDeleted,
  deletedEntitiesRestore,
  entitiesBulkDelete,
  entitiesCreate,
  entitiesDelete,
  entitiesGet,
  entitiesPatch,
  runsPages,
  scorecardsOfEntity,
  searchPropertiesHistory,
  searchSearchAll,
} from "@/api/generated";
import type { Entity, Json, JsonObject, Run } from "@/api/model";

export interface Condition {
  condition?: JsonObject;
  combinator?: "and" | "or";
  conditions?: Condition[];
  passed: boolean;
  actual?: Json;
  toPass: string | null;
}

export interface RuleResult {
  identifier: string;
  title: string;
  description: string | null;
  level: string;
  status: "SUCCESS" | "FAILURE";
  query: Condition;
  toPass: string | null;
}

export interface ExplainedScorecard {
  identifier: string;
  title: string;
  filter?: Condition;
  applies: boolean;
  level: string | null;
  levels: { title: string; color?: string }[];
  rules: RuleResult[];
}

export interface ActionSummary {
  identifier: string;
  title?: string;
  icon?: string;
  description?: string;
  trigger: { type: string; operation?: string; blueprintIdentifier?: string };
}

export interface Dependent {
  identifier: string;
  title: string | null;
  blueprint: string;
}

/** An entity with the titles of what it is related to. */
export const entityQuery = (blueprint: string, identifier: string) =>
  queryOptions({
    queryKey: ["entity", blueprint, identifier],
    queryFn: () =>
      call<{ entity: Entity }>(
        entitiesGet({
          path: { blueprint_identifier: blueprint, entity_identifier: identifier },
          query: { attach_title_to_relation: true },
        }),
      ).then(({ entity }) => entity),
  });

/** The entity as the API answers it to programs. */
export const plainEntityQuery = (blueprint: string, identifier: string) =>
  queryOptions({
    queryKey: ["entity", blueprint, identifier, "plain"],
    queryFn: () =>
      call<{ entity: Entity }>(
        entitiesGet({ path: { blueprint_identifier: blueprint, entity_identifier: identifier } }),
      ).then(({ entity }) => entity),
  });

export const explainedQuery = (blueprint: string, identifier: string) =>
  queryOptions({
    queryKey: ["entity", blueprint, identifier, "scorecards"],
    queryFn: () =>
      call<{ scorecards: ExplainedScorecard[] }>(scorecardsOfEntity({ path: { blueprint, identifier } })).then(
        ({ scorecards }) => scorecards,
      ),
  });

/** Actions that change or delete entities of a blueprint. */
export const actionsQuery = (blueprint: string) =>
  queryOptions({
    queryKey: ["actions", { blueprint, on: "entity" }],
    queryFn: () =>
      call<{ actions: ActionSummary[] }>(
        actionsListAll({
          query: {
            blueprint_identifier: [blueprint],
            operation: ["DAY-2", "DELETE"],
            trigger_type: "self-service",
            published: true,
          },
        }),
      ).then(({ actions }) => actions),
    staleTime: 60_000,
  });

export const runsQuery = (blueprint: string, entity: string) =>
  infiniteQueryOptions({
    queryKey: ["runs", { blueprint, entity }],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      call<{ runs: Run[]; next: string | null }>(
        runsPages({ query: { blueprint, entity, limit: 50, from: pageParam } as never }),
      ),
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** The most that is named of what would be deleted too. */
const MOST_DEPENDENTS = 500;

/** Entities that cannot be without this one: required relations lead from them to it. */
export const dependentsQuery = (blueprint: string, identifiers: string[]) =>
  queryOptions({
    queryKey: ["entity", blueprint, "dependents", identifiers],
    queryFn: () =>
      call<{ entities: Dependent[] }>(
        searchSearchAll({
          query: { include: ["identifier", "title", "blueprint"] },
          body: {
            combinator: "and",
            rules: [{ operator: "relatedTo", blueprint, value: identifiers, direction: "downstream", required: true }],
          },
        }),
      ).then(({ entities }) => ({ entities: entities.slice(0, MOST_DEPENDENTS), count: entities.length })),
    staleTime: 0,
  });

export interface HistoryPoint {
  date: number;
  [property: string]: number | null;
}

export const historyQuery = (blueprint: string, identifier: string, properties: string[]) =>
  queryOptions({
    queryKey: ["entity", blueprint, identifier, "numbers", properties],
    queryFn: () =>
      call<{ result: { data: HistoryPoint[] } }>(
        searchPropertiesHistory({
          body: {
            entityIdentifier: identifier,
            blueprintIdentifier: blueprint,
            propertyNames: properties,
            timeInterval: "day",
            timeRange: { preset: "lastMonth" },
          } as never,
        }),
      ).then(({ result }) => result.data),
  });

/** What is sent to create or change an entity. */
export interface EntityBody {
  identifier?: string;
  title?: string | null;
  icon?: string | null;
  team?: string[] | null;
  properties?: Record<string, Json>;
  relations?: Record<string, Json>;
}

/** Forgets what is known of entities: a change of one may show in others. */
export function useForgetEntities() {
  const queries = useQueryClient();
  return () =>
    Promise.all([["entities"], ["entity"], ["audit"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
}

export function useCreateEntity(blueprint: string) {
  const forget = useForgetEntities();
  return useMutation({
    meta: { silent: true },
    mutationFn: (body: EntityBody) =>
      call<{ entity: Entity }>(entitiesCreate({ path: { blueprint_identifier: blueprint }, body })).then(
        ({ entity }) => entity,
      ),
    onSuccess: forget,
  });
}

export function usePatchEntity(blueprint: string, identifier: string, silent = true) {
  const forget = useForgetEntities();
  return useMutation({
    meta: { silent },
    mutationFn: (body: EntityBody) =>
      call<{ entity: Entity }>(
        entitiesPatch({ path: { blueprint_identifier: blueprint, entity_identifier: identifier }, body }),
      ).then(({ entity }) => entity),
    onSuccess: forget,
  });
}

/** The most that one request deletes. */
const BATCH = 100;

/** Deletes entities, all of a batch or none. */
export function useDeleteEntities(blueprint: string) {
  const forget = useForgetEntities();
  return useMutation({
    meta: { silent: true },
    mutationFn: async ({ identifiers, dependents }: { identifiers: string[]; dependents: boolean }) => {
      const query = { delete_dependents: dependents } as never;
      if (identifiers.length === 1) {
        const path = { blueprint_identifier: blueprint, entity_identifier: identifiers[0] as string };
        await call(entitiesDelete({ path, query }));
        return;
      }
      for (let at = 0; at < identifiers.length; at += BATCH) {
        const entities = identifiers.slice(at, at + BATCH);
        await call(entitiesBulkDelete({ path: { blueprint_identifier: blueprint }, query, body: { entities } }));
      }
    },
    onSettled: forget,
  });
}

/** Brings back what was deleted last under these identifiers. */
export function useRestore(blueprint: string) {
  const forget = useForgetEntities();
  return useMutation({
    mutationFn: async (identifiers: string[]) => {
      const { deletedEntities } = await call<{ deletedEntities: { id: number; identifier: string }[] }>(
        deletedEntitiesListDeleted({ query: { blueprint, limit: 1000 } as never }),
      );
      const wanted = new Map<string, number>();
      for (const { id, identifier } of deletedEntities) {
        if (identifiers.includes(identifier) && !wanted.has(identifier)) wanted.set(identifier, id);
      }
      const answer = await call<{ errors: { message: string }[] }>(
        deletedEntitiesRestore({ body: { ids: [...wanted.values()] } }),
      );
      if (answer.errors[0]) throw new Error(answer.errors[0].message);
    },
    onSuccess: forget,
  });
}
