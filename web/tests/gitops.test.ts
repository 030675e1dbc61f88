import { expect, test } from "vitest";
import type { Diagnostic, RepositoryDetails, Source } from "@/features/gitops/api";
import { KIND_FORMS, loginOf } from "@/features/gitops/form/kinds";
import { asKind, blank, DEFAULTS, draftOf, formOf, newSecret, SUMMARIES, spans } from "@/features/gitops/form/model";
import {
  attentionOf,
  changesText,
  counted,
  fieldName,
  filesOf,
  inOrder,
  passKind,
  placeText,
  planText,
  problemsText,
  progressOf,
  progressText,
  repositoryPath,
  shortCommit,
  spanText,
  tilesOf,
} from "@/features/gitops/model";

function finding(change: Partial<Diagnostic>): Diagnostic {
  const none = { endLine: null, entity: null, hint: null, url: null };
  return { severity: "error", code: "E_YAML", message: "No", path: "port.yml", line: 1, column: 1, ...none, ...change };
}

function source(change: Partial<Source> = {}, state: Partial<Source["state"]> = {}): Source {
  return {
    id: "s1",
    title: "Acme",
    kind: "github",
    url: "https://api.github.com",
    enabled: true,
    settings: { organisation: "acme", projects: null },
    secrets: { token: true, webhookSecret: true },
    options: DEFAULTS,
    webhook: null,
    state: {
      status: "complete",
      pass: null,
      nextPassAt: null,
      heldPlans: 0,
      problems: { errors: 0, warnings: 0 },
      ...state,
    },
    createdAt: "2026-03-01T00:00:00Z",
    updatedAt: "2026-03-01T00:00:00Z",
    ...change,
  };
}

test("numbers are said with their words", () => {
  expect(counted(1, "repository", "repositories")).toBe("1 repository");
  expect(counted(0, "error")).toBe("0 errors");
  expect(problemsText({ errors: 1, warnings: 2 })).toBe("1 error, 2 warnings");
  expect(problemsText({ errors: 0, warnings: 0 })).toBe("");
});

test("addresses escape what people name", () => {
  expect(repositoryPath("a/b", "https://x/y?z")).toBe("/sources/gitops/a%2Fb/repositories/https%3A%2F%2Fx%2Fy%3Fz");
});

test("figures have their order, and what is missing is none", () => {
  const tiles = tilesOf({ updated: 3 });
  expect(tiles.map(({ key }) => key).slice(0, 3)).toEqual(["created", "updated", "unchanged"]);
  expect(tiles.find(({ key }) => key === "updated")?.value).toBe(3);
  expect(tiles.find(({ key }) => key === "stale")?.value).toBe(0);
  expect(tilesOf(null)).toHaveLength(9);
});

test("what a pass changed, in a line", () => {
  expect(changesText({ created: 2, held: 1, unchanged: 900 })).toBe("2 created, 1 held");
  expect(changesText({ unchanged: 900 })).toBe("Nothing changed");
  expect(changesText(null)).toBe("Nothing changed");
});

test("how far a pass is", () => {
  expect(progressOf({ repositories: 1, total: 3, changed: 0, failed: 0 })).toBe(33);
  expect(progressOf({ repositories: 5, total: 4, changed: 0, failed: 0 })).toBe(100);
  expect(progressOf({ repositories: 5, total: null, changed: 0, failed: 0 })).toBeNull();
  expect(progressText({ repositories: 1, total: 3, changed: 0, failed: 1 })).toBe(
    "1 of 3 repositories · 0 changed · 1 failed",
  );
  expect(progressText({ repositories: 1, changed: 1, failed: 0 })).toBe("1 repository · 1 changed");
  expect(passKind("delta")).toBe("After a push");
  expect(passKind("other")).toBe("other");
});

test("the worst is told first", () => {
  expect(attentionOf(source())).toBeNull();
  expect(attentionOf(source({}, { problems: { errors: 2, warnings: 0 } }))).toBe("problems");
  expect(attentionOf(source({}, { heldPlans: 1, problems: { errors: 2, warnings: 0 } }))).toBe("held");
  expect(attentionOf(source({}, { status: "refused", heldPlans: 1 }))).toBe("refused");
  expect(attentionOf(source({ enabled: false }, { status: "failed" }))).toBeNull();
});

test("findings: errors first, then as the file goes", () => {
  const found = [
    finding({ severity: "warning", line: 1 }),
    finding({ line: 9 }),
    finding({ line: 2, column: 5 }),
    finding({ line: 2, column: 1 }),
    finding({ path: "a.yml", line: 70 }),
  ];
  expect(inOrder(found).map(placeText)).toEqual([
    "a.yml:70:1",
    "port.yml:2:1",
    "port.yml:2:5",
    "port.yml:9:1",
    "port.yml:1:1",
  ]);
});

test("files with problems come first", () => {
  const file = (path: string, diagnostics: Diagnostic[]) => ({
    path,
    url: null,
    status: "ok",
    entities: [],
    diagnostics,
  });
  const files = [
    file("a.yml", []),
    file("b.yml", [finding({ severity: "warning" })]),
    file("c.yml", [finding({ severity: "warning" }), finding({})]),
  ];
  expect(filesOf({ files } as unknown as RepositoryDetails).map(({ path }) => path)).toEqual([
    "c.yml",
    "b.yml",
    "a.yml",
  ]);
});

test("commits, spans and plans in words", () => {
  expect(shortCommit("9fceb02d0ae598e95dc970b74767f19372d61af8")).toBe("9fceb02d");
  expect(shortCommit("release")).toBe("release");
  expect(["properties.tier", "relations.owner", "title"].map(fieldName)).toEqual(["tier", "owner", "title"]);
  expect(spanText(21_600)).toBe("6 hours");
  expect(spanText(86_400)).toBe("1 day");
  expect(spanText(90)).toBe("90 seconds");
  expect(planText({ delete: 1, clear: 0 })).toBe("delete 1 entity");
  expect(planText({ delete: 12, clear: 2 })).toBe("delete 12 entities and clear git's values from 2 entities");
  expect(planText({ delete: 0, clear: 0 })).toBe("change nothing");
});

test("a new form tells the portal only what was said", () => {
  const form = {
    ...blank("github"),
    title: " Acme ",
    login: "token",
    settings: { organisation: "acme", appId: "7" },
    secrets: { token: "t", privateKey: "left over", webhookSecret: "" },
  };
  const draft = draftOf(form);
  expect(draft.title).toBe("Acme");
  expect(draft.settings).toMatchObject({ organisation: "acme", appId: null, installation: null });
  expect(draft.secrets).toEqual({ token: "t" });
  expect(draft.options).toMatchObject({ specPath: null, blueprints: null, mergeMode: "owned" });
});

test("a stored secret stays until it is replaced, removed, or another login is chosen", () => {
  const stored = source();
  const form = formOf(stored);
  expect(form.login).toBe("token");
  expect(form.settings).toEqual({ organisation: "acme" });
  expect(draftOf(form, stored.secrets).secrets).toEqual({});
  expect(draftOf({ ...form, secrets: { token: "new" } }, stored.secrets).secrets).toEqual({ token: "new" });
  expect(draftOf({ ...form, removed: ["webhookSecret"] }, stored.secrets).secrets).toEqual({ webhookSecret: null });
  const rotated = { ...form, secrets: { webhookSecret: "new", webhookSecretPrevious: "old" } };
  expect(draftOf(rotated, stored.secrets).secrets).toEqual({ webhookSecret: "new", webhookSecretPrevious: "old" });
  const app = { ...form, login: "app", settings: { appId: "7" }, secrets: { privateKey: "pem" } };
  expect(draftOf(app, stored.secrets)).toMatchObject({ secrets: { token: null, privateKey: "pem" } });
});

test("another forge keeps the title and the options, not the login", () => {
  const form = { ...blank("github"), title: "Acme", secrets: { token: "t" }, options: { ...DEFAULTS, priority: 3 } };
  const moved = asKind(form, "gitlab");
  expect(moved).toMatchObject({
    kind: "gitlab",
    title: "Acme",
    url: "https://gitlab.com",
    secrets: {},
    login: "token",
  });
  expect(moved.options.priority).toBe(3);
});

test("which login a source uses", () => {
  expect(loginOf("github", { privateKey: true })).toBe("app");
  expect(loginOf("bitbucket-server", { password: true })).toBe("password");
  expect(loginOf("git", {})).toBe("none");
  expect(loginOf("git", { privateKey: true })).toBe("key");
  for (const { logins } of Object.values(KIND_FORMS)) expect(logins.length).toBeGreaterThan(0);
});

test("half written pairs are left out", () => {
  const options = {
    ...DEFAULTS,
    branches: { "a/*": "release", "": "x", "b/*": "" },
    mergeModes: [
      { specPath: ["teams/**"], mergeMode: "merge" as const },
      { specPath: [""], mergeMode: "owned" as const },
    ],
  };
  const draft = draftOf({ ...blank("gitea"), options });
  expect(draft.options.branches).toEqual({ "a/*": "release" });
  expect(draft.options.mergeModes).toEqual([{ specPath: ["teams/**"], mergeMode: "merge" }]);
});

test("groups of options say what they come to", () => {
  expect(SUMMARIES.files(DEFAULTS)).toBe("port.yml and port.yaml on the default branch");
  expect(SUMMARIES.files({ ...DEFAULTS, specPath: ["a.yml"], branch: "main", branches: { x: "y" } })).toBe(
    "a.yml on branch main, others for 1 pattern",
  );
  expect(SUMMARIES.repositories(DEFAULTS)).toBe("All that are in use");
  const filters = { ...DEFAULTS.filters, include: ["acme/*"], topics: ["a", "b"], forks: true };
  expect(SUMMARIES.repositories({ ...DEFAULTS, filters })).toBe("only acme/*, with topic a or b, also forks");
  expect(SUMMARIES.writing({ ...DEFAULTS, blueprints: ["service"], identifierPrefix: "pay-" })).toBe(
    "What git wrote, git removes; 1 blueprint, identifiers from pay-",
  );
  expect(SUMMARIES.deleting({ ...DEFAULTS, entityDeletionThreshold: 0.1 })).toBe(
    "What git created, git deletes; at most 10 % at once",
  );
  expect(SUMMARIES.working(DEFAULTS)).toBe("Every 6 hours; pull requests are checked");
});

test("spans to choose from have the present one", () => {
  expect(spans(3600).map(({ label }) => label)).toContain("Every hour");
  expect(spans(77).some(({ value }) => value === "77")).toBe(true);
});

test("secrets are long and never the same", () => {
  expect(newSecret()).toMatch(/^[0-9a-f]{48}$/);
  expect(newSecret()).not.toBe(newSecret());
});
