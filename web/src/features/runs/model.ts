import type { Json, JsonObject, RunStatus } from "@/api/model";
import type { Approver, LogLine, Run } from "./api";

const ENDED: ReadonlySet<string> = new Set(["SUCCESS", "FAILURE", "DECLINED"]);

/** Whether nothing of a run's state changes any more, unless somebody has it handed over again. */
export const hasEnded = (run: { status: string }): boolean => ENDED.has(run.status);

export const STATUS_WORDS: Record<RunStatus, string> = {
  IN_PROGRESS: "In progress",
  SUCCESS: "Success",
  FAILURE: "Failure",
  WAITING_FOR_APPROVAL: "Waiting for approval",
  DECLINED: "Declined",
};

/** Labels that the portal itself gives. */
const NOT_DELIVERED = "Not delivered";
const UNDELIVERABLE = "Cannot be delivered";

export type StageState = "done" | "now" | "failed" | "open";

/** One station of a run's way. */
export interface Stage {
  key: "requested" | "approval" | "handover" | "result";
  title: string;
  detail: string;
  at: string | null;
  state: StageState;
}

const flag = (value: Json | undefined): boolean => value === true || value === "true";

/** Whether an agent or an integration fetches the run, rather than the portal delivering it. */
export function isFetched(run: Run): boolean {
  return run.installationId !== null || flag((run.payload as JsonObject | null)?.agent);
}

function approvalStage(run: Run, nameOf: (id: string) => string): Stage[] {
  if (run.requiredApproval === false) return [];
  const stage = { key: "approval" as const, at: null };
  if (run.status === "WAITING_FOR_APPROVAL") {
    return [{ ...stage, title: "Approval", detail: "Waits for its approvers", state: "now" }];
  }
  if (run.status === "DECLINED") {
    const by = run.approval ? ` by ${nameOf(run.approval.userId)}` : "";
    return [{ ...stage, title: "Declined", detail: `Declined${by}`, at: run.endedAt, state: "failed" }];
  }
  if (run.approval?.state !== "APPROVED") {
    return [{ ...stage, title: "Approval", detail: "Was never given", state: "failed" }];
  }
  return [{ ...stage, title: "Approved", detail: `By ${nameOf(run.approval.userId)}`, state: "done" }];
}

function handover(run: Run): Stage {
  const fetched = isFetched(run);
  const who = run.installationId?.startsWith("_PORT_EXEC_AGENT") === false ? "integration" : "execution agent";
  const stage = {
    key: "handover" as const,
    title: fetched ? `Handed to an ${who}` : "Handed to the backend",
    at: null,
  };
  if (run.status === "WAITING_FOR_APPROVAL" || run.status === "DECLINED") {
    return { ...stage, detail: "", state: "open" };
  }
  if (run.payload === null) {
    const ended = hasEnded(run);
    return { ...stage, detail: ended ? "Never happened" : "Is being prepared", state: ended ? "failed" : "now" };
  }
  if (run.statusLabel === NOT_DELIVERED || run.statusLabel === UNDELIVERABLE) {
    return { ...stage, detail: "Could not be delivered", state: "failed" };
  }
  if (run.pendingExecution) {
    if (run.claimedUntil === null) return { ...stage, detail: `Waits for an ${who} to claim it`, state: "now" };
    return { ...stage, detail: `Claimed; it goes to another ${who} unless it is taken up soon`, state: "now" };
  }
  return { ...stage, detail: fetched ? "Taken up" : "Delivered by the portal", state: "done" };
}

/** The way of a run from its request to its result. */
export function stagesOf(run: Run, nameOf: (id: string) => string): Stage[] {
  const origin = { UI: "in the portal", API: "through the API", AUTOMATION: "by an automation" }[run.source] ?? "";
  const impersonated = run.impersonatedBy ? `, for whom ${nameOf(run.impersonatedBy)} asked` : "";
  const requested: Stage = {
    key: "requested",
    title: "Requested",
    detail: `By ${nameOf(run.createdBy)} ${origin}${impersonated}`,
    at: run.createdAt,
    state: "done",
  };
  const result: Stage = {
    key: "result",
    title: hasEnded(run) ? STATUS_WORDS[run.status] : "Result",
    detail: hasEnded(run) ? run.statusLabel || "" : "",
    at: run.endedAt,
    state: run.status === "SUCCESS" ? "done" : hasEnded(run) ? "failed" : "open",
  };
  const middle = handover(run);
  if (!hasEnded(run) && middle.state === "done") {
    result.state = "now";
    result.detail = "Its backend is at work";
  }
  const approval = approvalStage(run, nameOf);
  if (run.status === "DECLINED") return [requested, ...approval];
  return [requested, ...approval, middle, result];
}

export type Remedy = "rerun" | "edit" | "redrive" | "action";

export interface Advice {
  cause: string;
  todo: string;
  remedies: Remedy[];
}

/** Why a run failed, and what can be done: the first remedy is the best one. */
export function adviceOf(run: Run, lines: LogLine[]): Advice | null {
  if (run.status === "DECLINED") {
    const why = run.approval?.description;
    return {
      cause: why ? `An approver declined it: ${why}` : "An approver declined it.",
      todo: "Talk to them; change the values, or ask again once the reason is gone.",
      remedies: ["edit"],
    };
  }
  if (run.status !== "FAILURE") return null;
  const last = lines.findLast((line) => line.level === "ERROR")?.message;
  const cause = run.summary || last || run.statusLabel || "Its backend reported a failure and no reason.";
  switch (run.statusLabel) {
    case "Cancelled":
      return { cause: "It was cancelled.", todo: "What its backend had begun may have gone on.", remedies: ["rerun"] };
    case NOT_DELIVERED:
      return {
        cause,
        todo: "Once the receiver is in order again, hand this run over once more: it keeps its identity, so nothing happens twice.",
        remedies: ["redrive", "rerun"],
      };
    case UNDELIVERABLE:
      return {
        cause,
        todo: "What the action calls has to be put right first; then run it again.",
        remedies: ["action", "rerun"],
      };
    case "Nobody can approve":
      return {
        cause,
        todo: "The approve permission of the action has to name somebody who can; then run it again.",
        remedies: ["action", "rerun"],
      };
    case "Not written":
      return {
        cause,
        todo: "Change the inputs, or have the action's mapping put right.",
        remedies: ["edit", "action"],
      };
    case "Approval expired":
      return { cause, todo: "Remind the approvers, and ask again.", remedies: ["rerun"] };
    default:
      return {
        cause,
        todo: "The log below tells how far it came. Run it again, with the same values or others.",
        remedies: ["rerun", "edit"],
      };
  }
}

/** Whether an executor that has the run can be replaced, or a receiver be tried again. */
export function canRedrive(run: Run): boolean {
  if (run.status === "IN_PROGRESS") return run.payload !== null && !run.pendingExecution;
  return run.status === "FAILURE" && run.statusLabel === NOT_DELIVERED;
}

export interface Quorum {
  given: number;
  needed: number;
}

/** How many approvals there are and how many it takes. */
export function quorumOf(run: Run, approvers: Approver[]): Quorum {
  const given = approvers.filter((each) => each.state === "APPROVED").length;
  const required = run.requiredApproval;
  if (required === false) return { given, needed: 0 };
  return { given, needed: required.type === "ALL" ? Math.max(1, approvers.length) : (required.quorum ?? 1) };
}

/** Until when a run waits for approval; null when it waits for good. */
export function expiryOf(run: Run): string | null {
  const seconds = run.requiredApproval === false ? undefined : run.requiredApproval.expiresInSeconds;
  return seconds === undefined ? null : new Date(Date.parse(run.createdAt) + seconds * 1000).toISOString();
}

/** What of the answers is somebody's own. */
export function answerOf(approvers: Approver[], user: { id: string; email: string | null }): Approver | undefined {
  const email = user.email?.toLowerCase();
  return approvers.find(
    (each) => each.userId === user.id || (email !== undefined && each.email?.toLowerCase() === email),
  );
}
