import type { Kind, MergeMode, Options, Source, WholeDraft } from "../api";
import { counted, spanText } from "../model";
import { CERTIFICATES, KIND_FORMS, loginOf } from "./kinds";

export type Setting = string | string[] | boolean;

/** What stands in the form. Secrets hold only what was typed; those that are stored stay unless `removed` names them. */
export interface Form {
  title: string;
  kind: Kind;
  url: string;
  login: string;
  settings: Record<string, Setting>;
  secrets: Record<string, string>;
  removed: string[];
  options: Options;
}

/** What the portal takes when nothing is said; a test holds it against the portal. */
export const DEFAULTS: Options = {
  specPath: [],
  branch: null,
  branches: {},
  mergeMode: "owned",
  mergeModes: [],
  createMissingRelatedEntities: true,
  deleteDependentEntities: false,
  entityDeletionThreshold: null,
  enrichEntitiesWithGitopsMetadata: true,
  gitopsMetadataProperty: "gitopsMetadata",
  orphanPolicy: "delete",
  priority: 0,
  blueprints: null,
  identifierPrefix: null,
  yield: false,
  driftRepair: true,
  filters: {
    include: [],
    exclude: [],
    topics: [],
    visibility: [],
    archived: false,
    forks: false,
    mirrors: false,
    disabled: false,
    personal: false,
  },
  reconcileInterval: 21_600,
  deletionGrace: 120,
  validatePullRequests: true,
  concurrency: 16,
};

/** An empty form for a kind of forge. */
export function blank(kind: Kind): Form {
  const { url, logins } = KIND_FORMS[kind];
  return {
    title: "",
    kind,
    url: url.initial,
    login: logins[0]?.id ?? "",
    settings: {},
    secrets: {},
    removed: [],
    options: DEFAULTS,
  };
}

/** The same form for another forge: what was typed of the old one's login and address goes. */
export function asKind(form: Form, kind: Kind): Form {
  return { ...blank(kind), title: form.title, options: form.options };
}

/** A stored source as a form. */
export function formOf(source: Source): Form {
  const settings = Object.entries(source.settings).flatMap(([key, value]) => {
    return value === null ? [] : [[key, value] as const];
  });
  return {
    title: source.title,
    kind: source.kind,
    url: source.url,
    login: loginOf(source.kind, source.secrets),
    settings: Object.fromEntries(settings),
    secrets: {},
    removed: [],
    options: {
      ...DEFAULTS,
      ...source.options,
      filters: { ...DEFAULTS.filters, ...source.options.filters },
    },
  };
}

/** What the portal is told: all of the form, with secrets only where something was typed or taken away. */
export function draftOf(form: Form, stored: Record<string, boolean> = {}): WholeDraft {
  const { scope, logins } = KIND_FORMS[form.kind];
  const login = logins.find(({ id }) => id === form.login) ?? logins[0];
  const asked = [...scope, CERTIFICATES, ...(login?.settings ?? [])].map(({ key }) => key);
  const known = new Set([...asked, ...logins.flatMap((each) => each.settings.map(({ key }) => key))]);
  const settings = [...known].map((key) => [key, asked.includes(key) ? said(form.settings[key]) : null] as const);
  return {
    title: form.title.trim(),
    kind: form.kind,
    url: form.url.trim(),
    settings: Object.fromEntries(settings),
    secrets: secretsOf(form, new Set([...HOOK_SECRETS, ...(login?.secrets ?? []).map(({ key }) => key)]), stored),
    options: optionsOf(form.options),
  };
}

function said(value: Setting | undefined): Setting | null {
  if (value === undefined || value === false) return null;
  const trimmed = typeof value === "string" ? value.trim() : value;
  return trimmed === true || trimmed.length > 0 ? trimmed : null;
}

/** Those of another login go: what is not used should not lie about. */
function secretsOf(form: Form, wanted: Set<string>, stored: Record<string, boolean>): Record<string, string | null> {
  const typed = Object.entries(form.secrets).filter(([key, value]) => value !== "" && wanted.has(key));
  const gone = Object.keys(stored).filter((key) => stored[key] && (!wanted.has(key) || form.removed.includes(key)));
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...Object.fromEntries(typed) };
}

/** Empty lists are the portal's own choice. */
function optionsOf(options: Options): WholeDraft["options"] {
  const { specPath, blueprints } = options;
  return {
    ...options,
    specPath: specPath.length > 0 ? specPath : null,
    blueprints: blueprints !== null && blueprints.length > 0 ? blueprints : null,
    branches: Object.fromEntries(Object.entries(options.branches).filter(([glob, branch]) => glob && branch)),
    mergeModes: options.mergeModes.filter((each) => each.specPath.some(Boolean)),
  };
}

const HOOK_SECRETS = ["webhookSecret", "webhookSecretPrevious"];

export const MERGE_MODES: { value: MergeMode; title: string; text: string }[] = [
  {
    value: "owned",
    title: "What git wrote, git removes",
    text: "A value that is taken out of the file is cleared in the catalog. Values that others wrote stay.",
  },
  {
    value: "merge",
    title: "Only add and change",
    text: "A value that is taken out of the file stays in the catalog until somebody clears it.",
  },
  {
    value: "override",
    title: "The file is everything",
    text: "Whatever the file does not say is cleared, also what people or other sources wrote.",
  },
];

export const VISIBILITIES = ["public", "internal", "private"];

const EVERY = [900, 1800, 3600, 21_600, 43_200, 86_400];

/** Spans to choose from, with the present one among them. */
export function spans(present: number): { value: string; label: string }[] {
  return [...new Set([...EVERY, present])]
    .sort((a, b) => a - b)
    .map((seconds) => ({ value: String(seconds), label: `Every ${spanText(seconds).replace(/^1 /, "")}` }));
}

/** What each group of options comes to, for its headline. */
export const SUMMARIES = {
  files({ specPath, branch, branches }: Options): string {
    const where = specPath.length === 0 ? "port.yml and port.yaml" : specPath.join(", ");
    const others = Object.keys(branches).length;
    const on = branch === null ? "the default branch" : `branch ${branch}`;
    return `${where} on ${on}${others > 0 ? `, others for ${counted(others, "pattern")}` : ""}`;
  },
  repositories({ filters }: Options): string {
    const { include, exclude, topics, visibility } = filters;
    const narrowed = [
      include.length > 0 && `only ${include.join(", ")}`,
      exclude.length > 0 && `without ${exclude.join(", ")}`,
      topics.length > 0 && `with topic ${topics.join(" or ")}`,
      visibility.length > 0 && visibility.join(" or "),
    ].filter(Boolean);
    const more = (["archived", "forks", "mirrors", "disabled", "personal"] as const).filter((key) => filters[key]);
    const extra = more.length > 0 ? `, also ${more.join(", ")}` : "";
    return `${narrowed.join(", ") || "All that are in use"}${extra}`;
  },
  writing({ mergeMode, blueprints, identifierPrefix }: Options): string {
    const mode = MERGE_MODES.find(({ value }) => value === mergeMode)?.title ?? mergeMode;
    const what = blueprints === null ? "any blueprint" : counted(blueprints.length, "blueprint");
    return `${mode}; ${what}${identifierPrefix ? `, identifiers from ${identifierPrefix}` : ""}`;
  },
  deleting({ orphanPolicy, entityDeletionThreshold }: Options): string {
    const policy = orphanPolicy === "keep" ? "Nothing is deleted, only marked" : "What git created, git deletes";
    const limit = entityDeletionThreshold;
    return limit === null ? policy : `${policy}; at most ${Math.round(limit * 100)} % at once`;
  },
  working({ reconcileInterval, validatePullRequests }: Options): string {
    const every = `Every ${spanText(reconcileInterval).replace(/^1 /, "")}`;
    return `${every}; pull requests are ${validatePullRequests ? "checked" : "not checked"}`;
  },
};

/** A secret for webhooks that nobody guesses. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
