import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/api/client";
import {
  actionsGet,
  actionsListAll,
  actionsOffersOf,
  actionsPermissions,
  actionsResolve,
  runsGet,
  runsStart,
  workflowRunsForm,
  workflowRunsNodeForm,
  workflowRunsOffers,
  workflowRunsRespond,
  workflowRunsStart,
} from "@/api/generated";
import type { Json, JsonObject, Query, Run, Stamps } from "@/api/model";

export type Operation = "CREATE" | "DAY-2" | "DELETE";

/** Who approves: users, roles, teams, owners, or a policy. */
export interface Grants {
  users?: string[];
  roles?: string[];
  teams?: string[];
  ownedByTeam?: boolean;
  policy?: JsonObject | null;
}

export interface Approval {
  type: "ANY" | "ALL";
  quorum?: number;
  expiresInSeconds?: number;
  allowSelfApproval?: boolean;
}

export interface Action extends Stamps {
  identifier: string;
  title?: string | null;
  icon?: string | null;
  description?: string | null;
  trigger: {
    type: string;
    operation: Operation;
    blueprintIdentifier?: string;
    condition?: Query;
    actionCardButtonText?: string;
    executeActionButtonText?: string;
    userInputs: { properties: Record<string, JsonObject> };
  };
  invocationMethod: JsonObject & { type: string };
  requiredApproval?: boolean | Approval;
  publish?: boolean;
}

export interface Offer {
  action: string;
  allowed: boolean;
  reason: string;
}

export interface WorkflowOffer {
  workflow: string;
  trigger: string;
  triggerTitle: string | null;
  title: string | null;
  description: string | null;
  category: string | null;
  blueprint: string | null;
  allowed: boolean;
  reason: string;
}

export interface InputError {
  input: string;
  path: string;
  message: string;
  expected: string;
}

/** An input with its definition worked out for the values given so far. */
export interface FormInput {
  identifier: string;
  title: string;
  description?: string;
  type: "string" | "number" | "boolean" | "object" | "array";
  format?: string;
  blueprint?: string;
  enum?: Json[];
  enumColors?: Record<string, string>;
  items?: { type?: string; format?: string; enum?: Json[]; blueprint?: string; enumColors?: Record<string, string> };
  encryption?: string | { algorithm: string; key: string };
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxLength?: number;
  dataset?: Query | null;
  sort?: { property: string; order?: string };
  search?: { path: string } | null;
  entities?: { identifier: string; title: string | null; blueprint: string }[];
  visible: boolean;
  disabled: boolean;
  required: boolean;
  default: Json;
  value: Json;
  given: boolean;
  waitsFor: string[];
  problems: { key: string; message: string }[];
  errors: InputError[];
}

export type FormItem =
  | { kind: "input"; identifier: string }
  | { kind: "title"; identifier: string; title: string; description?: string; visible: boolean };

export interface FormStep {
  title: string | null;
  visible: boolean;
  items: FormItem[];
}

export interface Form {
  title: string;
  operation: Operation;
  blueprint: string | null;
  entity: string | null;
  offered: boolean;
  steps: FormStep[];
  order: string[];
  inputs: Record<string, FormInput>;
  errors: Record<string, InputError[]>;
  missing: string[];
  problems: { key: string; message: string }[];
}

export type Values = Record<string, Json>;

/** What a form belongs to: an action, a trigger of a workflow, or a node of a workflow run that waits for input. */
export type Subject =
  | { kind: "action"; identifier: string }
  | { kind: "workflow"; identifier: string; trigger: string }
  | { kind: "node"; identifier: string };

export const actionsQuery = queryOptions({
  queryKey: ["self-service", "actions"],
  queryFn: () =>
    call<{ actions: Action[] }>(
      actionsListAll({ query: { trigger_type: "self-service", published: true, version: "v2" } }),
    ).then(({ actions }) => actions),
  staleTime: 30_000,
});

export const offersQuery = queryOptions({
  queryKey: ["self-service", "offers"],
  queryFn: () => call<{ offers: Offer[] }>(actionsOffersOf()).then(({ offers }) => offers),
  staleTime: 30_000,
});

export const workflowOffersQuery = queryOptions({
  queryKey: ["self-service", "workflows"],
  queryFn: () => call<{ offers: WorkflowOffer[] }>(workflowRunsOffers()).then(({ offers }) => offers),
  staleTime: 30_000,
});

export const actionQuery = (action: string) =>
  queryOptions({
    queryKey: ["action", action],
    queryFn: () => call<{ action: Action }>(actionsGet({ path: { action } })).then(({ action }) => action),
    staleTime: 30_000,
  });

export const approversQuery = (action: string) =>
  queryOptions({
    queryKey: ["action", action, "permissions"],
    queryFn: () =>
      call<{ permissions: { approve?: Grants } }>(actionsPermissions({ path: { action } })).then(
        ({ permissions }) => permissions.approve ?? {},
      ),
    staleTime: 60_000,
  });

function asked(subject: Subject, form: Values, entity: string | null) {
  const about = entity === null ? {} : { entity };
  const { identifier } = subject;
  switch (subject.kind) {
    case "action":
      return actionsResolve({ path: { identifier }, body: { form, ...about } });
    case "workflow":
      return workflowRunsForm({ path: { identifier }, body: { form, trigger: subject.trigger, ...about } });
    default:
      return workflowRunsNodeForm({ path: { identifier }, body: { form } });
  }
}

/** Asks the portal for the form as it is for these values. */
export async function resolve(subject: Subject, form: Values, entity: string | null): Promise<Form> {
  return (await call<{ form: Form }>(asked(subject, form, entity))).form;
}

/** The form for the values given so far. What people type is not kept once nobody looks at it: it may be secret. */
export const formQuery = (subject: Subject, values: Values, entity: string | null) =>
  queryOptions({
    queryKey: ["form", subject, entity, values],
    queryFn: () => resolve(subject, values, entity),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    placeholderData: (before) => before,
  });

export const formerRunQuery = (run: string) =>
  queryOptions({
    queryKey: ["run", run],
    queryFn: () => call<{ run: Run }>(runsGet({ path: { run_id: run } })).then(({ run }) => run),
  });

interface Sent {
  values: Values;
  entity: string | null;
  /** Of a node that waits for input: what was pressed. */
  button?: string;
}

/** Starts a run of an action; its id. */
export async function startAction(action: string, properties: Values, entity: string | null): Promise<string> {
  const body = { properties, ...(entity === null ? {} : { entity }) };
  return (await call<{ run: { id: string } }>(runsStart({ path: { action }, body }))).run.id;
}

async function send(subject: Subject, { values, entity, button }: Sent): Promise<string> {
  const { identifier } = subject;
  switch (subject.kind) {
    case "action":
      return startAction(identifier, values, entity);
    case "workflow": {
      const about = entity === null ? {} : { entity };
      const body = { inputs: values, trigger: subject.trigger, ...about };
      return (await call<{ run: { id: string } }>(workflowRunsStart({ path: { identifier }, body }))).run.id;
    }
    default: {
      await call(workflowRunsRespond({ path: { identifier }, body: { inputs: values, button } }));
      return identifier;
    }
  }
}

/** Starts a run, or answers a node that waits for input; what is wrong with the values is shown in the form. */
export function useStart(subject: Subject) {
  const queries = useQueryClient();
  return useMutation({
    meta: { silent: true },
    mutationFn: (sent: Sent) => send(subject, sent),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["runs"] });
      void queries.invalidateQueries({ queryKey: ["workflow-run"] });
    },
  });
}
