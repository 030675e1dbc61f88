import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/api/client";
import { workflowRunsCancel, workflowRunsGet, workflowRunsListRuns, workflowRunsNodeLogs } from "@/api/generated";
import type { Json, JsonObject } from "@/api/model";
import type { LogLine } from "./api";

export type NodeStatus = "IN_PROGRESS" | "COMPLETED";
export type NodeResult = "SUCCESS" | "FAILED" | "CANCELLED";

export interface WorkflowRun {
  id: string;
  workflow: { identifier: string; title: string | null };
  status: NodeStatus;
  result: NodeResult | null;
  statusLabel: { text: string } | null;
  summary: string;
  source: string;
  inputs: JsonObject;
  blueprint: string | null;
  entity: string | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  endedAt: string | null;
}

export interface NodeRun {
  identifier: string;
  status: NodeStatus;
  result: NodeResult | null;
  statusLabel: { text: string } | null;
  config: JsonObject | null;
  node: { identifier: string; type: string };
  output: Json;
  selectedOutlet: string | null;
  responses: { button: string | null; submitterInfo: { submittedBy: string; userId: string } }[] | null;
  links: string[];
  externalRunId: string | null;
  pendingExecution: boolean;
  createdAt: string;
  endedAt: string | null;
}

export interface Definition {
  nodes: { identifier: string; title?: string | null; config: JsonObject & { type: string } }[];
  connections?: {
    sourceIdentifier: string;
    targetIdentifier: string;
    sourceOutletIdentifier?: string;
    description?: string;
    fallback?: boolean;
  }[];
}

export interface FullRun extends WorkflowRun {
  definition: Definition;
  nodeRuns: NodeRun[];
}

const PAGE = 50;
const WATCH_MS = 1500;

export const workflowRunsQuery = (filter: { workflow?: string; status?: NodeStatus }) =>
  infiniteQueryOptions({
    queryKey: ["runs", "workflows", filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: from }) =>
      call<{ runs: WorkflowRun[]; next?: string }>(
        workflowRunsListRuns({ query: { ...filter, limit: PAGE, from } as never }),
      ),
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
    refetchInterval: 5000,
  });

/** A workflow run with its nodes; asked again while it goes on. */
export const workflowRunQuery = (id: string) =>
  queryOptions({
    queryKey: ["workflow-run", id],
    queryFn: () => call<{ run: FullRun }>(workflowRunsGet({ path: { run_id: id } })).then(({ run }) => run),
    refetchInterval: ({ state }) => (state.data?.status === "COMPLETED" ? false : WATCH_MS),
  });

export const nodeLogsQuery = (node: NodeRun) =>
  queryOptions({
    queryKey: ["workflow-run", "logs", node.identifier, node.status],
    queryFn: () =>
      call<{ runLogs: LogLine[] }>(
        workflowRunsNodeLogs({ path: { identifier: node.identifier }, query: { limit: 1000 } } as never),
      ).then(({ runLogs }) => runLogs),
    refetchInterval: node.status === "COMPLETED" ? false : WATCH_MS,
  });

export function useCancelWorkflow(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => call(workflowRunsCancel({ path: { run_id: id } })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["workflow-run", id] }),
  });
}
