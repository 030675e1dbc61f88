import { Badge, Group, Text } from "@mantine/core";
import { IconMedal2, IconUsersGroup } from "@tabler/icons-react";
import type { Entity, Json } from "@/api/model";
import type { Column } from "@/ui/grid/model";
import { colorOf } from "@/ui/status";
import { Ago } from "@/ui/time";
import { EntityLink } from "@/ui/value/links";
import { Nothing, PropertyValue } from "@/ui/value/property-value";
import { type Field, heldBy, isSortable } from "../fields";
import { readable } from "../model";

const MOST = 4;
const WIDTHS: Record<Field["kind"], number> = {
  text: 200,
  enum: 140,
  number: 110,
  boolean: 100,
  date: 140,
  timer: 140,
  user: 220,
  team: 150,
  array: 220,
  object: 160,
  relation: 170,
  relations: 240,
  scorecard: 150,
};

/** The width of a column that nobody has changed. */
export function usualWidth(field: Field): number {
  return field.id === "$title" ? 260 : WIDTHS[field.kind];
}

function Related({ value, target }: { value: Json; target: string }) {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return <EntityLink blueprint={target} identifier={String(value.identifier)} title={value.title as string | null} />;
  }
  return <EntityLink blueprint={target} identifier={String(value)} />;
}

function RelatedMany({ values, target }: { values: Json[]; target: string }) {
  if (values.length === 0) return <Nothing />;
  return (
    <Group gap={8} wrap="nowrap">
      {values.slice(0, MOST).map((value) => (
        <Related key={readable(value)} value={value} target={target} />
      ))}
      {values.length > MOST && <Badge variant="default">+{values.length - MOST}</Badge>}
    </Group>
  );
}

/** Who owns something. */
export function Teams({ teams }: { teams: string[] | undefined }) {
  if (!teams || teams.length === 0) return <Nothing />;
  return (
    <Group gap={4} wrap="nowrap">
      {teams.map((team) => (
        <Badge key={team} variant="default" tt="none" fw={500} leftSection={<IconUsersGroup size={13} aria-hidden />}>
          {team}
        </Badge>
      ))}
    </Group>
  );
}

/** The level that a scorecard gives. */
export function Level({ level, levels }: { level: string; levels: Field["levels"] }) {
  const color = levels?.find(({ title }) => title === level)?.color;
  return (
    <Badge variant="light" color={colorOf(color)} tt="none" leftSection={<IconMedal2 size={13} aria-hidden />}>
      {level}
    </Badge>
  );
}

/** What an entity holds in a field, on one line. */
export function FieldValue({ entity, field }: { entity: Entity; field: Field }) {
  const value = heldBy(entity, field);
  if (field.id === "$title") {
    return <EntityLink blueprint={entity.blueprint} identifier={entity.identifier} title={entity.title} />;
  }
  if (field.kind === "team") return <Teams teams={value as string[] | undefined} />;
  if (value === null || value === undefined) return <Nothing />;
  if (field.source === "meta" && field.kind === "date") return <Ago at={value as string} />;
  if (field.source === "scorecard") return <Level level={String(value)} levels={field.levels} />;
  if (field.target !== undefined) {
    if (Array.isArray(value)) return <RelatedMany values={value} target={field.target} />;
    return <Related value={value} target={field.target} />;
  }
  if (field.source === "meta") {
    return (
      <Text size="sm" truncate title={String(value)}>
        {String(value)}
      </Text>
    );
  }
  return <PropertyValue value={value} definition={field.definition} />;
}

/** A field as a column of the grid. */
export function columnOf(field: Field, width: number | undefined): Column<Entity> {
  return {
    id: field.id,
    title: field.title,
    width: width ?? usualWidth(field),
    sortable: isSortable(field),
    description: field.description,
    cell: (entity) => <FieldValue entity={entity} field={field} />,
    text: (entity) => readable(heldBy(entity, field)),
  };
}
