import { Checkbox, Loader } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { showDone } from "@/ui/notify";
import classes from "./grid.module.css";
import { type Column, type Line, moved, type Place, type Sort } from "./model";
import { type Handlers, PICK, RowLine } from "./row";

interface Props<T> {
  label: string;
  columns: Column<T>[];
  lines: Line<T>[];
  height: number | string;
  sort?: Sort | null;
  onSort?: (sort: Sort | null) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (selected: Set<string>) => void;
  onOpen?: (row: T) => void;
  onWidth?: (column: string, width: number) => void;
  /** Changes a value in place: with e or F2. */
  onEdit?: (row: T, column: string) => void;
  /** Opens or closes the group with this key. */
  onToggle?: (key: string) => void;
  /** Asks for more of what the line with this key stands for. */
  onMore?: (key: string) => void;
  /** Called when the last lines come into sight: there may be more. */
  onEnd?: () => void;
  loadingMore?: boolean;
  compact?: boolean;
}

const NARROWEST = 60;
const NEAR_END = 30;

/**
 * A table of any number of lines that draws only those in sight, after the ARIA grid pattern: one stop of the Tab key,
 * arrows inside, Enter opens, x selects, Ctrl C copies, Escape leaves. Whoever uses it sorts, filters and pages.
 */
export function Grid<T>(props: Props<T>) {
  const { label, columns, lines, height, sort, selected, onSelect, onOpen, onEnd, loadingMore, compact } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place>({ line: 0, column: 0 });
  const [widths, setWidths] = useState<Record<string, number>>({});
  const size = compact ? 30 : 40;
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => frame.current,
    estimateSize: () => size,
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for every new end
  useEffect(() => {
    if (lines.length > 0 && last >= lines.length - NEAR_END) onEnd?.();
  }, [last, lines.length]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height of lines follows the density
  useEffect(() => virtual.measure(), [size]);
  const template = useMemo(() => {
    const pixels = columns.map(({ id, width }) => `${widths[id] ?? width}px`);
    return [onSelect ? [`${PICK}px`] : [], pixels, ["minmax(0, 1fr)"]].flat().join(" ");
  }, [columns, widths, onSelect]);
  const keys = useMemo(() => lines.flatMap((line) => (line.kind === "row" ? [line.key] : [])), [lines]);

  const focus = (to: Place) => {
    setPlace(to);
    if (to.line > 0) virtual.scrollToIndex(to.line - 1);
    requestAnimationFrame(() => {
      const found = frame.current?.querySelector<HTMLElement>(`[data-place="${to.line}:${to.column}"]`);
      found?.focus();
    });
  };
  const toggle = (key: string) => {
    const next = new Set(selected);
    if (!next.delete(key)) next.add(key);
    onSelect?.(next);
  };
  // rows keep one object of handlers, so that scrolling draws only those that come into sight
  const latest = useRef({ toggle, onOpen });
  latest.current = { toggle, onOpen };
  const handlers = useMemo<Handlers<T>>(
    () => ({
      toggle: (key) => latest.current.toggle(key),
      open: (row) => latest.current.onOpen?.(row),
      focused: setPlace,
    }),
    [],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    const to = moved(event.key, event.ctrlKey || event.metaKey, place, lines.length, columns.length);
    if (to !== null) {
      event.preventDefault();
      focus(to);
      return;
    }
    const line = lines[place.line - 1];
    const column = columns[place.column];
    if (event.key === "Escape") (document.activeElement as HTMLElement | null)?.blur();
    if (line?.kind === "group" && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      props.onToggle?.(line.key);
    }
    if (line?.kind === "more" && event.key === "Enter") props.onMore?.(line.key);
    if (line?.kind !== "row" || column === undefined || isTyping(event.target)) return;
    if (event.key === "Enter") onOpen?.(line.row);
    else if (event.key === "F2" || (event.key === "e" && !event.ctrlKey && !event.metaKey)) {
      props.onEdit?.(line.row, column.id);
    } else if (event.key === "x" && onSelect) toggle(line.key);
    else if (event.key === "c" && (event.ctrlKey || event.metaKey) && !window.getSelection()?.toString()) {
      void navigator.clipboard?.writeText(column.text(line.row)).then(() => showDone("Copied"));
    }
  };
  const all = selected !== undefined && keys.length > 0 && keys.every((key) => selected.has(key));
  const cell = (line: number, column: number) => ({
    className: column === 0 ? `${classes.cell} ${classes.pinned}` : classes.cell,
    style: column === 0 ? { left: onSelect ? PICK : 0 } : undefined,
    "data-place": `${line}:${column}`,
    "aria-colindex": column + 1,
    tabIndex: place.line === line && place.column === column ? 0 : -1,
    onFocus: () => setPlace({ line, column }),
  });
  return (
    <div
      ref={frame}
      role="grid"
      tabIndex={-1}
      className={classes.frame}
      style={{ height }}
      aria-label={label}
      aria-rowcount={lines.length + 1}
      aria-colcount={columns.length}
      aria-multiselectable={onSelect !== undefined}
      onKeyDown={onKeyDown}
    >
      <div className={classes.sheet} role="presentation">
        <div
          className={`${classes.line} ${classes.head}`}
          role="row"
          aria-rowindex={1}
          tabIndex={-1}
          style={{ gridTemplateColumns: template, height: size }}
        >
          {onSelect && (
            <div className={`${classes.cell} ${classes.pick}`} role="gridcell" tabIndex={-1}>
              <Checkbox
                size="xs"
                aria-label="Select all"
                checked={all}
                indeterminate={!all && (selected?.size ?? 0) > 0}
                onChange={() => onSelect(all ? new Set() : new Set(keys))}
              />
            </div>
          )}
          {columns.map((column, at) => (
            <Head
              key={column.id}
              column={column}
              place={cell(0, at)}
              sort={sort ?? null}
              onSort={props.onSort}
              onWidth={(width) => {
                setWidths((before) => ({ ...before, [column.id]: width }));
                props.onWidth?.(column.id, width);
              }}
              width={widths[column.id] ?? column.width}
            />
          ))}
        </div>
        <div style={{ height: virtual.getTotalSize(), position: "relative" }} role="rowgroup">
          {shown.map((item) => {
            const line = lines[item.index];
            if (line === undefined) return null;
            const style = {
              gridTemplateColumns: template,
              height: item.size,
              transform: `translateY(${item.start}px)`,
            };
            if (line.kind !== "row") {
              return (
                <div
                  key={`${line.kind} ${line.key}`}
                  role="row"
                  tabIndex={-1}
                  aria-rowindex={item.index + 2}
                  className={`${classes.line} ${classes.row} ${line.kind === "group" ? classes.group : ""}`}
                  style={{ ...style, display: "flex" }}
                >
                  <div {...cell(item.index + 1, 0)} style={{ left: 0 }} role="gridcell">
                    {line.kind === "group" ? (
                      <GroupHead line={line} onToggle={props.onToggle} />
                    ) : (
                      <button
                        type="button"
                        tabIndex={-1}
                        className={classes.more}
                        onClick={() => props.onMore?.(line.key)}
                      >
                        {line.label}
                      </button>
                    )}
                  </div>
                </div>
              );
            }
            return (
              <RowLine
                key={line.key}
                index={item.index}
                line={line}
                columns={columns}
                template={template}
                start={item.start}
                size={item.size}
                picked={onSelect ? (selected?.has(line.key) ?? false) : undefined}
                focused={place.line === item.index + 1 ? place.column : -1}
                handlers={handlers}
              />
            );
          })}
        </div>
        {loadingMore && <Loader size="sm" m="sm" aria-label="Loading more" />}
      </div>
    </div>
  );
}

/** Whether keys belong to a field of a form inside of a cell. */
function isTyping(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select");
}

interface GroupHeadProps {
  line: { key: string; label: ReactNode; count: number; open?: boolean };
  onToggle?: (key: string) => void;
}

function GroupHead({ line, onToggle }: GroupHeadProps) {
  const text = (
    <>
      {line.label} <span className={classes.count}>{line.count.toLocaleString()}</span>
    </>
  );
  if (onToggle === undefined) return text;
  const Icon = line.open ? IconChevronDown : IconChevronRight;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={classes.sort}
      aria-expanded={line.open ?? false}
      onClick={() => onToggle(line.key)}
    >
      <Icon size={16} aria-hidden /> {text}
    </button>
  );
}

interface HeadProps<T> {
  column: Column<T>;
  place: Record<string, unknown>;
  sort: Sort | null;
  onSort?: (sort: Sort | null) => void;
  onWidth: (width: number) => void;
  width: number;
}

function Head<T>({ column, place, sort, onSort, onWidth, width }: HeadProps<T>) {
  const mine = sort?.column === column.id ? sort.order : undefined;
  const next = (): Sort | null => {
    if (mine === undefined) return { column: column.id, order: "asc" };
    return mine === "asc" ? { column: column.id, order: "desc" } : null;
  };
  const start = (event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    const grip = event.currentTarget;
    const from = event.clientX - width;
    grip.setPointerCapture(event.pointerId);
    grip.onpointermove = (move) => onWidth(Math.max(NARROWEST, move.clientX - from));
    grip.onpointerup = () => {
      grip.onpointermove = null;
      grip.onpointerup = null;
    };
  };
  const sorted = mine === "asc" ? "ascending" : mine === "desc" ? "descending" : "none";
  return (
    <div
      {...place}
      role="columnheader"
      tabIndex={Number(place.tabIndex)}
      aria-sort={column.sortable ? sorted : undefined}
      title={column.description}
      onKeyDown={(event) => {
        if (event.key === "Enter" && column.sortable) onSort?.(next());
        const step = event.shiftKey && event.altKey ? { ArrowRight: 20, ArrowLeft: -20 }[event.key] : undefined;
        if (step !== undefined) {
          event.stopPropagation();
          onWidth(Math.max(NARROWEST, width + step));
        }
      }}
    >
      {column.sortable && onSort ? (
        <button type="button" tabIndex={-1} className={classes.sort} onClick={() => onSort(next())}>
          {column.title}
          {mine === "asc" && <IconArrowUp size={14} aria-hidden />}
          {mine === "desc" && <IconArrowDown size={14} aria-hidden />}
        </button>
      ) : (
        <span className={classes.sort}>{column.title}</span>
      )}
      <span className={classes.grip} onPointerDown={start} aria-hidden />
    </div>
  );
}
