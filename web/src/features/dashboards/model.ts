import type { Json, JsonObject, Query, Rule } from "@/api/model";

/** A widget as pages hold it; everything but its type is its own affair (contract 10.5). */
export interface Widget {
  id: string;
  type: string;
  title?: string;
  description?: string;
  [key: string]: Json | undefined;
}

export interface Row {
  height: number;
  columns: { id: string; size: number }[];
}

export interface Board {
  /** The dashboard widget's own id; none when the page lists its widgets without one. */
  id: string | null;
  layout: Row[];
  widgets: Widget[];
}

export const COLUMNS = 12;
const HEIGHT = 360;

/** Rows for widgets that no row has: each gets one of its own. */
function complete(layout: Row[], widgets: Widget[]): Row[] {
  const ids = new Set(widgets.map(({ id }) => id));
  const rows = layout
    .map((row) => ({ ...row, columns: row.columns.filter(({ id }) => ids.has(id)) }))
    .filter((row) => row.columns.length > 0);
  const placed = new Set(rows.flatMap((row) => row.columns.map(({ id }) => id)));
  const rest = widgets.filter(({ id }) => !placed.has(id));
  return [...rows, ...rest.map(({ id }) => ({ height: HEIGHT, columns: [{ id, size: COLUMNS }] }))];
}

/** The dashboard of a page's widgets: the first dashboard widget, or all of them below each other. */
export function boardOf(widgets: JsonObject[] | undefined): Board {
  const all = (widgets ?? []) as unknown as Widget[];
  const found = all.find(({ type }) => type === "dashboard-widget");
  if (found === undefined) {
    const named = all.map((widget, at) => ({ ...widget, id: widget.id ?? `widget-${at}` }));
    return { id: null, layout: complete([], named), widgets: named };
  }
  const inner = ((found.widgets ?? []) as unknown as Widget[]).filter(({ id }) => typeof id === "string");
  return { id: found.id, layout: complete((found.layout ?? []) as unknown as Row[], inner), widgets: inner };
}

/** The page's widgets with a changed board. */
export function widgetsOf(before: JsonObject[] | undefined, board: Board): JsonObject[] {
  const dashboard = { layout: board.layout, widgets: board.widgets } as unknown as JsonObject;
  const all = before ?? [];
  if (board.id === null && !all.some(({ type }) => type === "dashboard-widget")) {
    return [{ id: "dashboard", type: "dashboard-widget", ...dashboard }];
  }
  return all.map((widget) => (widget.type === "dashboard-widget" ? { ...widget, ...dashboard } : widget));
}

function placeOf(layout: Row[], id: string): [number, number] {
  const row = layout.findIndex(({ columns }) => columns.some((column) => column.id === id));
  return [row, layout[row]?.columns.findIndex((column) => column.id === id) ?? -1];
}

/** Sizes that fill a row evenly. */
function even(columns: Row["columns"]): Row["columns"] {
  const size = Math.max(1, Math.floor(COLUMNS / columns.length));
  return columns.map((column, at) => ({
    ...column,
    size: at === columns.length - 1 ? COLUMNS - size * (columns.length - 1) : size,
  }));
}

export type Move = "left" | "right" | "up" | "down";

/** The board with a widget one place further; as it was when there is no such place. */
export function moved(board: Board, id: string, move: Move): Board {
  const [row, column] = placeOf(board.layout, id);
  const here = board.layout[row];
  const moving = here?.columns[column];
  if (here === undefined || moving === undefined) return board;
  const layout = board.layout.map((each) => ({ ...each, columns: [...each.columns] }));
  if (move === "left" || move === "right") {
    const to = column + (move === "left" ? -1 : 1);
    if (to < 0 || to >= here.columns.length) return board;
    const columns = layout[row]?.columns ?? [];
    columns.splice(column, 1);
    columns.splice(to, 0, moving);
    return { ...board, layout };
  }
  return { ...board, layout: movedRow(layout, row, column, moving, move === "up" ? -1 : 1) };
}

function movedRow(layout: Row[], row: number, column: number, moving: Row["columns"][number], by: number): Row[] {
  const here = layout[row];
  if (here === undefined) return layout;
  const alone = here.columns.length === 1;
  const target = layout[row + by];
  here.columns.splice(column, 1);
  if (here.columns.length > 0) here.columns = even(here.columns);
  if (target === undefined) {
    if (alone) {
      here.columns = [moving];
      return layout;
    }
    layout.splice(by < 0 ? 0 : layout.length, 0, { height: here.height, columns: [{ ...moving, size: COLUMNS }] });
  } else {
    target.columns = even([...target.columns, moving]);
  }
  return layout.filter(({ columns }) => columns.length > 0);
}

/** The board with a widget dropped in front of another one. */
export function dropped(board: Board, id: string, before: string): Board {
  if (id === before) return board;
  const layout = board.layout.map((row) => ({ ...row, columns: row.columns.filter((column) => column.id !== id) }));
  const [row, column] = placeOf(layout, before);
  const target = layout[row];
  if (target === undefined) return board;
  const columns = [...target.columns];
  columns.splice(column, 0, { id, size: 1 });
  target.columns = even(columns);
  return {
    ...board,
    layout: layout
      .filter((each) => each.columns.length > 0)
      .map((each) => (sum(each) === COLUMNS ? each : { ...each, columns: even(each.columns) })),
  };
}

function sum(row: Row): number {
  return row.columns.reduce((total, { size }) => total + size, 0);
}

/** The board with a widget wider or narrower; its neighbours give or take the place. */
export function widened(board: Board, id: string, by: 1 | -1): Board {
  const [row, column] = placeOf(board.layout, id);
  const here = board.layout[row];
  if (here === undefined || here.columns.length < 2) return board;
  const neighbour = column + 1 < here.columns.length ? column + 1 : column - 1;
  const columns = here.columns.map((each, at) => {
    if (at === column) return { ...each, size: each.size + by };
    return at === neighbour ? { ...each, size: each.size - by } : each;
  });
  if (columns.some(({ size }) => size < 2)) return board;
  return { ...board, layout: board.layout.map((each, at) => (at === row ? { ...each, columns } : each)) };
}

/** The board with a widget added below, or replaced where it stands. */
export function withWidget(board: Board, widget: Widget): Board {
  const known = board.widgets.some(({ id }) => id === widget.id);
  const widgets = known
    ? board.widgets.map((each) => (each.id === widget.id ? widget : each))
    : [...board.widgets, widget];
  return { ...board, widgets, layout: complete(board.layout, widgets) };
}

/** The board without a widget. */
export function withoutWidget(board: Board, id: string): Board {
  const widgets = board.widgets.filter((widget) => widget.id !== id);
  const layout = complete(board.layout, widgets).map((row) =>
    sum(row) === COLUMNS ? row : { ...row, columns: even(row.columns) },
  );
  return { ...board, widgets, layout };
}

/** What a widget's entities are: those of its blueprint that fit its dataset. */
export function queryOf(widget: Widget): Query {
  const dataset = widget.dataset as unknown as Query | undefined;
  const own: Rule[] =
    typeof widget.blueprint === "string" ? [{ property: "$blueprint", operator: "=", value: widget.blueprint }] : [];
  const rules = Array.isArray(dataset?.rules) ? dataset.rules : [];
  if (rules.length === 0) return { combinator: "and", rules: own };
  return { combinator: "and", rules: [...own, { combinator: dataset?.combinator ?? "and", rules }] };
}

/** What `property#tier` and its like count by. */
export function subjectOf(text: unknown): JsonObject {
  const [kind, ...rest] = String(text ?? "").split("#");
  const name = rest.join("#");
  if (rest.length === 0) return { property: kind ?? "" };
  if (kind === "scorecard") {
    const [scorecard, rule] = name.split("#");
    return rule ? { scorecard: scorecard ?? "", rule } : { scorecard: name };
  }
  return kind === "relation" ? { relation: name } : { property: name };
}

/** What a number widget asks the API for. */
export function numberQuestion(widget: Widget): JsonObject {
  const query = queryOf(widget) as unknown as JsonObject;
  const func = String(widget.func ?? "count");
  if (widget.calculationBy === "property" && widget.property) {
    return { func, calculationBy: "property", property: widget.property, query };
  }
  const { averageOf, measureTimeBy } = widget;
  return {
    func: func === "average" ? "average" : "count",
    calculationBy: "entities",
    query,
    ...(averageOf ? { averageOf } : {}),
    ...(measureTimeBy ? { measureTimeBy } : {}),
  };
}

/** A number with its unit. */
export function withUnit(value: number, widget: Widget): string {
  const shown = value.toLocaleString(undefined, { maximumFractionDigits: 2 });
  const unit = widget.unit === "custom" ? widget.unitCustom : widget.unit;
  if (typeof unit !== "string" || unit === "" || unit === "none") return shown;
  return widget.unitAlignment === "left" ? `${unit}${shown}` : unit === "%" ? `${shown}%` : `${shown} ${unit}`;
}
