import type { Diagnostic, Figures, Kind, Pass, Problems, RepositoryDetails, Source, SpecFile } from "./api";

/** The address of a source's page. */
export function sourcePath(id: string): string {
  return `/sources/gitops/${encodeURIComponent(id)}`;
}

/** The address of one repository's page. */
export function repositoryPath(source: string, repository: string): string {
  return `${sourcePath(source)}/repositories/${encodeURIComponent(repository)}`;
}

export const KIND_NAMES: Record<Kind, string> = {
  github: "GitHub",
  gitlab: "GitLab",
  gitea: "Gitea or Forgejo",
  "bitbucket-server": "Bitbucket Data Center",
  git: "Plain git",
};

/** "1 repository", "1,204 repositories". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

/** Errors and warnings in words; empty when there are none. */
export function problemsText({ errors, warnings }: Problems): string {
  return [errors > 0 && counted(errors, "error"), warnings > 0 && counted(warnings, "warning")]
    .filter(Boolean)
    .join(", ");
}

export interface Tile {
  key: keyof Figures;
  title: string;
  value: number;
  hint: string;
  /** How it is to be taken when it is not zero. */
  tone: "plain" | "good" | "bad" | "wait";
}

const TILES: Omit<Tile, "value">[] = [
  { key: "created", title: "Created", tone: "good", hint: "Entities that were not there before" },
  { key: "updated", title: "Updated", tone: "good", hint: "Entities whose values changed" },
  { key: "unchanged", title: "Unchanged", tone: "plain", hint: "Entities that are as their files say" },
  { key: "cleared", title: "Cleared", tone: "plain", hint: "Entities of others from which git's values were removed" },
  { key: "deleted", title: "Deleted", tone: "bad", hint: "Entities that no file defines any more" },
  { key: "held", title: "Held", tone: "wait", hint: "Deletions that wait for an administrator" },
  { key: "conflicts", title: "Conflicts", tone: "bad", hint: "Definitions of entities that another file defines" },
  { key: "pending", title: "Pending", tone: "wait", hint: "Definitions that wait for something they relate to" },
  { key: "stale", title: "Stale", tone: "bad", hint: "Entities kept at the last good version of their file" },
];

/** The figures of a pass in the order in which they are shown. */
export function tilesOf(figures: Partial<Figures> | null | undefined): Tile[] {
  return TILES.map((tile) => ({ ...tile, value: figures?.[tile.key] ?? 0 }));
}

/** What a pass changed, in one line. */
export function changesText(figures: Partial<Figures> | null | undefined): string {
  const named = (["created", "updated", "cleared", "deleted", "held"] as const)
    .map((key) => [figures?.[key] ?? 0, key] as const)
    .filter(([count]) => count > 0)
    .map(([count, key]) => `${count.toLocaleString()} ${key}`);
  return named.join(", ") || "Nothing changed";
}

/** How far a pass is, from 0 to 100; null while nobody knows how much there is. */
export function progressOf({ repositories, total }: Pass["progress"]): number | null {
  if (!total) return null;
  return Math.min(100, Math.floor((100 * repositories) / total));
}

/** How far a pass is, in words. */
export function progressText({ repositories, total, changed, failed }: Pass["progress"]): string {
  const seen = total
    ? `${repositories.toLocaleString()} of ${counted(total, "repository", "repositories")}`
    : counted(repositories, "repository", "repositories");
  return [seen, `${changed.toLocaleString()} changed`, failed > 0 && `${failed.toLocaleString()} failed`]
    .filter(Boolean)
    .join(" · ");
}

const PASS_KINDS: Record<string, string> = {
  reconcile: "Full pass",
  full: "Full pass",
  delta: "After a push",
  push: "After a push",
  approve: "Approved plan",
};

/** What kind of pass it was. */
export function passKind(kind: string): string {
  return PASS_KINDS[kind] ?? kind;
}

/** What a colleague who opens the list should do first: the worst thing first. */
export function attentionOf({ enabled, state }: Source): "refused" | "failed" | "held" | "problems" | null {
  if (!enabled) return null;
  if (state.status === "refused" || state.status === "failed") return state.status;
  if (state.heldPlans > 0) return "held";
  return state.problems.errors > 0 ? "problems" : null;
}

/** `port.yml:12:3`. */
export function placeText({ path, line, column }: Pick<Diagnostic, "path" | "line" | "column">): string {
  return `${path}:${line}:${column}`;
}

const WEIGHT: Record<string, number> = { error: 0, warning: 1, notice: 2 };

/** Errors before warnings before notices, in the order of the file. */
export function inOrder(found: readonly Diagnostic[]): Diagnostic[] {
  return [...found].sort(
    (a, b) =>
      (WEIGHT[a.severity] ?? 3) - (WEIGHT[b.severity] ?? 3) ||
      a.path.localeCompare(b.path) ||
      a.line - b.line ||
      a.column - b.column,
  );
}

/** Files of a repository, those with problems first. */
export function filesOf({ files }: RepositoryDetails): SpecFile[] {
  const worst = (file: SpecFile) => Math.min(9, ...file.diagnostics.map(({ severity }) => WEIGHT[severity] ?? 3));
  return [...files].sort((a, b) => worst(a) - worst(b) || a.path.localeCompare(b.path));
}

/** The first characters of a commit's id, as people know it. */
export function shortCommit(commit: string): string {
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit.slice(0, 8) : commit;
}

/** A field of an entity as people call it: without where it stands. */
export function fieldName(field: string): string {
  return field.replace(/^(properties|relations)\./, "");
}

/** A span of seconds as people say it: "6 hours". */
export function spanText(seconds: number): string {
  const steps = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ] as const;
  for (const [unit, size] of steps) {
    if (seconds >= size && seconds % size === 0) return counted(seconds / size, unit);
  }
  return counted(seconds, "second");
}

/** What an administrator is about to agree to, in one sentence. */
export function planText(counts: { delete: number; clear: number }): string {
  const parts = [
    counts.delete > 0 && `delete ${counted(counts.delete, "entity", "entities")}`,
    counts.clear > 0 && `clear git's values from ${counted(counts.clear, "entity", "entities")}`,
  ].filter(Boolean);
  return parts.join(" and ") || "change nothing";
}
