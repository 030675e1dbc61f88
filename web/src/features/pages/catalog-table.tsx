import { Box, Button, Group, Stack, Text } from "@mantine/core";
import { IconPlus, IconRefresh } from "@tabler/icons-react";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Blueprint, Entity } from "@/api/model";
import { usePermitted } from "@/app/decisions";
import { useBlueprints } from "@/app/queries";
import { EntityForm } from "@/features/entity/form/entity-form";
import { useLive } from "@/ui/live";
import { PageHead } from "@/ui/states";
import { entityPath } from "@/ui/value/links";
import { countQuery, type Page, scorecardsQuery, viewsQuery, type Wanted } from "./api";
import { BulkBar } from "./bulk-bar";
import classes from "./catalog.module.css";
import { arrangementOf, baseOf } from "./defaults";
import { type Field, fieldsOf, includeOf } from "./fields";
import { FilterButton, FilterChips } from "./filters/filters";
import {
  type Arrangement,
  apiSort,
  isChanged,
  NO_FILTER,
  over,
  queryOf,
  quickRule,
  readColumn,
  readSearch,
  readSort,
  type TableSearch,
  writeSearch,
} from "./model";
import { NoRows } from "./no-rows";
import { PageMenu } from "./page-menu";
import { QuickEdit } from "./quick-edit";
import { ColumnsMenu } from "./table/columns-menu";
import { EntityTable } from "./table/entity-table";
import { ExportMenu } from "./table/export-menu";
import { entityOfKey, type Rows, useFlatRows, useGroupedRows } from "./table/rows";
import { DensitySwitch, GroupMenu, QuickSearch, SortMenu, Toolbar } from "./toolbar";
import { ViewsMenu } from "./views-menu";

interface Props {
  page: Page;
  blueprint: Blueprint;
}

/** How the table is arranged, from the page, the view and the address; and how to change that. */
function useArrangement(page: Page, fields: Field[]) {
  const navigate = useNavigate();
  const search = readSearch(useSearch({ strict: false }) as Record<string, unknown>);
  const views = useQuery(viewsQuery(page.identifier)).data;
  const view = views?.find(({ id }) => id === search.view);
  const own = useMemo(() => arrangementOf(page, fields), [page, fields]);
  const below = view?.config ? over(view.config, own) : own;
  const arrangement = over(search, below);
  const write = (next: TableSearch, replace = true) =>
    void navigate({ to: ".", search: writeSearch(next, below) as never, replace, resetScroll: false });
  return {
    search,
    view,
    arrangement,
    waiting: search.view !== undefined && views === undefined,
    changed: isChanged(search, below),
    arrange: (change: Arrangement) => write({ ...search, ...change }),
    look: (q: string) => write({ ...search, q }),
    open: (id: string | undefined) => write({ view: id, q: search.q }, false),
    reset: () => write({ ...search, q: undefined, filter: NO_FILTER }),
  };
}

/** New facts appear by themselves as long as little is loaded; otherwise a button says that there are some. */
function useFresh(blueprint: string, rows: Rows) {
  const queries = useQueryClient();
  const [stale, setStale] = useState(false);
  const refresh = () => {
    setStale(false);
    void queries.invalidateQueries({ queryKey: ["entities", blueprint] });
  };
  useLive({ blueprint, resources: "entity" }, () => {
    if (rows.pages <= 2) refresh();
    else setStale(true);
  });
  return { stale, refresh };
}

/** The table of a catalog page with everything around it. */
export function CatalogTable({ page, blueprint }: Props) {
  const blueprints = useBlueprints();
  const scorecards = useQuery(scorecardsQuery(blueprint.identifier));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the map is made anew each time, its content with the blueprint
  const fields = useMemo(
    () => fieldsOf(blueprint, blueprints, scorecards.data),
    [blueprint, blueprints.size, scorecards.data],
  );
  const state = useArrangement(page, fields);
  const { arrangement, search, arrange } = state;
  const columns = arrangement.columns ?? [];
  const shown = columns.map(readColumn).flatMap(({ id }) => fields.find((field) => field.id === id) ?? []);
  const base = baseOf(page);
  const query = queryOf(base, arrangement.filter, quickRule(search.q ?? ""));
  const group = fields.find(({ id }) => id === arrangement.group);
  const wanted: Wanted = {
    blueprint: blueprint.identifier,
    query,
    sort: apiSort(readSort(arrangement.sort), fields),
    include: includeOf(shown),
  };
  const ready = !state.waiting && !scorecards.isPending;
  const flat = useFlatRows(wanted, ready && group === undefined);
  const grouped = useGroupedRows(wanted, ready ? group : undefined, "None");
  const rows = group === undefined ? flat : grouped;
  const total = useQuery(countQuery(blueprint.identifier, queryOf(base))).data;
  const count = useQuery({ ...countQuery(blueprint.identifier, query), placeholderData: keepPreviousData }).data;
  const fresh = useFresh(blueprint.identifier, rows);
  const selection = useSelection(rows.entities);
  const [dialog, setDialog] = useState<"create" | { entity: Entity; field: Field } | null>(null);
  const navigate = useNavigate();
  const title = page.title ?? page.identifier;
  return (
    <div className={classes.page}>
      <PageHead title={title} sub={<Counts total={total} count={count} description={page.description} />}>
        {fresh.stale && (
          <Button size="xs" variant="light" leftSection={<IconRefresh size={15} aria-hidden />} onClick={fresh.refresh}>
            Something changed
          </Button>
        )}
        <CreateButton blueprint={blueprint} onClick={() => setDialog("create")} />
        <PageMenu page={page} arrangement={arrangement} />
      </PageHead>
      <Stack gap="xs" mb="xs">
        <Toolbar>
          <QuickSearch name={title.toLowerCase()} value={search.q ?? ""} onChange={state.look} />
          <FilterButton
            blueprint={blueprint.identifier}
            fields={fields}
            filter={arrangement.filter ?? NO_FILTER}
            onChange={(filter) => arrange({ filter })}
          />
          <SortMenu fields={fields} arrangement={arrangement} onArrange={arrange} />
          <GroupMenu fields={fields} arrangement={arrangement} onArrange={arrange} />
          <ColumnsMenu fields={fields} columns={columns} onChange={(next) => arrange({ columns: next })} />
          <ViewsMenu
            page={page.identifier}
            view={state.view}
            arrangement={arrangement}
            changed={state.changed}
            onOpen={state.open}
          />
          <ExportMenu name={page.identifier} wanted={wanted} fields={shown} />
          <DensitySwitch arrangement={arrangement} onArrange={arrange} />
        </Toolbar>
        <FilterChips
          fields={fields}
          filter={arrangement.filter ?? NO_FILTER}
          onChange={(filter) => arrange({ filter })}
        />
        {selection.entities.length > 0 && (
          <BulkBar
            blueprint={blueprint}
            fields={fields}
            columns={shown}
            selected={selection.entities}
            onClear={selection.clear}
          />
        )}
      </Stack>
      <Box className={classes.table} aria-busy={rows.isFetching}>
        <EntityTable
          label={title}
          rows={rows}
          fields={fields}
          columns={columns}
          arrangement={arrangement}
          onArrange={arrange}
          selected={selection.keys}
          onSelect={selection.select}
          onEdit={(entity, field) => setDialog({ entity, field })}
          height="100%"
          empty={
            <NoRows blueprint={blueprint} total={total} onCreate={() => setDialog("create")} onReset={state.reset} />
          }
        />
      </Box>
      {dialog === "create" && (
        <EntityForm
          blueprint={blueprint}
          onClose={() => setDialog(null)}
          onDone={(entity) => void navigate({ to: entityPath(blueprint.identifier, entity.identifier) })}
        />
      )}
      {dialog !== null && dialog !== "create" && (
        <QuickEdit blueprint={blueprint} entity={dialog.entity} field={dialog.field} onClose={() => setDialog(null)} />
      )}
    </div>
  );
}

/** Lines that are selected, and the entities they are about, each once. */
function useSelection(entities: Entity[]) {
  const [keys, select] = useState<ReadonlySet<string>>(new Set());
  const chosen = useMemo(() => {
    const wanted = new Set([...keys].map(entityOfKey));
    const found = new Map(entities.map((entity) => [entity.identifier, entity]));
    return [...wanted].flatMap((identifier) => found.get(identifier) ?? []);
  }, [keys, entities]);
  return { keys, select: (next: Set<string>) => select(next), entities: chosen, clear: () => select(new Set()) };
}

function Counts({ total, count, description }: { total?: number; count?: number; description: string | null }) {
  const text =
    total === undefined || count === undefined
      ? "…"
      : count === total
        ? total.toLocaleString()
        : `${count.toLocaleString()} of ${total.toLocaleString()}`;
  return (
    <Group gap={6}>
      <Text size="sm" role="status" aria-label="Count">
        {text}
      </Text>
      {description && <Text size="sm">· {description}</Text>}
    </Group>
  );
}

function CreateButton({ blueprint, onClick }: { blueprint: Blueprint; onClick: () => void }) {
  const permitted = usePermitted({ action: "register", resource: { blueprint: blueprint.identifier } });
  return (
    <Button size="xs" leftSection={<IconPlus size={15} aria-hidden />} onClick={onClick} {...permitted}>
      New
    </Button>
  );
}
