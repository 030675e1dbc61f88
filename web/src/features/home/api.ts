import { queryOptions } from "@tanstack/react-query";
import { call } from "@/api/client";
import {
  actionsListAll,
  blueprintsListAll,
  gitopsListAll,
  integrationsMetadata,
  pagesGetPage,
  runsListAll,
  runsPages,
  webhooksMetadata,
} from "@/api/generated";
import type { JsonObject, Run } from "@/api/model";

export type RunLine = Pick<Run, "id" | "status" | "statusLabel" | "action" | "entity" | "createdAt">;

export const homeQuery = queryOptions({
  queryKey: ["pages", "$home"],
  queryFn: () =>
    call<{
      page: {
        identifier: string;
        type: string;
        title: string;
        description: null;
        updatedAt: string;
        widgets: JsonObject[];
      };
    }>(pagesGetPage({ path: { identifier: "$home" } })).then(({ page }) => page),
});

const FEW = 8;

export const myRunsQuery = (userId: string) =>
  queryOptions({
    queryKey: ["runs", "mine", userId],
    queryFn: () =>
      call<{ runs: RunLine[] }>(runsListAll({ query: { user_id: userId, limit: FEW } as never })).then(
        ({ runs }) => runs,
      ),
    refetchInterval: 15_000,
  });
export const waitingQuery = () =>
  queryOptions({
    queryKey: ["runs", "waiting"],
    queryFn: () =>
      call<{ runs: RunLine[] }>(runsPages({ query: { awaiting_me: true, limit: FEW } as never })).then(
        ({ runs }) => runs,
      ),
    refetchInterval: 15_000,
  });

/** Whether somebody has modelled, connected and offered anything. */
export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: async () => {
    const [{ blueprints }, { integrations }, { webhooks }, { sources }, { actions }] = await Promise.all([
      call<{ blueprints: { identifier: string }[] }>(blueprintsListAll()),
      call<{ integrations: unknown[] }>(integrationsMetadata()),
      call<{ webhooks: unknown[] }>(webhooksMetadata()),
      call<{ sources: unknown[] }>(gitopsListAll()),
      call<{ actions: unknown[] }>(actionsListAll()),
    ]);
    return {
      modelled: blueprints.some(({ identifier }) => !identifier.startsWith("_")),
      connected: integrations.length + webhooks.length + sources.length > 0,
      actions: actions.length > 0,
    };
  },
  staleTime: 60_000,
});
