import { expect, test } from "vitest";
import {
  type Board,
  boardOf,
  dropped,
  moved,
  numberQuestion,
  queryOf,
  subjectOf,
  type Widget,
  widened,
  widgetsOf,
  withoutWidget,
  withUnit,
  withWidget,
} from "@/features/dashboards/model";

const widget = (id: string): Widget => ({ id, type: "markdown", title: id });
const BOARD: Board = {
  id: "d",
  layout: [
    {
      height: 300,
      columns: [
        { id: "a", size: 6 },
        { id: "b", size: 6 },
      ],
    },
    { height: 400, columns: [{ id: "c", size: 12 }] },
  ],
  widgets: [widget("a"), widget("b"), widget("c")],
};
const rows = (board: Board) => board.layout.map(({ columns }) => columns.map(({ id }) => id).join(""));
const full = (board: Board) =>
  board.layout.every(({ columns }) => columns.reduce((sum, { size }) => sum + size, 0) === 12);

test("a page's dashboard is found, and widgets without a row get one", () => {
  const page = [{ id: "d", type: "dashboard-widget", layout: [], widgets: [{ id: "x", type: "markdown" }] }];
  expect(rows(boardOf(page))).toEqual(["x"]);
  expect(rows(boardOf([{ id: "y", type: "markdown" }]))).toEqual(["y"]);
  expect(boardOf(undefined).widgets).toEqual([]);
});

test("what is saved keeps the rest of the dashboard", () => {
  const page = [{ id: "d", type: "dashboard-widget", note: "kept", layout: [], widgets: [] }];
  expect(widgetsOf(page, BOARD)[0]).toMatchObject({ id: "d", note: "kept", layout: BOARD.layout });
});

test("widgets move in all directions and never leave a hole", () => {
  expect(rows(moved(BOARD, "a", "right"))).toEqual(["ba", "c"]);
  expect(rows(moved(BOARD, "a", "left"))).toEqual(["ab", "c"]);
  expect(rows(moved(BOARD, "a", "down"))).toEqual(["b", "ca"]);
  expect(rows(moved(BOARD, "a", "up"))).toEqual(["a", "b", "c"]);
  expect(rows(moved(BOARD, "c", "down"))).toEqual(["ab", "c"]);
  expect(rows(moved(BOARD, "c", "up"))).toEqual(["abc"]);
  for (const move of ["left", "right", "up", "down"] as const) {
    for (const id of ["a", "b", "c"]) expect(full(moved(BOARD, id, move))).toBe(true);
  }
});

test("a dropped widget stands before the other, and rows stay full", () => {
  expect(rows(dropped(BOARD, "c", "b"))).toEqual(["acb"]);
  expect(rows(dropped(BOARD, "a", "c"))).toEqual(["b", "ac"]);
  expect(full(dropped(BOARD, "a", "c"))).toBe(true);
  expect(dropped(BOARD, "a", "a")).toBe(BOARD);
});

test("a wider widget takes from its neighbour, and not too much", () => {
  expect(widened(BOARD, "a", 1).layout[0]?.columns).toEqual([
    { id: "a", size: 7 },
    { id: "b", size: 5 },
  ]);
  let board = BOARD;
  for (let step = 0; step < 20; step += 1) board = widened(board, "a", 1);
  expect(board.layout[0]?.columns).toEqual([
    { id: "a", size: 10 },
    { id: "b", size: 2 },
  ]);
  expect(widened(BOARD, "c", 1)).toBe(BOARD);
});

test("widgets come and go", () => {
  expect(rows(withWidget(BOARD, widget("n")))).toEqual(["ab", "c", "n"]);
  expect(rows(withoutWidget(BOARD, "a"))).toEqual(["b", "c"]);
  expect(full(withoutWidget(BOARD, "a"))).toBe(true);
});

test("questions to the API", () => {
  const counted = { ...widget("n"), blueprint: "service", func: "count", calculationBy: "entities" };
  expect(numberQuestion(counted)).toMatchObject({ func: "count", calculationBy: "entities" });
  const summed = { ...counted, calculationBy: "property", property: "replicas", func: "sum" };
  expect(numberQuestion(summed)).toMatchObject({ func: "sum", property: "replicas" });
  const dataset = { combinator: "or" as const, rules: [{ property: "a", operator: "=", value: 1 }] };
  expect(queryOf({ ...counted, dataset } as never).rules).toHaveLength(2);
  expect(subjectOf("property#tier")).toEqual({ property: "tier" });
  expect(subjectOf("scorecard#ready#rule")).toEqual({ scorecard: "ready", rule: "rule" });
  expect(subjectOf("relation#system")).toEqual({ relation: "system" });
  expect(subjectOf("tier")).toEqual({ property: "tier" });
});

test("numbers have units", () => {
  expect(withUnit(12.345, widget("n"))).toBe("12.35");
  expect(withUnit(5, { ...widget("n"), unit: "%" })).toBe("5%");
  expect(withUnit(5, { ...widget("n"), unit: "$", unitAlignment: "left" })).toBe("$5");
  expect(withUnit(5, { ...widget("n"), unit: "custom", unitCustom: "h" })).toBe("5 h");
});
