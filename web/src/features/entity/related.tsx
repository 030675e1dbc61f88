import { Badge, NativeSelect, NavLink, Stack, Text } from "@mantine/core";
import { IconArrowLeft, IconArrowRight, IconHierarchy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Blueprint, Entity } from "@/api/model";
import { useBlueprints } from "@/app/queries";
import { countQuery, groupsEverywhereQuery, scorecardsQuery } from "@/features/pages/api";
import { fieldsOf, includeOf, usualColumns } from "@/features/pages/fields";
import { type Arrangement, apiSort, queryOf, readColumn, readSort } from "@/features/pages/model";
import { EntityTable } from "@/features/pages/table/entity-table";
import { useFlatRows } from "@/features/pages/table/rows";
import { Empty, Loaded, LoadingRows } from "@/ui/states";
import classes from "./entity.module.css";
import { directSets, farRule, farSet, type RelatedSet } from "./model";

const HEADS: Record<RelatedSet["kind"], string> = {
  out: "Its relations",
  in: "Relations to it",
  up: "All it depends on",
  down: "All that depends on it",
};

function useFar(entity: Entity, kind: "up" | "down", blueprints: Map<string, Blueprint>) {
  const query = useQuery(groupsEverywhereQuery(entity.blueprint, queryOf(farRule(entity, kind)), "$blueprint"));
  const sets = (query.data ?? []).map(({ value, count }) => {
    const name = String(value);
    return { set: farSet(entity, kind, name, blueprints.get(name)?.title || name), count };
  });
  return { query, sets };
}

/** What an entity is related to: along each relation in both directions, and along any number of them. */
export function Related({ entity }: { entity: Entity }) {
  const blueprints = useBlueprints();
  const { rel } = useSearch({ strict: false }) as { rel?: string };
  const navigate = useNavigate();
  const direct = directSets(entity, blueprints);
  const up = useFar(entity, "up", blueprints);
  const down = useFar(entity, "down", blueprints);
  const counted = [...up.sets, ...down.sets];
  const sets = [...direct, ...counted.map(({ set }) => set)];
  const chosen = sets.find(({ id }) => id === rel) ?? sets.find((set) => ownCount(set) !== 0) ?? sets[0];
  const choose = (id: string) =>
    void navigate({ to: ".", search: { tab: "related", rel: id } as never, replace: true, resetScroll: false });
  if (sets.length === 0) {
    if (up.query.isPending) return <LoadingRows />;
    return (
      <Empty title="Nothing is related" icon={<IconHierarchy size={24} />}>
        Neither this blueprint nor another has a relation that could lead here or from here.
      </Empty>
    );
  }
  return (
    <div className={classes.related}>
      <NativeSelect
        className={classes.narrow}
        aria-label="Related"
        value={chosen?.id}
        onChange={(event) => choose(event.currentTarget.value)}
        data={(Object.keys(HEADS) as RelatedSet["kind"][])
          .map((kind) => ({
            group: HEADS[kind],
            items: sets.filter((set) => set.kind === kind).map(({ id, title }) => ({ value: id, label: title })),
          }))
          .filter(({ items }) => items.length > 0)}
      />
      <nav className={classes.wide} aria-label="Related">
        {(Object.keys(HEADS) as RelatedSet["kind"][]).map((kind) => {
          const of = sets.filter((set) => set.kind === kind);
          if (of.length === 0) return null;
          return (
            <Stack key={kind} gap={2} mb="sm">
              <Text size="xs" c="dimmed" fw={600} tt="uppercase" px="xs">
                {HEADS[kind]}
              </Text>
              {of.map((set) => (
                <Choice
                  key={set.id}
                  set={set}
                  count={counted.find((each) => each.set.id === set.id)?.count}
                  active={set.id === chosen?.id}
                  onClick={() => choose(set.id)}
                />
              ))}
            </Stack>
          );
        })}
      </nav>
      {chosen && <RelatedTable key={`${entity.identifier} ${chosen.id}`} set={chosen} />}
    </div>
  );
}

/** How many an entity's own relation names; undefined for others, which the portal counts. */
function ownCount({ kind, rule }: RelatedSet): number | undefined {
  return kind === "out" && Array.isArray(rule.value) ? rule.value.length : undefined;
}

interface ChoiceProps {
  set: RelatedSet;
  count: number | undefined;
  active: boolean;
  onClick: () => void;
}

function Choice({ set, count, active, onClick }: ChoiceProps) {
  const known = count ?? ownCount(set);
  const asked = useQuery({ ...countQuery(set.blueprint, queryOf(set.rule)), enabled: known === undefined });
  const shown = known ?? asked.data;
  const Icon = set.kind === "out" || set.kind === "up" ? IconArrowRight : IconArrowLeft;
  return (
    <NavLink
      component="button"
      label={set.title}
      active={active}
      aria-current={active ? "true" : undefined}
      onClick={onClick}
      leftSection={<Icon size={15} aria-hidden />}
      rightSection={
        shown === undefined ? undefined : (
          <Badge variant="default" size="sm">
            {shown.toLocaleString()}
          </Badge>
        )
      }
      variant="light"
      bdrs="sm"
      py={4}
    />
  );
}

function RelatedTable({ set }: { set: RelatedSet }) {
  const blueprints = useBlueprints();
  const blueprint = blueprints.get(set.blueprint);
  const scorecards = useQuery(scorecardsQuery(set.blueprint));
  if (blueprint === undefined) {
    return (
      <Empty title="Nothing to show">The blueprint “{set.blueprint}” does not exist or is not visible to you.</Empty>
    );
  }
  return (
    <Loaded query={scorecards}>
      {(cards) => <TableOf set={set} blueprint={blueprint} fields={fieldsOf(blueprint, blueprints, cards)} />}
    </Loaded>
  );
}

interface TableProps {
  set: RelatedSet;
  blueprint: Blueprint;
  fields: ReturnType<typeof fieldsOf>;
}

const ROW = 40;
const TALLEST = 560;

function TableOf({ set, blueprint, fields }: TableProps) {
  const [arrangement, setArrangement] = useState<Arrangement>({});
  const columns = useMemo(() => arrangement.columns ?? usualColumns(fields), [arrangement.columns, fields]);
  const shown = columns.map(readColumn).flatMap(({ id }) => fields.find((field) => field.id === id) ?? []);
  const none = ownCount(set) === 0;
  const rows = useFlatRows(
    {
      blueprint: blueprint.identifier,
      query: queryOf(set.rule),
      sort: apiSort(readSort(arrangement.sort), fields),
      include: includeOf(shown),
    },
    !none,
  );
  const empty = (
    <Empty title="Nothing is related in this way" icon={<IconHierarchy size={24} />}>
      {set.kind === "in" ? `No ${blueprint.title || blueprint.identifier} leads here.` : "This relation is empty."}
    </Empty>
  );
  if (none) return empty;
  return (
    <EntityTable
      label={set.title}
      rows={rows}
      fields={fields}
      columns={columns}
      arrangement={arrangement}
      onArrange={(change) => setArrangement((before) => ({ ...before, ...change }))}
      height={Math.min((rows.lines.length + 1) * ROW + 20, TALLEST)}
      empty={empty}
    />
  );
}
