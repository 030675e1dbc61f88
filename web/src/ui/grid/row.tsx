import { Checkbox } from "@mantine/core";
import { memo } from "react";
import classes from "./grid.module.css";
import type { Column, Place } from "./model";

/** Pixels of the column with the checkboxes. */
export const PICK = 40;

/** What a row tells the grid. */
export interface Handlers<T> {
  toggle: (key: string) => void;
  open: (row: T) => void;
  focused: (place: Place) => void;
}

interface RowProps<T> {
  index: number;
  line: { key: string; row: T };
  columns: Column<T>[];
  template: string;
  start: number;
  size: number;
  /** Undefined where rows cannot be selected. */
  picked: boolean | undefined;
  /** The column that the Tab key reaches, or -1. */
  focused: number;
  handlers: Handlers<T>;
}

function PlainRow<T>({ index, line, columns, template, start, size, picked, focused, handlers }: RowProps<T>) {
  return (
    <div
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={picked}
      data-selected={picked || undefined}
      className={`${classes.line} ${classes.row}`}
      style={{ gridTemplateColumns: template, height: size, transform: `translateY(${start}px)` }}
      onDoubleClick={() => handlers.open(line.row)}
    >
      {picked !== undefined && (
        <div className={`${classes.cell} ${classes.pick}`} role="gridcell" tabIndex={-1}>
          <Checkbox size="xs" aria-label="Select row" checked={picked} onChange={() => handlers.toggle(line.key)} />
        </div>
      )}
      {columns.map((column, at) => (
        <div
          key={column.id}
          role="gridcell"
          className={at === 0 ? `${classes.cell} ${classes.pinned}` : classes.cell}
          style={at === 0 ? { left: picked === undefined ? 0 : PICK } : undefined}
          data-place={`${index + 1}:${at}`}
          aria-colindex={at + 1}
          tabIndex={focused === at ? 0 : -1}
          onFocus={() => handlers.focused({ line: index + 1, column: at })}
        >
          {column.cell(line.row)}
        </div>
      ))}
    </div>
  );
}

/** A row of a grid; drawn again only when something of it changes. */
export const RowLine = memo(PlainRow) as typeof PlainRow;
