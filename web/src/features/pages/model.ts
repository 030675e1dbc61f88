import type { Entity, Json, Query, Rule } from "@/api/model";
import type { Sort } from "@/ui/grid/model";
import { valueText } from "@/ui/value/property-value";
import { type Field, heldBy, isSortable } from "./fields";

/** How a table is arranged: what a saved view keeps. */
export interface Arrangement {
  /** Fields in order, each with its width when somebody changed it: `tier`, `tier~140`. */
  columns?: string[];
  /** `tier` or `-tier`; empty for the order of creation. */
  sort?: string;
  /** A field; empty for none. */
  group?: string;
  filter?: Query;
  compact?: boolean;
}

/** What the address of a table says: an arrangement over that of the view it names. */
export interface TableSearch extends Arrangement {
  q?: string;
  view?: string;
}

export const NO_FILTER: Query = { combinator: "and", rules: [] };

const KEYS = ["columns", "sort", "group", "filter", "compact"] as const;

function isQuery(value: unknown): value is Query {
  const query = value as Query | null;
  return typeof query === "object" && query !== null && Array.isArray(query.rules);
}

/** What is usable of search parameters that anybody may have typed. */
export function readSearch(search: Record<string, unknown>): TableSearch {
  const text = (value: unknown) =>
    typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;
  const { columns, filter, compact } = search;
  const wanted = typeof columns === "string" ? columns.split(",") : columns;
  return {
    q: text(search.q),
    view: text(search.view),
    sort: text(search.sort),
    group: text(search.group),
    columns: Array.isArray(wanted) ? wanted.filter((each) => typeof each === "string" && each !== "") : undefined,
    filter: isQuery(filter) ? filter : undefined,
    compact: typeof compact === "boolean" ? compact : undefined,
  };
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

/** Search parameters for a table: only what differs from the arrangement below it. */
export function writeSearch(search: TableSearch, below: Arrangement): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  if (search.q) written.q = search.q;
  if (search.view) written.view = search.view;
  for (const key of KEYS) {
    const value = search[key];
    if (value === undefined || same(value, below[key]) || (isBlank(value) && isBlank(below[key]))) continue;
    written[key] = key === "columns" ? (value as string[]).join(",") : value;
  }
  return written;
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === "" || value === false || same(value, NO_FILTER);
}

/** The upper arrangement over the lower one. */
export function over(upper: Arrangement, lower: Arrangement): Arrangement {
  const merged: Arrangement = { ...lower };
  for (const key of KEYS) if (upper[key] !== undefined) Object.assign(merged, { [key]: upper[key] });
  return merged;
}

/** Whether something was changed since the view was saved. */
export function isChanged(search: TableSearch, below: Arrangement): boolean {
  return KEYS.some((key) => key in writeSearch(search, below));
}

/** A column as the arrangement spells it. */
export interface ColumnPlace {
  id: string;
  width?: number;
}

export function readColumn(text: string): ColumnPlace {
  const at = text.lastIndexOf("~");
  const width = at < 0 ? Number.NaN : Number(text.slice(at + 1));
  return Number.isFinite(width) && width > 0 ? { id: text.slice(0, at), width } : { id: text };
}

export function writeColumn({ id, width }: ColumnPlace): string {
  return width === undefined ? id : `${id}~${Math.round(width)}`;
}

/** The sort as the grid shows it. */
export function readSort(sort: string | undefined): Sort | null {
  if (!sort) return null;
  return sort.startsWith("-") ? { column: sort.slice(1), order: "desc" } : { column: sort, order: "asc" };
}

export function writeSort(sort: Sort | null): string {
  if (sort === null) return "";
  return sort.order === "desc" ? `-${sort.column}` : sort.column;
}

/** The sort as the API wants it; none when the API cannot sort by that field. */
export function apiSort(sort: Sort | null, fields: Field[]): { property: string; order: "asc" | "desc" } | undefined {
  const field = sort === null ? undefined : fields.find(({ id }) => id === sort.column);
  return sort && field && isSortable(field) ? { property: field.name, order: sort.order } : undefined;
}

/** Spellings of a word that a person may mean: the API tells large letters from small ones. */
export function spellings(word: string): string[] {
  const lower = word.toLowerCase();
  const capital = lower.charAt(0).toUpperCase() + lower.slice(1);
  return [...new Set([word, lower, capital, word.toUpperCase()])];
}

/** What the quick search looks for: in the title and in the identifier. */
export function quickRule(text: string): Rule | undefined {
  const wanted = text.trim();
  if (wanted === "") return undefined;
  const rules = ["$title", "$identifier"].flatMap((property) =>
    spellings(wanted).map((value) => ({ property, operator: "contains", value })),
  );
  return { combinator: "or", rules };
}

/** All that entities of a table have to satisfy. */
export function queryOf(...parts: (Rule | Query | undefined)[]): Query {
  const rules = parts.filter((part): part is Rule => part !== undefined && (part.rules?.length ?? 1) > 0);
  return rules.length === 1 && rules[0]?.rules ? (rules[0] as Query) : { combinator: "and", rules };
}

/** The rule that holds for the entities of a group. */
export function groupRule(field: Field, value: Json): Rule {
  const subject = subjectOf(field);
  if (value === null) return { ...subject, operator: "isEmpty" };
  if (field.kind === "team") return { ...subject, operator: "containsAny", value: [value] };
  const within = field.kind === "array" || field.kind === "relations";
  return { ...subject, operator: within ? "contains" : "=", value };
}

/** A rule's key for the field: `{property}`, `{relation}` or `{scorecard}`. */
export function subjectOf(field: Field): Rule {
  if (field.source === "relation") return { relation: field.name };
  return field.source === "scorecard" ? { scorecard: field.name } : { property: field.name };
}

/** A value as people read it: a relation by its title. */
export function readable(value: Json | undefined): string {
  if (Array.isArray(value)) return value.map(readable).join(", ");
  if (typeof value === "object" && value !== null && typeof value.identifier === "string") {
    return String(value.title || value.identifier);
  }
  return valueText(value);
}

function cell(value: Json | undefined): string {
  const text = readable(value);
  // a spreadsheet would run what begins like a formula
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Entities as comma-separated values (RFC 4180), the identifier first. */
export function csvOf(entities: Entity[], fields: Field[]): string {
  const shown = fields.filter(({ id }) => id !== "$identifier");
  const head = ["Identifier", ...shown.map(({ title }) => title)].map(cell);
  const lines = entities.map((entity) => [
    cell(entity.identifier),
    ...shown.map((field) => cell(heldBy(entity, field))),
  ]);
  return [head, ...lines].map((line) => `${line.join(",")}\r\n`).join("");
}
