import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/api/client";
import {
  gitopsAbort,
  gitopsApprove,
  gitopsChange,
  gitopsCheck,
  gitopsCreate,
  gitopsDiscard,
  gitopsEntity,
  gitopsJournal,
  gitopsListAll,
  gitopsPasses,
  gitopsPin,
  gitopsPlans,
  gitopsRead,
  gitopsRemove,
  gitopsRepositories,
  gitopsRepository,
  gitopsRestore,
  gitopsSync,
} from "@/api/generated";

export type Kind = "github" | "gitlab" | "gitea" | "bitbucket-server" | "git";
export type SourceStatus = "never" | "running" | "complete" | "partial" | "failed" | "held" | "refused" | "aborted";
export type MergeMode = "owned" | "merge" | "override";

export interface Figures {
  created: number;
  updated: number;
  cleared: number;
  deleted: number;
  held: number;
  unchanged: number;
  conflicts: number;
  pending: number;
  stale: number;
}

export interface Pass {
  id: string;
  kind: string;
  status?: SourceStatus;
  startedAt: string;
  endedAt: string | null;
  progress: { repositories: number; total?: number | null; changed: number; failed: number };
  figures: Figures | null;
  requests: number | null;
  budgetLeft: number | null;
  problem: string | null;
  notices?: string[];
  failures?: { repository: string | null; message: string }[];
}

export interface Filters {
  include: string[];
  exclude: string[];
  topics: string[];
  visibility: string[];
  archived: boolean;
  forks: boolean;
  mirrors: boolean;
  disabled: boolean;
  personal: boolean;
}

export interface Options {
  specPath: string[];
  branch: string | null;
  branches: Record<string, string>;
  mergeMode: MergeMode;
  mergeModes: { specPath: string[]; mergeMode: MergeMode }[];
  createMissingRelatedEntities: boolean;
  deleteDependentEntities: boolean;
  entityDeletionThreshold: number | null;
  enrichEntitiesWithGitopsMetadata: boolean;
  gitopsMetadataProperty: string;
  orphanPolicy: "delete" | "keep";
  priority: number;
  blueprints: string[] | null;
  identifierPrefix: string | null;
  yield: boolean;
  driftRepair: boolean;
  filters: Filters;
  reconcileInterval: number;
  deletionGrace: number;
  validatePullRequests: boolean;
  concurrency: number;
}

export interface Problems {
  errors: number;
  warnings: number;
}

export interface Webhook {
  url: string;
  lastEventAt: string | null;
  lastBadSignatureAt: string | null;
  accepted: number;
  refused: number;
}

export interface Source {
  id: string;
  title: string;
  kind: Kind;
  url: string;
  enabled: boolean;
  settings: Record<string, string | string[] | boolean | null>;
  /** Which secrets are set; their values never come back. */
  secrets: Record<string, boolean>;
  options: Options;
  /** Where events go; not for everybody to see. */
  webhook: Webhook | null;
  /** What becomes of its entities, while the source is being removed. */
  removal?: Remains | null;
  state: {
    status: SourceStatus;
    pass: Pass | null;
    nextPassAt: string | null;
    heldPlans: number;
    problems: Problems;
  };
  createdAt: string;
  updatedAt: string;
}

/** What is written of a source; what is absent stays, and a secret of null is removed. */
export interface SourceDraft {
  title?: string;
  kind?: Kind;
  url?: string;
  enabled?: boolean;
  settings?: Record<string, string | string[] | boolean | null>;
  secrets?: Record<string, string | null>;
  options?: { [K in keyof Options]?: Options[K] | null };
}

/** A source as a form says it. */
export type WholeDraft = Required<Omit<SourceDraft, "enabled">>;

export interface Checked {
  identity: string | null;
  repositories: number | null;
  problem?: string | null;
}

export type RepositoryState = "ok" | "stale" | "failed" | "excluded" | "missing";

export interface Repository {
  id: string;
  label: string;
  url: string;
  branch: string | null;
  tip: string | null;
  state: RepositoryState;
  files: number;
  entities: number;
  problems: Problems;
  lastSuccessAt: string | null;
  problem: string | null;
}

export interface EntityName {
  blueprint: string;
  identifier: string;
}

export interface Diagnostic {
  severity: "error" | "warning" | "notice";
  code: string;
  message: string;
  path: string;
  line: number;
  column: number;
  endLine?: number | null;
  entity: EntityName | null;
  hint: string | null;
  url: string | null;
}

export type ClaimState = "active" | "shadowed" | "pending" | "orphaned";

export interface DefinedEntity extends EntityName {
  line: number;
  url: string | null;
  state: ClaimState;
  stale?: boolean;
  createdByGit: boolean;
}

export interface SpecFile {
  path: string;
  url: string | null;
  /** Partial: some of its definitions do not hold. Stale: its last good version counts. */
  status: "ok" | "partial" | "stale";
  entities: DefinedEntity[];
  diagnostics: Diagnostic[];
}

export interface RepositoryDetails extends Omit<Repository, "files"> {
  files: SpecFile[];
}

export interface Sample extends EntityName {
  effect: Effect;
  repository: string;
  path: string;
}

export type Effect = "delete" | "clear" | "deleted" | "cleared";

export interface Plan {
  id: string;
  createdAt: string;
  reason: string;
  counts: { delete: number; clear: number; byBlueprint: Record<string, number> };
  samples: Sample[];
  stale: boolean;
}

export interface JournalEntry {
  id: string;
  at: string;
  entity: EntityName;
  effect: Effect;
  repository: string;
  path: string;
  reason: string;
  restoredAt: string | null;
}

/** What git says about one entity, from one place. */
export interface Claim {
  source: { id: string; title: string };
  repository: { id?: string; label: string; url: string };
  path: string;
  line: number;
  url: string | null;
  commit: string | null;
  state: ClaimState;
  stale: boolean;
  contested: string[];
  createdByGit: boolean;
  pinned?: boolean;
  diagnostics: Diagnostic[];
}

export type RepositoryFilter = "all" | "problems" | "failed" | "excluded";

const ROOT = "gitops";
const PAGE = 100;
/** How often a pass that is under way is asked for its progress. */
const RUNNING_MS = 2_000;

const isRunning = (source: Source | undefined) => source?.state.status === "running";

export const sourcesQuery = queryOptions({
  queryKey: [ROOT, "sources"],
  queryFn: () => call<{ sources: Source[] }>(gitopsListAll()).then(({ sources }) => sources),
  refetchInterval: ({ state }) => (state.data?.some(isRunning) ? RUNNING_MS : 30_000),
});

export const sourceQuery = (id: string) =>
  queryOptions({
    queryKey: [ROOT, "source", id],
    queryFn: () => call<{ source: Source }>(gitopsRead({ path: { source: id } })).then(({ source }) => source),
    refetchInterval: ({ state }) => (isRunning(state.data) ? RUNNING_MS : 30_000),
  });

export const passesQuery = (id: string) =>
  queryOptions({
    queryKey: [ROOT, "source", id, "passes"],
    queryFn: () =>
      call<{ passes: Pass[] }>(gitopsPasses({ path: { source: id }, query: { limit: 50 } })).then(
        ({ passes }) => passes,
      ),
  });

export const repositoriesQuery = (id: string, state: RepositoryFilter, text: string) =>
  infiniteQueryOptions({
    queryKey: [ROOT, "source", id, "repositories", state, text],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      call<{ repositories: Repository[]; next: string | null }>(
        gitopsRepositories({
          path: { source: id },
          query: { state, limit: PAGE, ...(text ? { q: text } : {}), ...(pageParam ? { from: pageParam } : {}) },
        }),
      ),
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const repositoryQuery = (id: string, repository: string) =>
  queryOptions({
    queryKey: [ROOT, "source", id, "repository", repository],
    queryFn: () =>
      call<{ repository: RepositoryDetails }>(gitopsRepository({ path: { source: id, repository } })).then(
        (answer) => answer.repository,
      ),
  });

export const plansQuery = (id: string) =>
  queryOptions({
    queryKey: [ROOT, "source", id, "plans"],
    queryFn: () => call<{ plans: Plan[] }>(gitopsPlans({ path: { source: id } })).then(({ plans }) => plans),
  });

export const journalQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: [ROOT, "source", id, "journal"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      call<{ entries: JournalEntry[]; next: string | null }>(
        gitopsJournal({
          path: { source: id },
          query: { limit: 50, ...(pageParam ? { before: pageParam } : {}) },
        }),
      ),
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const claimsQuery = (blueprint: string, identifier: string) =>
  queryOptions({
    queryKey: [ROOT, "entity", blueprint, identifier],
    queryFn: () =>
      call<{ claims: Claim[] }>(gitopsEntity({ path: { blueprint, identifier } })).then(({ claims }) => claims),
    staleTime: 30_000,
  });

/** Asks for everything of a source again; of all sources without an id. */
export function useReload() {
  const queries = useQueryClient();
  return (id?: string) =>
    Promise.all([
      queries.invalidateQueries({ queryKey: [ROOT, "sources"] }),
      queries.invalidateQueries({ queryKey: id === undefined ? [ROOT, "source"] : [ROOT, "source", id] }),
    ]);
}

function useChange<V, R>(id: string | undefined, change: (values: V) => Promise<R>, silent = false) {
  const reload = useReload();
  return useMutation({ mutationFn: change, meta: { silent }, onSuccess: () => void reload(id) });
}

export const useCheck = () =>
  useMutation({
    meta: { silent: true },
    mutationFn: (draft: SourceDraft & { id?: string }) => call<Checked>(gitopsCheck({ body: draft })),
  });

export const useConnect = () =>
  useChange(
    undefined,
    (draft: WholeDraft) => call<{ source: Source }>(gitopsCreate({ body: draft })).then(({ source }) => source),
    true,
  );

export const useChangeSource = (id: string, silent = true) =>
  useChange(
    id,
    (draft: SourceDraft) => call<{ source: Source }>(gitopsChange({ path: { source: id }, body: draft })),
    silent,
  );

export type Remains = "delete" | "detach" | "keep";

export const useDeleteSource = (id: string) =>
  useChange(undefined, (entities: Remains) => call(gitopsRemove({ path: { source: id }, query: { entities } })), true);

export const useSync = (id: string) => useChange(id, () => call(gitopsSync({ path: { source: id } })));

export const useAbort = (id: string) => useChange(id, () => call(gitopsAbort({ path: { source: id } })));

export const useSettlePlan = (id: string, verdict: "approve" | "discard") =>
  useChange(
    id,
    (plan: string) =>
      call<{ figures: Partial<Figures> | null }>(
        (verdict === "approve" ? gitopsApprove : gitopsDiscard)({ path: { source: id, plan } }),
      ),
    true,
  );

export const useRestore = (id: string) =>
  useChange(id, (entry: string) => call<{ entity: EntityName }>(gitopsRestore({ path: { source: id, entry } })));

export function usePin({ blueprint, identifier }: EntityName) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (pin: { source: string; repository: string; pinned: boolean }) =>
      call(gitopsPin({ path: { blueprint, identifier }, body: pin })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [ROOT, "entity", blueprint, identifier] }),
  });
}
