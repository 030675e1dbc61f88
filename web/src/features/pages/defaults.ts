import type { Json, JsonObject, Query } from "@/api/model";
import type { Page } from "./api";
import { type Field, usualColumns } from "./fields";
import { type Arrangement, readColumn, readSort } from "./model";

function object(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function names(value: Json | undefined): string[] {
  return list(value).filter((each): each is string => typeof each === "string");
}

/** The table among the widgets of a page. */
function tableOf(page: Page): JsonObject {
  return object((page.widgets ?? []).find(({ type }) => type === "table-entities-explorer"));
}

/** A field by the name that page definitions use for it: relations by their own. */
function fieldNamed(name: string, fields: Field[]): Field | undefined {
  return fields.find(({ id }) => id === name) ?? fields.find((field) => field.name === name);
}

/**
 * The arrangement that a page itself asks for: the settings of its table as clients of the API write them
 * (`blueprintConfig.<blueprint>` with `propertiesSettings`, `sortSettings`, `groupSettings`, `filterSettings`).
 */
export function arrangementOf(page: Page, fields: Field[]): Arrangement {
  const config = object(object(tableOf(page).blueprintConfig)[page.blueprint ?? ""]);
  const settings = object(config.propertiesSettings);
  const ids = (value: Json | undefined) => names(value).flatMap((name) => fieldNamed(name, fields)?.id ?? []);
  const shown = ids(settings.shown);
  const hidden = new Set(ids(settings.hidden));
  const order = ids(settings.order);
  const columns = shown.length > 0 ? shown : usualColumns(fields).filter((id) => !hidden.has(id));
  const place = (id: string) => (order.includes(id) ? order.indexOf(id) : order.length);
  const sorted = [...columns].sort((one, other) => place(one) - place(other));
  const sort = object(list(object(config.sortSettings).sortBy)[0]);
  const group = names(object(config.groupSettings).groupBy)[0];
  const sortField = typeof sort.property === "string" ? fieldNamed(sort.property, fields) : undefined;
  return {
    columns: order.length > 0 ? sorted : columns,
    sort: sortField ? `${sort.order === "desc" ? "-" : ""}${sortField.id}` : "",
    group: group === undefined ? "" : (fieldNamed(group, fields)?.id ?? ""),
    filter: queryIn(object(config.filterSettings).filterBy) ?? { combinator: "and", rules: [] },
    compact: false,
  };
}

/** The entities that a page is about at all, beside what people filter. */
export function baseOf(page: Page): Query | undefined {
  const table = tableOf(page);
  return queryIn(table.dataset) ?? queryIn(table.query);
}

function queryIn(value: Json | undefined): Query | undefined {
  const query = object(value);
  return Array.isArray(query.rules) ? (query as unknown as Query) : undefined;
}

/** The widgets of a page whose table asks for this arrangement, in the words of {@link arrangementOf}. */
export function withArrangement(page: Page, { columns, sort, group, filter }: Arrangement): JsonObject[] {
  const blueprint = page.blueprint ?? "";
  const bare = (columns ?? []).map((column) => readColumn(column).id);
  const order = readSort(sort);
  const config = {
    propertiesSettings: { shown: bare, order: bare },
    sortSettings: { sortBy: order ? [{ property: order.column, order: order.order }] : [] },
    groupSettings: { groupBy: group ? [group] : [] },
    filterSettings: { filterBy: (filter ?? { combinator: "and", rules: [] }) as unknown as Json },
  };
  const write = (widget: JsonObject): JsonObject => ({
    ...widget,
    blueprintConfig: { ...object(widget.blueprintConfig), [blueprint]: config },
  });
  const widgets = page.widgets ?? [];
  if (!widgets.some(({ type }) => type === "table-entities-explorer")) {
    return [...widgets, write({ id: `${blueprint}-table`, type: "table-entities-explorer", blueprint })];
  }
  return widgets.map((widget) => (widget.type === "table-entities-explorer" ? write(widget) : widget));
}
