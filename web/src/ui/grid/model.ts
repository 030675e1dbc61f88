import type { ReactNode } from "react";

/** One column of a grid of `T`. */
export interface Column<T> {
  id: string;
  title: string;
  /** In pixels; a person may change it. */
  width: number;
  cell: (row: T) => ReactNode;
  /** What Ctrl C puts into the clipboard. */
  text: (row: T) => string;
  sortable?: boolean;
  description?: string;
}

export interface Sort {
  column: string;
  order: "asc" | "desc";
}

/** A line of a grid: something, the head of a group of things, or that there are more of them. */
export type Line<T> =
  | { kind: "row"; key: string; row: T }
  | { kind: "group"; key: string; label: ReactNode; count: number; open?: boolean }
  | { kind: "more"; key: string; label: string };

/** Where the focus is: line 0 is the header. */
export interface Place {
  line: number;
  column: number;
}

/** The place that a key leads to, or none when the key does not move. */
export function moved(key: string, control: boolean, at: Place, lines: number, columns: number): Place | null {
  const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  const to = (line: number, column: number): Place => ({
    line: clamp(line, lines),
    column: clamp(column, columns - 1),
  });
  switch (key) {
    case "ArrowUp":
      return to(at.line - 1, at.column);
    case "ArrowDown":
      return to(at.line + 1, at.column);
    case "ArrowLeft":
      return to(at.line, at.column - 1);
    case "ArrowRight":
      return to(at.line, at.column + 1);
    case "PageUp":
      return to(at.line - 20, at.column);
    case "PageDown":
      return to(at.line + 20, at.column);
    case "Home":
      return to(control ? 0 : at.line, 0);
    case "End":
      return to(control ? lines : at.line, columns - 1);
    default:
      return null;
  }
}
