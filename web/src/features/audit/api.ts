import { infiniteQueryOptions } from "@tanstack/react-query";
import { call } from "@/api/client";
import { auditAuditLog } from "@/api/generated";
import type { Json, JsonObject } from "@/api/model";

export interface AuditRecord {
  identifier: string;
  action: string;
  resourceType: string;
  status: string;
  message: string | null;
  trigger: {
    at: string;
    origin: string;
    by?: { orgId?: string; userId?: string; user?: { email?: string } };
  };
  context: { blueprint?: string; entity?: string; runId?: string; [key: string]: Json | undefined };
  diff: { before: JsonObject | null; after: JsonObject | null };
}

/** What the audit log can be narrowed to; the API's own parameters. */
export interface AuditFilter {
  entity?: string;
  blueprint?: string;
  run_id?: string;
  resources?: string[];
  origin?: string[];
  action?: string;
  status?: "SUCCESS" | "FAILURE";
  from?: string;
  to?: string;
}

const PAGE = 200;

/** The log from the newest record backwards. A page ends at an instant, and the next begins with it. */
export function auditQuery(filter: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: ["audit", filter],
    initialPageParam: filter.to,
    queryFn: ({ pageParam }) =>
      call<{ audits: AuditRecord[] }>(
        auditAuditLog({ query: { ...filter, to: pageParam, limit: PAGE } as never }),
      ).then((answer) => answer.audits),
    getNextPageParam: (page, pages) => {
      const oldest = page.at(-1)?.trigger.at;
      const before = pages.at(-2)?.at(-1)?.trigger.at;
      return page.length < PAGE || oldest === before ? undefined : oldest;
    },
  });
}

/** Records of all pages, each once. */
export function recordsOf(pages: AuditRecord[][]): AuditRecord[] {
  const seen = new Map<string, AuditRecord>();
  for (const page of pages) for (const record of page) seen.set(record.identifier, record);
  return [...seen.values()];
}

/** Who did it, in one word. */
export function actorOf(record: AuditRecord): string {
  return record.trigger.by?.user?.email ?? record.trigger.by?.userId ?? "—";
}

/** What it was done to. */
export function objectOf(record: AuditRecord): string {
  const shown = record.diff.after ?? record.diff.before ?? {};
  const named = shown.identifier ?? shown.id ?? shown.name;
  return record.context.entity ?? (typeof named === "string" ? named : "") ?? "";
}
