import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/api/client";
import {
  accessAsk,
  actionsChangePermissions,
  actionsCreate,
  actionsDelete,
  actionsGet,
  actionsListAll,
  actionsPermissions,
  actionsReplace,
  blueprintsCreate,
  blueprintsDelete,
  blueprintsPatchPermissions,
  blueprintsPermissions,
  blueprintsPlan,
  blueprintsReplace,
  scorecardsCreate,
  scorecardsDelete,
  scorecardsListAll,
  scorecardsReplace,
  workflowsCreate,
  workflowsDelete,
  workflowsGet,
  workflowsListAll,
  workflowsReplace,
} from "@/api/generated";
import type { Blueprint, JsonObject, Stamps } from "@/api/model";

export interface Plan {
  changes: Record<string, { added: string[]; removed: string[]; changed: string[] }>;
  entities: number;
  checked: number;
  failing: number;
  examples: { identifier: string; title: string | null; message: string }[];
  lost: { property: string; values: number }[];
}

export interface ActionSummary extends Stamps {
  identifier: string;
  title: string | null;
  description?: string | null;
  publish: boolean;
  trigger: { type: string; operation?: string; blueprintIdentifier?: string; event?: { type: string } };
  invocationMethod: { type: string };
}

export interface WorkflowSummary extends Stamps {
  identifier: string;
  title: string | null;
  description?: string | null;
  nodes: { identifier: string; title?: string | null; config: { type: string } }[];
  connections: { sourceIdentifier: string; targetIdentifier: string; description?: string | null }[];
}

export interface Scorecard extends Stamps {
  identifier: string;
  title: string;
  blueprint: string;
  levels: { title: string; color: string }[];
  rules: { identifier: string; title: string; level: string }[];
}

export interface Verdict {
  allowed: boolean;
  reason: string;
  rule?: string;
}

export const permissionsQuery = (blueprint: string) =>
  queryOptions({
    queryKey: ["blueprints", blueprint, "permissions"],
    queryFn: () =>
      call<{ permissions: JsonObject }>(blueprintsPermissions({ path: { blueprint_identifier: blueprint } })).then(
        (answer) => answer.permissions,
      ),
  });
export const actionsQuery = queryOptions({
  queryKey: ["actions", "all"],
  queryFn: () => call<{ actions: ActionSummary[] }>(actionsListAll()).then((answer) => answer.actions),
});
export const actionQuery = (identifier: string) =>
  queryOptions({
    queryKey: ["actions", "one", identifier],
    queryFn: () =>
      call<{ action: ActionSummary }>(actionsGet({ path: { action: identifier } })).then((answer) => answer.action),
  });
export const actionPermissionsQuery = (identifier: string) =>
  queryOptions({
    queryKey: ["actions", "one", identifier, "permissions"],
    queryFn: () =>
      call<{ permissions: JsonObject }>(actionsPermissions({ path: { action: identifier } })).then(
        (answer) => answer.permissions,
      ),
  });
export const workflowsQuery = queryOptions({
  queryKey: ["workflows"],
  queryFn: () => call<{ workflows: WorkflowSummary[] }>(workflowsListAll()).then((answer) => answer.workflows),
});
export const workflowQuery = (identifier: string) =>
  queryOptions({
    queryKey: ["workflows", identifier],
    queryFn: () =>
      call<{ workflow: WorkflowSummary }>(workflowsGet({ path: { identifier } })).then((answer) => answer.workflow),
  });
export const scorecardsQuery = queryOptions({
  queryKey: ["scorecards"],
  queryFn: () => call<{ scorecards: Scorecard[] }>(scorecardsListAll()).then((answer) => answer.scorecards),
});

/** A change whose problems the editor shows itself. */
function useChange<V, R>(key: string, change: (values: V) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    meta: { silent: true },
    onSuccess: () => queries.invalidateQueries({ queryKey: [key] }),
  });
}

export const useCreateBlueprint = () =>
  useChange("blueprints", (body: JsonObject) =>
    call<{ blueprint: Blueprint }>(blueprintsCreate({ body: body as never })),
  );
export const usePlan = (identifier: string) =>
  useMutation({
    meta: { silent: true },
    mutationFn: (body: object) =>
      call<{ plan: Plan }>(blueprintsPlan({ path: { identifier }, body: body as never })).then((answer) => answer.plan),
  });
export const useSaveBlueprint = (identifier: string) =>
  useChange("blueprints", (body: object) => call(blueprintsReplace({ path: { identifier }, body: body as never })));
export const useDeleteBlueprint = () =>
  useChange("blueprints", (identifier: string) => call(blueprintsDelete({ path: { identifier } })));
export const useSavePermissions = (blueprint: string) =>
  useChange("blueprints", (body: JsonObject) =>
    call(blueprintsPatchPermissions({ path: { blueprint_identifier: blueprint }, body: body as never })),
  );
export const useAsk = () =>
  useMutation({
    meta: { silent: true },
    mutationFn: (body: JsonObject) =>
      call<{ decision: Verdict }>(accessAsk({ body: body as never })).then((answer) => answer.decision),
  });

export const useSaveAction = (was: string | null) =>
  useChange("actions", (body: JsonObject) =>
    was === null
      ? call(actionsCreate({ body: body as never }))
      : call(actionsReplace({ path: { action: was }, body: body as never })),
  );
export const useDeleteAction = () =>
  useChange("actions", (identifier: string) => call(actionsDelete({ path: { action: identifier } })));
export const useSaveActionPermissions = (identifier: string) =>
  useChange("actions", (body: JsonObject) =>
    call(actionsChangePermissions({ path: { action: identifier }, body: body as never })),
  );
export const useSaveWorkflow = (was: string | null) =>
  useChange("workflows", (body: JsonObject) =>
    was === null
      ? call(workflowsCreate({ body: body as never }))
      : call(workflowsReplace({ path: { identifier: was }, body: body as never })),
  );
export const useDeleteWorkflow = () =>
  useChange("workflows", (identifier: string) => call(workflowsDelete({ path: { identifier } })));
export const useSaveScorecard = (blueprint: string, was: string | null) =>
  useChange("scorecards", (body: JsonObject) =>
    was === null
      ? call(scorecardsCreate({ path: { blueprint }, body: body as never } as never))
      : call(scorecardsReplace({ path: { blueprint, identifier: was }, body: body as never } as never)),
  );
export const useDeleteScorecard = (blueprint: string) =>
  useChange("scorecards", (identifier: string) => call(scorecardsDelete({ path: { blueprint, identifier } } as never)));
