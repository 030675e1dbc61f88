import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/api/client";
import {
  integrationsAbort,
  integrationsDelete,
  integrationsKinds,
  integrationsMetadata,
  integrationsPatch,
  integrationsPatchConfig,
  integrationsPreviewMapping,
  integrationsRead,
  integrationsReadStatus,
  webhooksCreate,
  webhooksDelete,
  webhooksMetadata,
  webhooksPatch,
  webhooksRead,
  webhooksRecent,
  webhooksRunStored,
} from "@/api/generated";
import type { Json, JsonObject } from "@/api/model";

export interface IntegrationSummary {
  installationId: string;
  title: string | null;
  installationAppType: string | null;
  version: string | null;
  resyncState: { status?: string; lastResyncStart?: string; lastResyncEnd?: string; nextResync?: string } | null;
  updatedAt: string;
}

export interface Integration extends IntegrationSummary {
  config: JsonObject | null;
}

export interface LogEntry {
  id: string;
  timestamp: string;
  level: string;
  message: string;
}

export interface SyncProblem {
  where: string;
  message: string;
  program: string | null;
  item: string | null;
}

/** `details` is what integrations of ours tell beyond the contract. */
export interface KindOfSync {
  kindIdentifier: string;
  kind: string | null;
  syncState: string | null;
  counts: Record<string, number>;
  details: { state: string | null; counts: Record<string, number>; problems: SyncProblem[] } | null;
}

export interface IntegrationQuality {
  tier: string | null;
  broken: { rule: string; tier: string; asks: string }[];
}

export interface Sync {
  eventId: string;
  state: string;
  startedAt: string;
  updatedAt: string;
  abortRequestedAt: string | null;
  kinds?: KindOfSync[];
  totals?: Record<string, number>;
  details?: {
    state: string | null;
    problem: string | null;
    kept: { reason: string; blueprint: string; count: number; sample: string[] }[];
    quality: IntegrationQuality | null;
  } | null;
}

export interface IntegrationStatus extends IntegrationSummary {
  resyncRequestedAt: string | null;
  lastSync: Sync | null;
  recentSyncs: Sync[];
  recentProblems: LogEntry[];
  recentLogs: LogEntry[];
}

export interface MappingError {
  field?: string;
  program?: string;
  message: string;
}

/** One item of a preview, whichever kind of source it is of. */
export interface PreviewItem {
  raw: Json;
  result: string;
  mapped: JsonObject | null;
  errors: MappingError[];
}

export interface KindPreview {
  kind: string;
  index: number;
  examples: number;
  kept: number;
  dropped: number;
  failed: number;
  items: PreviewItem[];
}

export interface WebhookSummary {
  id: string;
  identifier: string;
  title: string | null;
  description: string | null;
  enabled: boolean;
}

export interface Webhook extends WebhookSummary {
  url: string;
  webhookKey: string;
  mappings: JsonObject[];
  security: JsonObject | null;
}

export interface WebhookOutcome {
  signature: { valid: boolean; reason?: string | null };
  requestIdentifier: string | null;
  problem: string | null;
  mappings: {
    index: number;
    blueprint: string;
    operation: string;
    problem: MappingError | null;
    counts: Record<string, number>;
    items: PreviewItem[];
  }[];
}

export interface WebhookEvent {
  id: string;
  state: string;
  receivedAt: string;
  finishedAt: string | null;
  headers: Record<string, string>;
  body: Json;
  outcome: WebhookOutcome | null;
}

export const integrationsQuery = queryOptions({
  queryKey: ["integrations"],
  queryFn: () =>
    call<{ integrations: IntegrationSummary[] }>(integrationsMetadata()).then((answer) => answer.integrations),
  refetchInterval: 15_000,
});
export const integrationQuery = (identifier: string) =>
  queryOptions({
    queryKey: ["integrations", identifier],
    queryFn: () =>
      call<{ integration: Integration }>(integrationsRead({ path: { identifier } })).then(
        (answer) => answer.integration,
      ),
  });
export const statusQuery = (identifier: string) =>
  queryOptions({
    queryKey: ["integrations", identifier, "status"],
    queryFn: () =>
      call<{ status: IntegrationStatus }>(integrationsReadStatus({ path: { identifier } })).then(
        (answer) => answer.status,
      ),
    refetchInterval: 5_000,
  });
export const kindsQuery = (identifier: string) =>
  queryOptions({
    queryKey: ["integrations", identifier, "kinds"],
    queryFn: () =>
      call<{ data: Record<string, { examples: { data: Json }[] }> }>(integrationsKinds({ path: { identifier } })).then(
        (answer) => answer.data,
      ),
  });
export const webhooksQuery = queryOptions({
  queryKey: ["webhooks"],
  queryFn: () => call<{ webhooks: WebhookSummary[] }>(webhooksMetadata()).then((answer) => answer.webhooks),
});
export const webhookQuery = (identifier: string) =>
  queryOptions({
    queryKey: ["webhooks", identifier],
    queryFn: () => call<{ webhook: Webhook }>(webhooksRead({ path: { identifier } })).then((answer) => answer.webhook),
  });
export const eventsQuery = (identifier: string) =>
  queryOptions({
    queryKey: ["webhooks", identifier, "events"],
    queryFn: () =>
      call<{ events: WebhookEvent[] }>(webhooksRecent({ path: { identifier }, query: { limit: 50 } as never })).then(
        (answer) => answer.events,
      ),
    refetchInterval: 5_000,
  });

function useChange<V, R>(key: string, change: (values: V) => Promise<R>, silent = false) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    meta: { silent },
    onSuccess: () => queries.invalidateQueries({ queryKey: [key] }),
  });
}

export const useResync = () =>
  useChange("integrations", (identifier: string) => call(integrationsPatch({ path: { identifier }, body: {} })));
export const useAbort = () =>
  useChange("integrations", (identifier: string) => call(integrationsAbort({ path: { identifier } })));
export const useSaveMapping = (identifier: string) =>
  useChange(
    "integrations",
    (config: JsonObject) => call(integrationsPatchConfig({ path: { identifier }, body: { config } })),
    true,
  );
export const useForget = () =>
  useChange("integrations", (identifier: string) => call(integrationsDelete({ path: { identifier } })));
export const useTryMapping = (identifier: string) =>
  useMutation({
    meta: { silent: true },
    mutationFn: (config: JsonObject) =>
      call<{ kinds: KindPreview[] }>(integrationsPreviewMapping({ path: { identifier }, body: { config } })).then(
        (answer) => answer.kinds,
      ),
  });

export const useCreateWebhook = () =>
  useChange(
    "webhooks",
    (body: { identifier: string; title: string }) =>
      call<{ webhook: Webhook }>(webhooksCreate({ body: { ...body, enabled: true, mappings: [] } })),
    true,
  );
export const useChangeWebhook = (identifier: string) =>
  useChange(
    "webhooks",
    (body: Partial<Webhook>) => call(webhooksPatch({ path: { identifier }, body: body as never })),
    true,
  );
export const useDeleteWebhook = () =>
  useChange("webhooks", (identifier: string) => call(webhooksDelete({ path: { identifier } })));
export const useTryWebhook = (identifier: string) =>
  useMutation({
    meta: { silent: true },
    mutationFn: (body: { mappings: JsonObject[]; payload: { body: Json; headers?: JsonObject } }) =>
      call<WebhookOutcome>(webhooksRunStored({ path: { identifier }, body: body as never })),
  });
