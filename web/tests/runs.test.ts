import { describe, expect, it } from "vitest";
import type { Approver, LogLine, Run } from "../src/features/runs/api";
import { appended, asText, MOST_LINES, markedParts, matchesOf, visibleLines } from "../src/features/runs/log/model";
import { adviceOf, answerOf, canRedrive, expiryOf, quorumOf, stagesOf } from "../src/features/runs/model";
import type { FullRun } from "../src/features/runs/workflow-api";
import { buttonsOf, graphOf, nodeState } from "../src/features/runs/workflow-model";

const run = (more: Partial<Run> = {}): Run =>
  ({
    id: "r_1",
    status: "IN_PROGRESS",
    statusLabel: null,
    summary: "",
    source: "UI",
    requiredApproval: false,
    approval: null,
    payload: { type: "WEBHOOK", agent: true },
    pendingExecution: false,
    claimedUntil: null,
    installationId: "_PORT_EXEC_AGENT",
    impersonatedBy: null,
    createdBy: "u_1",
    createdAt: "2026-01-01T00:00:00.000Z",
    endedAt: null,
    ...more,
  }) as Run;

const states = (given: Run) => stagesOf(given, (id) => id).map(({ key, state }) => `${key} ${state}`);

describe("the way of a run", () => {
  it("goes from the request over agent and backend to the result", () => {
    expect(states(run({ pendingExecution: true }))).toEqual(["requested done", "handover now", "result open"]);
    expect(states(run())).toEqual(["requested done", "handover done", "result now"]);
    expect(states(run({ status: "SUCCESS" }))).toEqual(["requested done", "handover done", "result done"]);
  });

  it("stops at its approvers until they have decided", () => {
    const asked = { requiredApproval: { type: "ANY" }, payload: null } as const;
    expect(states(run({ ...asked, status: "WAITING_FOR_APPROVAL" }))).toEqual([
      "requested done",
      "approval now",
      "handover open",
      "result open",
    ]);
    expect(states(run({ ...asked, status: "DECLINED" }))).toEqual(["requested done", "approval failed"]);
  });

  it("says where it could not go on", () => {
    expect(states(run({ status: "FAILURE", statusLabel: "Not delivered" }))[1]).toBe("handover failed");
    expect(states(run({ status: "FAILURE", payload: null }))[1]).toBe("handover failed");
  });
});

describe("advice", () => {
  it("is given for failures only", () => {
    expect(adviceOf(run(), [])).toBeNull();
    expect(adviceOf(run({ status: "SUCCESS" }), [])).toBeNull();
  });

  it("names the cause: the summary, else the last error of the log", () => {
    const lines = [
      { level: "ERROR", message: "first" },
      { level: "ERROR", message: "last" },
      { level: "INFO", message: "bye" },
    ] as LogLine[];
    expect(adviceOf(run({ status: "FAILURE", summary: "told" }), lines)?.cause).toBe("told");
    expect(adviceOf(run({ status: "FAILURE" }), lines)?.cause).toBe("last");
  });

  it("puts the remedy that fits first", () => {
    expect(adviceOf(run({ status: "FAILURE", statusLabel: "Not delivered" }), [])?.remedies[0]).toBe("redrive");
    expect(adviceOf(run({ status: "FAILURE", statusLabel: "Cannot be delivered" }), [])?.remedies[0]).toBe("action");
    expect(adviceOf(run({ status: "DECLINED" }), [])?.remedies).toEqual(["edit"]);
  });

  it("has runs handed over again only when somebody has or had them", () => {
    expect(canRedrive(run())).toBe(true);
    expect(canRedrive(run({ pendingExecution: true }))).toBe(false);
    expect(canRedrive(run({ status: "FAILURE", statusLabel: "Not delivered" }))).toBe(true);
    expect(canRedrive(run({ status: "FAILURE" }))).toBe(false);
  });
});

describe("approvals", () => {
  const approvers: Approver[] = [
    { userId: "u_2", email: "ada@x.y", state: "APPROVED", description: null },
    { userId: null, email: "Ben@x.y", state: "PENDING", description: null },
  ];

  it("are counted against one, a quorum, or everybody", () => {
    expect(quorumOf(run({ requiredApproval: { type: "ANY" } }), approvers)).toEqual({ given: 1, needed: 1 });
    expect(quorumOf(run({ requiredApproval: { type: "ANY", quorum: 3 } }), approvers)).toEqual({ given: 1, needed: 3 });
    expect(quorumOf(run({ requiredApproval: { type: "ALL" } }), approvers)).toEqual({ given: 1, needed: 2 });
  });

  it("are somebody's own by id or e-mail", () => {
    expect(answerOf(approvers, { id: "u_9", email: "ben@x.y" })?.state).toBe("PENDING");
    expect(answerOf(approvers, { id: "u_2", email: null })?.state).toBe("APPROVED");
    expect(answerOf(approvers, { id: "u_9", email: null })).toBeUndefined();
  });

  it("expire some time after the run was asked for", () => {
    expect(expiryOf(run({ requiredApproval: { type: "ANY", expiresInSeconds: 60 } }))).toBe("2026-01-01T00:01:00.000Z");
    expect(expiryOf(run())).toBeNull();
  });
});

describe("a log", () => {
  const line = (id: string, message: string, level?: LogLine["level"]) =>
    ({ id, message, level, createdAt: "2026-01-01T00:00:00.000Z" }) as LogLine;
  const lines = [line("1", "Hello"), line("2", "careful", "WARN"), line("3", "hello again", "ERROR")];

  it("is narrowed by level and by what it holds", () => {
    expect(visibleLines(lines, "warn", "", false).map(({ id }) => id)).toEqual(["2", "3"]);
    expect(visibleLines(lines, "all", "HELLO", true).map(({ id }) => id)).toEqual(["1", "3"]);
    expect(visibleLines(lines, "all", "HELLO", false)).toBe(lines);
    expect(matchesOf(lines, "hello")).toEqual([0, 2]);
  });

  it("marks what is looked for, wherever it stands", () => {
    expect(markedParts("aXbx", "x").map(({ text, marked }) => (marked ? `[${text}]` : text))).toEqual([
      "a",
      "[X]",
      "b",
      "[x]",
    ]);
    expect(markedParts("abc", "")).toEqual([{ text: "abc", marked: false }]);
  });

  it("drops its oldest lines when it grows too long", () => {
    const many = Array.from({ length: MOST_LINES }, (_, at) => line(String(at), ""));
    const longer = appended(many, [line("new", "")]);
    expect(longer).toHaveLength(MOST_LINES);
    expect(longer.at(-1)?.id).toBe("new");
    expect(longer[0]?.id).toBe("1");
    expect(appended(many, [])).toBe(many);
  });

  it("is a text with moment and level", () => {
    expect(asText([line("1", "Hello")])).toBe("2026-01-01T00:00:00.000Z INFO  Hello\n");
  });
});

describe("a workflow run", () => {
  const full = {
    status: "IN_PROGRESS",
    definition: {
      nodes: [
        { identifier: "start", title: "Start", config: { type: "SELF_SERVE_TRIGGER" } },
        { identifier: "ask", config: { type: "INPUT" } },
        { identifier: "end", config: { type: "WEBHOOK" } },
      ],
      connections: [
        { sourceIdentifier: "start", targetIdentifier: "ask" },
        { sourceIdentifier: "ask", targetIdentifier: "end", sourceOutletIdentifier: "go" },
      ],
    },
    nodeRuns: [
      { node: { identifier: "start", type: "SELF_SERVE_TRIGGER" }, status: "COMPLETED", result: "SUCCESS" },
      { node: { identifier: "ask", type: "INPUT" }, status: "IN_PROGRESS", result: null },
    ],
  } as unknown as FullRun;

  it("has a state for every node", () => {
    expect(["start", "ask", "end"].map((node) => nodeState(full, node))).toEqual(["success", "input", "waiting"]);
    expect(nodeState({ ...full, status: "COMPLETED" } as FullRun, "end")).toBe("skipped");
  });

  it("is drawn with its states in words and its outlets on the arrows", () => {
    const { nodes, edges } = graphOf(full);
    expect(nodes[0]).toEqual({ id: "start", label: "Start", sub: "Success" });
    expect(edges[1]).toMatchObject({ from: "ask", to: "end", label: "go" });
  });

  it("offers the buttons of a node, else its outlets", () => {
    const outlets = [{ identifier: "go", title: "Go" }, { identifier: "stop" }];
    expect(buttonsOf({ outlets })).toEqual([
      { identifier: "go", label: "Go" },
      { identifier: "stop", label: "stop" },
    ]);
    expect(buttonsOf({ outlets, userInputs: { buttons: [{ identifier: "ok", title: "OK" }] } })).toEqual([
      { identifier: "ok", label: "OK" },
    ]);
    expect(buttonsOf(null)).toEqual([]);
  });
});
