/** Objects of the `/v1` API as the screens use them (contract sections 2, 3, 5, 6, 7, 8, 10). */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Stamps {
  createdAt: string;
  createdBy: string;
  updatedAt: string;
  updatedBy: string;
}

export interface PropertyDefinition {
  type: "string" | "number" | "boolean" | "object" | "array";
  title?: string;
  description?: string;
  icon?: string;
  format?: string;
  spec?: string;
  enum?: Json[];
  enumColors?: Record<string, string>;
  items?: { type?: string; format?: string };
  default?: Json;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
}

export interface RelationDefinition {
  title?: string;
  target: string;
  required: boolean;
  many: boolean;
  description?: string;
}

export interface Blueprint extends Stamps {
  identifier: string;
  title: string;
  icon?: string;
  description?: string;
  schema: { properties: Record<string, PropertyDefinition>; required: string[] };
  relations: Record<string, RelationDefinition>;
  mirrorProperties?: Record<string, { title?: string; path: string }>;
  calculationProperties?: Record<string, PropertyDefinition & { calculation: string }>;
  aggregationProperties?: Record<string, { title?: string; target: string; type?: string }>;
  ownership?: { type: string; path?: string; title?: string };
}

export interface ScorecardResult {
  rules: { identifier: string; status: "SUCCESS" | "FAILURE"; level: string }[];
  level: string;
}

export interface Entity extends Stamps {
  identifier: string;
  title: string | null;
  blueprint: string;
  icon?: string | null;
  team?: string[];
  properties: Record<string, Json>;
  relations: Record<string, Json>;
  scorecards?: Record<string, ScorecardResult>;
}

export interface Rule {
  property?: string;
  relation?: string;
  operator?: string;
  value?: Json;
  combinator?: "and" | "or";
  rules?: Rule[];
  [key: string]: unknown;
}

export interface Query {
  combinator: "and" | "or";
  rules: Rule[];
}

export type RunStatus = "IN_PROGRESS" | "SUCCESS" | "FAILURE" | "WAITING_FOR_APPROVAL" | "DECLINED";

export interface Reference {
  identifier: string;
  title: string | null;
  icon: string | null;
  deleted: boolean;
}

export interface Run {
  id: string;
  status: RunStatus;
  statusLabel: string | null;
  summary: string;
  blueprint: Reference | null;
  entity: Reference | null;
  action: Reference;
  properties: Record<string, Json>;
  rawProperties?: Record<string, Json>;
  source: string;
  link: string[];
  requiredApproval: false | { type: string };
  approval: { description: string | null; userId: string; state: string } | null;
  response: Json;
  payload: JsonObject | null;
  externalRunId: string | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  endedAt: string | null;
}

export interface RunLog {
  id: string;
  runId: string;
  message: string;
  createdBy: string;
  createdAt: string;
}

export interface Session {
  user: {
    id: string;
    kind: string;
    email: string | null;
    roles: string[];
    teams: string[];
    teamNames: string[];
    orgId: string;
    isAdmin: boolean;
  };
  csrfToken: string | null;
}
