import type { Json, Query, Rule } from "@/api/model";
import type { Field } from "../fields";
import { readable, subjectOf } from "../model";

/** What an operator wants to be compared with. */
export type Wants = "none" | "one" | "many" | "range" | "teams";

export interface Operator {
  id: string;
  label: string;
  wants: Wants;
}

const op = (id: string, label: string, wants: Wants = "one"): Operator => ({ id, label, wants });
const EMPTY = [op("isEmpty", "is empty", "none"), op("isNotEmpty", "is not empty", "none")];
const EQUAL = [op("=", "is"), op("!=", "is not")];
const AMONG = [op("in", "is one of", "many"), op("notIn", "is none of", "many")];
const WITHIN = [op("contains", "contains"), op("doesNotContains", "does not contain")];
const TEXT = [
  ...EQUAL,
  ...WITHIN,
  op("beginsWith", "begins with"),
  op("doesNotBeginsWith", "does not begin with"),
  op("endsWith", "ends with"),
  op("doesNotEndsWith", "does not end with"),
  ...AMONG,
  ...EMPTY,
];
const ORDER = [op("<", "is less than"), op("<=", "is at most"), op(">", "is greater than"), op(">=", "is at least")];
const TIME = [
  op("between", "is within", "range"),
  op("notBetween", "is not within", "range"),
  op("<", "is before"),
  op(">", "is after"),
  ...EMPTY,
];

const OPERATORS: Record<Field["kind"], Operator[]> = {
  text: TEXT,
  user: TEXT,
  enum: [...EQUAL, ...AMONG, ...EMPTY],
  number: [op("=", "equals"), op("!=", "does not equal"), ...ORDER, ...AMONG, ...EMPTY],
  boolean: [op("=", "is"), ...EMPTY],
  date: TIME,
  timer: [op("isExpired", "has expired", "none"), op("isNotExpired", "has not expired", "none"), ...TIME],
  array: [...WITHIN, op("containsAny", "contains one of", "many"), ...EMPTY],
  object: EMPTY,
  team: [op("containsAny", "is one of", "many"), op("in", "is one of mine", "teams"), ...EMPTY],
  relation: [...EQUAL, ...AMONG, ...EMPTY],
  relations: [...WITHIN, op("containsAny", "contains one of", "many"), ...EMPTY],
  scorecard: [...EQUAL, ...AMONG],
};

/** The operators that say something about a field. */
export function operatorsOf(field: Field): Operator[] {
  return OPERATORS[field.kind];
}

/** What compares in a rule, as the operator's list knows it. */
export function operatorOf(field: Field, rule: Rule): Operator | undefined {
  return operatorsOf(field).find(({ id }) => id === rule.operator);
}

/** The field that a rule is about; none for rules of other forms, which stay as they are. */
export function fieldOf(rule: Rule, fields: Field[]): Field | undefined {
  if (rule.operator === "relatedTo" || rule.operator === "matchAny" || rule.scorecardRule !== undefined)
    return undefined;
  if (typeof rule.relation === "string") return fields.find(({ id }) => id === `relation:${rule.relation}`);
  if (typeof rule.scorecard === "string") return fields.find(({ id }) => id === `scorecard:${rule.scorecard}`);
  if (typeof rule.property !== "string") return undefined;
  return (
    fields.find(({ id }) => id === rule.property) ??
    fields.find(({ id }) => id === `relation:${rule.property as string}`)
  );
}

/** A rule about a field with the first of its operators and nothing to compare with yet. */
export function freshRule(field: Field): Rule {
  return changedOperator(field, { ...subjectOf(field) }, operatorsOf(field)[0] as Operator);
}

/** The rule with another operator; what it compares with stays if it still fits. */
export function changedOperator(field: Field, rule: Rule, operator: Operator): Rule {
  const bare: Rule = { ...subjectOf(field), operator: operator.id };
  switch (operator.wants) {
    case "none":
      return bare;
    case "teams":
      return { ...bare, value: "My Teams" };
    case "range":
      return { ...bare, value: isRange(rule.value) ? rule.value : { preset: "lastWeek" } };
    case "many":
      return { ...bare, value: Array.isArray(rule.value) ? rule.value : isSingle(rule.value) ? [rule.value] : [] };
    case "one": {
      if (field.kind === "boolean") return { ...bare, value: typeof rule.value === "boolean" ? rule.value : true };
      const first = Array.isArray(rule.value) ? rule.value[0] : rule.value;
      return isSingle(first) ? { ...bare, value: first } : bare;
    }
  }
}

function isSingle(value: Json | undefined): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function isRange(value: Json | undefined): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && ("preset" in value || "from" in value);
}

/** Whether a rule says everything that it has to. */
export function isWhole(rule: Rule, fields: Field[]): boolean {
  if (rule.rules !== undefined) return rule.rules.every((each) => isWhole(each, fields));
  const field = fieldOf(rule, fields);
  const wants = field && operatorOf(field, rule)?.wants;
  if (wants === "many") return Array.isArray(rule.value) && rule.value.length > 0;
  if (wants === "one") return rule.value !== undefined && rule.value !== "";
  return rule.operator !== undefined;
}

/** The query without rules that are not filled in yet, and without groups that are empty for that. */
export function whole(query: Query, fields: Field[]): Query {
  const rules = query.rules.flatMap((rule): Rule[] => {
    if (rule.rules === undefined) return isWhole(rule, fields) ? [rule] : [];
    const inner = whole(rule as Query, fields);
    return inner.rules.length === 0 ? [] : [inner as unknown as Rule];
  });
  return { combinator: query.combinator, rules };
}

/** How many conditions a query has. */
export function countOf(query: Query | Rule | undefined): number {
  return (query?.rules ?? []).reduce((sum, rule) => sum + (rule.rules === undefined ? 1 : countOf(rule)), 0);
}

export const PRESETS: { value: string; label: string }[] = [
  { value: "today", label: "today" },
  { value: "yesterday", label: "yesterday" },
  { value: "tomorrow", label: "tomorrow" },
  { value: "lastDay", label: "the last 24 hours" },
  { value: "lastWeek", label: "the last 7 days" },
  { value: "last2Weeks", label: "the last 14 days" },
  { value: "lastMonth", label: "the last 30 days" },
  { value: "last3Months", label: "the last 90 days" },
  { value: "last6Months", label: "the last 180 days" },
  { value: "last12Months", label: "the last 365 days" },
  { value: "nextDay", label: "the next 24 hours" },
  { value: "nextWeek", label: "the next 7 days" },
  { value: "next2Weeks", label: "the next 14 days" },
  { value: "nextMonth", label: "the next 30 days" },
  { value: "next3Months", label: "the next 90 days" },
  { value: "next12Months", label: "the next 365 days" },
];

function comparedWith(value: Json | undefined): string {
  if (value === undefined) return "…";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    if (value.context === "user") return "me";
    if (typeof value.preset === "string") {
      return PRESETS.find((each) => each.value === value.preset)?.label ?? value.preset;
    }
    if (value.from !== undefined) return `${dayOf(value.from)} to ${dayOf(value.to)}`;
  }
  return readable(value);
}

function dayOf(instant: Json | undefined): string {
  return typeof instant === "string" ? instant.slice(0, 10) : "…";
}

/** A rule in words. */
export function describe(rule: Rule, fields: Field[]): string {
  if (rule.rules !== undefined) {
    const joined = rule.rules.map((each) => describe(each, fields)).join(rule.combinator === "or" ? " or " : " and ");
    return rule.rules.length > 1 ? `(${joined})` : joined;
  }
  if (rule.operator === "relatedTo") return `related to ${comparedWith(rule.value)}`;
  const field = fieldOf(rule, fields);
  const subject = field?.title ?? String(rule.property ?? rule.relation ?? rule.scorecard ?? "");
  const operator = field && operatorOf(field, rule);
  if (operator?.wants === "none" || operator?.wants === "teams") return `${subject} ${operator.label}`;
  return `${subject} ${operator?.label ?? rule.operator} ${comparedWith(rule.value)}`;
}
