import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import type { Entity } from "@/api/model";
import { Grid } from "@/ui/grid/grid";
import { LoadingRows, Problem } from "@/ui/states";
import { entityPath } from "@/ui/value/links";
import type { Field } from "../fields";
import { type Arrangement, readColumn, readSort, writeColumn, writeSort } from "../model";
import { columnOf } from "./cells";
import type { Rows } from "./rows";

interface Props {
  label: string;
  rows: Rows;
  fields: Field[];
  columns: string[];
  arrangement: Arrangement;
  onArrange: (change: Arrangement) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (keys: Set<string>) => void;
  onEdit?: (entity: Entity, field: Field) => void;
  height: number | string;
  /** What is shown when there is no line. */
  empty: ReactNode;
}

/** Entities in a grid: what is loaded, in the columns of an arrangement. */
export function EntityTable(props: Props) {
  const { label, rows, fields, columns, arrangement, onArrange, selected, onSelect, onEdit, height, empty } = props;
  const navigate = useNavigate();
  const byId = useMemo(() => new Map(fields.map((field) => [field.id, field])), [fields]);
  const shown = useMemo(
    () =>
      columns.map(readColumn).flatMap(({ id, width }) => {
        const field = byId.get(id);
        return field === undefined ? [] : [columnOf(field, width)];
      }),
    [columns, byId],
  );
  const resized = useDebouncedCallback((id: string, width: number) => {
    const next = columns.map(readColumn).map((place) => (place.id === id ? { id, width } : place));
    onArrange({ columns: next.map(writeColumn) });
  }, 300);
  if (rows.error !== null && rows.lines.length === 0) return <Problem error={rows.error} retry={rows.refetch} />;
  if (rows.isPending) return <LoadingRows rows={12} height={32} />;
  if (rows.lines.length === 0) return empty;
  return (
    <Grid
      label={label}
      columns={shown}
      lines={rows.lines}
      height={height}
      sort={readSort(arrangement.sort)}
      onSort={(sort) => onArrange({ sort: writeSort(sort) })}
      selected={selected}
      onSelect={onSelect}
      onOpen={(entity) => void navigate({ to: entityPath(entity.blueprint, entity.identifier) })}
      onWidth={resized}
      onEdit={(entity, id) => {
        const field = byId.get(id);
        if (field !== undefined) onEdit?.(entity, field);
      }}
      onToggle={rows.onToggle}
      onMore={rows.onMore}
      onEnd={rows.onEnd}
      loadingMore={rows.loadingMore}
      compact={arrangement.compact}
    />
  );
}
