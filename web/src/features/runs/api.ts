import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/api/client";
import {
  actionsListAll,
  runsApprovers,
  runsCancel,
  runsDecide,
  runsEntities,
  runsGet,
  runsLetters,
  runsPages,
  runsRedrive,
  runsRerun,
} from "@/api/generated";
import type { Run as BareRun, Json, RunLog } from "@/api/model";

/** A run with what the portal tells about its delivery. */
export interface Run extends Omit<BareRun, "requiredApproval"> {
  requiredApproval: false | { type: string; quorum?: number; expiresInSeconds?: number; allowSelfApproval?: boolean };
  pendingExecution: boolean;
  claimedUntil: string | null;
  installationId: string | null;
  impersonatedBy: string | null;
  updatedBy: string;
}

export interface LogLine extends RunLog {
  level?: "INFO" | "WARN" | "ERROR" | "DEBUG";
  statusLabel?: string;
}

export interface Approver {
  userId: string | null;
  email: string | null;
  state: "PENDING" | "APPROVED" | "DECLINED";
  description: string | null;
}

export interface Affected {
  blueprint: string;
  identifier: string;
  title: string | null;
  action: "CREATE" | "UPDATE" | "DELETE";
  updatedAt: string;
}

export interface Letter {
  id: string;
  kind: string;
  runId: string | null;
  attempts: number;
  lastError: string;
  diedAt: string;
}

export interface RunFilter {
  action?: string[];
  status?: string[];
  source?: string[];
  entity?: string;
  blueprint?: string;
  user_email?: string;
  user_id?: string;
  awaiting_me?: boolean;
}

interface Page {
  runs: Run[];
  next: string | null;
}

const PAGE = 100;
/** What lists do not show, and would be long. */
const UNSEEN = ["payload", "response", "properties", "rawProperties"];

/** Runs page by page, the newest first. */
export const runsQuery = (filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ["runs", filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: from }) =>
      call<Page>(runsPages({ query: { ...filter, limit: PAGE, exclude: UNSEEN, from } as never })),
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });

/** Names of all actions and automations: what runs can be of. */
export const actionNamesQuery = queryOptions({
  queryKey: ["actions", "names"],
  queryFn: () =>
    call<{ actions: { identifier: string; title?: string | null }[] }>(actionsListAll()).then(({ actions }) =>
      actions.map(({ identifier, title }) => ({ value: identifier, label: title || identifier })),
    ),
  staleTime: 60_000,
});

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: () => call<{ run: Run }>(runsGet({ path: { run_id: id } })).then(({ run }) => run),
  });

export const approversQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id, "approvers"],
    queryFn: () =>
      call<{ approvers: Approver[] }>(
        runsApprovers({ path: { run_id: id }, query: { include_pending_approvers: true } }),
      ).then(({ approvers }) => approvers),
  });

export const affectedQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id, "entities"],
    queryFn: () =>
      call<{ entities: Affected[] }>(runsEntities({ path: { run_id: id } })).then(({ entities }) => entities),
  });

export const lettersQuery = queryOptions({
  queryKey: ["runs", "letters"],
  queryFn: () =>
    call<{ deadLetters: Letter[] }>(runsLetters({ query: { limit: 1000 } })).then(({ deadLetters }) => deadLetters),
});

/** Approves or declines; what the portal says against it is shown by the caller. */
export function useDecide(id: string) {
  const known = useKnown(id);
  return useMutation({
    meta: { silent: true },
    mutationFn: (decision: { status: "APPROVE" | "DECLINE"; description?: string }) =>
      call<{ run: Run }>(runsDecide({ path: { run_id: id }, body: decision })).then(({ run }) => run),
    onSuccess: known,
  });
}

export function useCancel(id: string) {
  const known = useKnown(id);
  return useMutation({
    mutationFn: () => call<{ run: Run }>(runsCancel({ path: { run_id: id } })).then(({ run }) => run),
    onSuccess: known,
  });
}

export function useRedrive() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call<{ run: Run }>(runsRedrive({ path: { run_id: id } })).then(({ run }) => run),
    onSuccess: (run) => {
      queries.setQueryData<Run>(["run", run.id], run);
      void queries.invalidateQueries({ queryKey: ["runs"] });
    },
  });
}

export function useRerun(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => call<{ run: Run }>(runsRerun({ path: { run_id: id } })).then(({ run }) => run),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["runs"] }),
  });
}

function useKnown(id: string) {
  const queries = useQueryClient();
  return (run: Run) => {
    queries.setQueryData(["run", id], run);
    void queries.invalidateQueries({ queryKey: ["run", id, "approvers"] });
    void queries.invalidateQueries({ queryKey: ["runs"] });
  };
}

export type { Json };
