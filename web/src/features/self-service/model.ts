import type { Blueprint, Json, JsonObject } from "@/api/model";
import type {
  Action,
  Approval,
  Form,
  FormInput,
  Grants,
  Offer,
  Operation,
  Subject,
  Values,
  WorkflowOffer,
} from "./api";

/** Something that can be run, as the hub shows it. */
export interface Card {
  key: string;
  subject: Subject;
  title: string;
  description: string;
  operation: Operation | "WORKFLOW";
  blueprint: string | null;
  group: string;
  allowed: boolean;
  reason: string;
  approval: boolean;
  button: string;
}

const WORDS: Record<Card["operation"], string> = {
  CREATE: "Create",
  "DAY-2": "Day-2",
  DELETE: "Delete",
  WORKFLOW: "Workflow",
};

/** The word for what an action does. */
export const operationWord = (operation: Card["operation"]): string => WORDS[operation] ?? operation;

const ELSEWHERE = "General";

/** Actions and triggers of workflows as cards, those of the same group together, each group by title. */
export function cardsOf(
  actions: Action[],
  offers: Offer[],
  workflows: WorkflowOffer[],
  blueprints: Map<string, Blueprint>,
): Card[] {
  const decided = new Map(offers.map((offer) => [offer.action, offer]));
  const titleOf = (blueprint: string | null | undefined) =>
    blueprint ? blueprints.get(blueprint)?.title || blueprint : ELSEWHERE;
  const cards = actions.map((action): Card => {
    const { operation, blueprintIdentifier, actionCardButtonText } = action.trigger;
    const offer = decided.get(action.identifier);
    return {
      key: action.identifier,
      subject: { kind: "action", identifier: action.identifier },
      title: action.title || action.identifier,
      description: action.description ?? "",
      operation,
      blueprint: blueprintIdentifier ?? null,
      group: titleOf(blueprintIdentifier),
      allowed: offer?.allowed ?? true,
      reason: offer?.reason ?? "",
      approval: approvalOf(action.requiredApproval) !== null,
      button: actionCardButtonText || "Run",
    };
  });
  const pressed = workflows.map(
    (offer): Card => ({
      key: `workflow:${offer.workflow}:${offer.trigger}`,
      subject: { kind: "workflow", identifier: offer.workflow, trigger: offer.trigger },
      title: offer.title || offer.workflow,
      description: offer.description ?? "",
      operation: "WORKFLOW",
      blueprint: offer.blueprint,
      group: offer.category || titleOf(offer.blueprint),
      allowed: offer.allowed,
      reason: offer.reason,
      approval: false,
      button: "Run",
    }),
  );
  return [...cards, ...pressed].sort(
    (a, b) =>
      Number(a.group === ELSEWHERE) - Number(b.group === ELSEWHERE) ||
      compare(a.group, b.group) ||
      compare(a.title, b.title),
  );
}

const compare = (a: string, b: string) => a.localeCompare(b);

export interface HubFilter {
  q?: string;
  blueprint?: string;
  kind?: string;
  mine?: boolean;
}

/** The cards that a filter leaves. */
export function filtered(cards: Card[], { q = "", blueprint, kind, mine }: HubFilter): Card[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return cards.filter((card) => {
    const text = `${card.title} ${card.subject.identifier} ${card.description} ${card.group}`.toLowerCase();
    return (
      words.every((word) => text.includes(word)) &&
      (!blueprint || card.blueprint === blueprint) &&
      (!kind || card.operation === kind) &&
      (!mine || card.allowed)
    );
  });
}

/** Cards by group, in their order. */
export function grouped(cards: Card[]): [string, Card[]][] {
  const groups = new Map<string, Card[]>();
  for (const card of cards) groups.set(card.group, [...(groups.get(card.group) ?? []), card]);
  return [...groups];
}

/** The address of a form. */
export function formPath(subject: Subject): string {
  return `/self-service/${encodeURIComponent(subject.identifier)}`;
}

/** What the address of a form holds beside the identifier. */
export function formSearch(subject: Subject): Record<string, string> {
  return subject.kind === "workflow" ? { trigger: subject.trigger } : {};
}

/** `requiredApproval` in its long form; null when none is required. */
export function approvalOf(required: boolean | Approval | undefined | null): Approval | null {
  if (!required) return null;
  return required === true ? { type: "ANY" } : required;
}

/** How many have to approve, in words. */
export function approvalText(approval: Approval): string {
  if (approval.type === "ALL") return "All approvers have to approve";
  const quorum = approval.quorum ?? 1;
  return quorum === 1 ? "One approver has to approve" : `${quorum} approvers have to approve`;
}

/** Who may approve, in words; empty when the permission names nobody. */
export function approverNames(grants: Grants): string[] {
  return [
    ...(grants.users ?? []),
    ...(grants.roles ?? []).map((role) => (role.endsWith("s") ? role : `${role}s`)),
    ...(grants.teams ?? []).map((team) => `team ${team}`),
    ...(grants.ownedByTeam ? ["the owning team"] : []),
    ...(grants.policy ? ["whom its policy names"] : []),
  ];
}

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value ?? ""));

/** What the portal does when an action is run, in a sentence. Templates are shown as they are. */
export function callText(invocation: JsonObject & { type: string }): string {
  switch (invocation.type) {
    case "WEBHOOK": {
      const through = invocation.agent === true || invocation.agent === "true" ? " through the execution agent" : "";
      return `Calls ${text(invocation.method || "POST")} ${text(invocation.url)}${through}`;
    }
    case "KAFKA":
      return "Sends a message to the runs topic of Kafka";
    case "GITHUB":
      return `Starts the workflow ${text(invocation.workflow)} of ${text(invocation.org)}/${text(invocation.repo)} on GitHub`;
    case "GITLAB":
      return `Starts a pipeline of ${text(invocation.groupName)}/${text(invocation.projectName)} on GitLab through the execution agent`;
    case "AZURE_DEVOPS":
      return `Calls the incoming webhook ${text(invocation.webhook)} of ${text(invocation.org)} on Azure DevOps`;
    case "UPSERT_ENTITY":
      return `Creates or changes an entity of ${text(invocation.blueprintIdentifier)}`;
    case "INTEGRATION_ACTION":
      return `Has the integration ${text(invocation.installationId)} start it`;
    default:
      return `Runs ${invocation.type}`;
  }
}

/** Whether an input holds a secret: its value is never drawn, kept or copied. */
export const isSecret = (input: FormInput): boolean => input.encryption !== undefined;

/** The value that a field shows: what was typed, or what the portal worked out. */
export function shownValue(values: Values, input: FormInput): Json {
  return input.identifier in values ? (values[input.identifier] ?? null) : (input.value ?? null);
}

/** The values after a field was changed; `undefined` empties it, also where there is a default. */
export function changed(values: Values, input: FormInput, value: Json | undefined): Values {
  if (value !== undefined) return { ...values, [input.identifier]: value };
  if (input.default !== null && input.default !== undefined) return { ...values, [input.identifier]: null };
  const { [input.identifier]: _gone, ...rest } = values;
  return rest;
}

/** What may be kept of a draft: no secrets. */
export function withoutSecrets(values: Values, form: Form): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => {
      const input = form.inputs[name];
      return input !== undefined && !isSecret(input);
    }),
  );
}

export interface ReviewRow {
  name: string;
  title: string;
  value: string;
  isDefault: boolean;
}

const MASK = "••••••";

/** What will be sent, input by input; secrets masked, entities by title. */
export function reviewOf(form: Form, values: Values): ReviewRow[] {
  return form.order.flatMap((name) => {
    const input = form.inputs[name];
    if (input === undefined || !input.visible) return [];
    const value = shownValue(values, input);
    if (value === null || value === "") return [];
    const titles = new Map((input.entities ?? []).map((each) => [each.identifier, each.title || each.identifier]));
    const one = (each: Json): string => (typeof each === "string" ? (titles.get(each) ?? each) : text(each));
    const words = Array.isArray(value)
      ? value.map(one).join(", ")
      : typeof value === "boolean"
        ? value
          ? "Yes"
          : "No"
        : one(value);
    return [{ name, title: input.title, value: isSecret(input) ? MASK : words, isDefault: !(name in values) }];
  });
}

/** The same as a call of the API, to be put into a script; secrets are left to whoever runs it. */
export function asCurl(base: string, subject: Subject, form: Form, values: Values, entity: string | null): string {
  const sent = Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const input = form.inputs[name];
      return [name, input && isSecret(input) ? `<${name}>` : value];
    }),
  );
  const about = entity === null ? {} : { entity };
  const [path, body] =
    subject.kind !== "workflow"
      ? [`/v1/actions/${encodeURIComponent(subject.identifier)}/runs`, { properties: sent, ...about }]
      : [
          `/v1/fairway/workflows/${encodeURIComponent(subject.identifier)}/runs`,
          { inputs: sent, trigger: subject.trigger, ...about },
        ];
  const quoted = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return [
    `curl -X POST '${base}${path}' \\`,
    `  -H "Authorization: Bearer $TOKEN" \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '${quoted}'`,
  ].join("\n");
}

interface Refusal {
  errors?: { input?: string; message?: string }[];
}

/** What the portal said against single inputs, and what it said against none of those that are shown. */
export function refusalsOf(details: unknown, form: Form): { inputs: Record<string, string>; others: string[] } {
  const inputs: Record<string, string> = {};
  const others: string[] = [];
  for (const { input = "", message = "" } of (details as Refusal | undefined)?.errors ?? []) {
    if (form.inputs[input]?.visible) inputs[input] ??= message;
    else if (message) others.push(message);
  }
  return { inputs, others };
}

/** The number of the first visible step that holds one of these inputs; 0 when none does. */
export function stepOf(form: Form, names: Iterable<string>): number {
  const wanted = new Set(names);
  const at = form.steps
    .filter((step) => step.visible)
    .findIndex((step) => step.items.some((item) => item.kind === "input" && wanted.has(item.identifier)));
  return Math.max(at, 0);
}
