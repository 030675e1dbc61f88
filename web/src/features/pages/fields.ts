import type { Blueprint, Entity, Json, PropertyDefinition } from "@/api/model";

/** What a field holds, as far as showing, filtering and sorting go. */
export type Kind =
  | "text"
  | "enum"
  | "number"
  | "boolean"
  | "date"
  | "timer"
  | "user"
  | "team"
  | "array"
  | "object"
  | "relation"
  | "relations"
  | "scorecard";

export type Source = "meta" | "property" | "mirror" | "calculation" | "aggregation" | "relation" | "scorecard";

/** Anything of an entity that a column, a filter or a group can be about. */
export interface Field {
  /** `$title`, `tier`, `relation:system`, `scorecard:readiness`. */
  id: string;
  /** The name that the API knows it by. */
  name: string;
  title: string;
  kind: Kind;
  source: Source;
  definition?: PropertyDefinition;
  /** Of a relation: the blueprint it leads to. */
  target?: string;
  /** Of a scorecard: from the lowest to the highest. */
  levels?: { title: string; color?: string }[];
  description?: string;
  required?: boolean;
}

export interface ScorecardDefinition {
  identifier: string;
  title: string;
  blueprint: string;
  levels: { title: string; color?: string }[];
  rules: { identifier: string; title: string; level: string }[];
}

const META: Field[] = [
  { id: "$title", name: "$title", title: "Title", kind: "text", source: "meta" },
  { id: "$identifier", name: "$identifier", title: "Identifier", kind: "text", source: "meta" },
  { id: "$team", name: "$team", title: "Owner teams", kind: "team", source: "meta" },
  { id: "$createdAt", name: "$createdAt", title: "Created", kind: "date", source: "meta" },
  { id: "$createdBy", name: "$createdBy", title: "Created by", kind: "text", source: "meta" },
  { id: "$updatedAt", name: "$updatedAt", title: "Updated", kind: "date", source: "meta" },
  { id: "$updatedBy", name: "$updatedBy", title: "Updated by", kind: "text", source: "meta" },
];

/** The kind of a property of this definition. */
export function kindOf(definition: PropertyDefinition): Kind {
  if (definition.type === "number") return definition.enum ? "enum" : "number";
  if (definition.type === "boolean") return "boolean";
  if (definition.type === "array") return "array";
  if (definition.type === "object") return "object";
  if (definition.enum) return "enum";
  if (definition.format === "date-time") return "date";
  if (definition.format === "timer") return "timer";
  return definition.format === "user" ? "user" : "text";
}

/** The definition of what a mirror shows, found along its path. */
export function mirrored(
  blueprints: Map<string, Blueprint>,
  start: Blueprint,
  path: string,
): PropertyDefinition | undefined {
  const steps = path.split(".");
  const last = steps.pop();
  let here: Blueprint | undefined = start;
  let many = false;
  for (const step of steps) {
    const relation: { target: string; many: boolean } | undefined = here?.relations[step];
    many ||= relation?.many ?? false;
    here = relation && blueprints.get(relation.target);
  }
  if (here === undefined || last === undefined) return undefined;
  const plain: PropertyDefinition | undefined = last.startsWith("$")
    ? { type: "string", format: last.endsWith("At") ? "date-time" : undefined }
    : (here.schema.properties[last] ?? here.calculationProperties?.[last]);
  return many ? { type: "array" } : plain;
}

/** All fields of a blueprint, in the order in which a person looks for them. */
export function fieldsOf(
  blueprint: Blueprint,
  blueprints: Map<string, Blueprint>,
  scorecards: ScorecardDefinition[] = [],
): Field[] {
  const property = (source: Source, name: string, definition: PropertyDefinition, title?: string): Field => ({
    id: name,
    name,
    title: title || definition.title || name,
    kind: kindOf(definition),
    source,
    definition,
    description: definition.description,
    required: blueprint.schema.required?.includes(name),
  });
  return [
    ...META,
    ...Object.entries(blueprint.schema.properties).map(([name, each]) => property("property", name, each)),
    ...Object.entries(blueprint.relations).map(
      ([name, relation]): Field => ({
        id: `relation:${name}`,
        name,
        title: relation.title || name,
        kind: relation.many ? "relations" : "relation",
        source: "relation",
        target: relation.target,
        description: relation.description,
        required: relation.required,
      }),
    ),
    ...Object.entries(blueprint.mirrorProperties ?? {}).map(([name, each]) =>
      property("mirror", name, mirrored(blueprints, blueprint, each.path) ?? { type: "string" }, each.title),
    ),
    ...Object.entries(blueprint.calculationProperties ?? {}).map(([name, each]) => property("calculation", name, each)),
    ...Object.entries(blueprint.aggregationProperties ?? {}).map(([name, each]) =>
      property("aggregation", name, { type: "number" }, each.title),
    ),
    ...scorecards.map(
      (card): Field => ({
        id: `scorecard:${card.identifier}`,
        name: card.identifier,
        title: card.title,
        kind: "scorecard",
        source: "scorecard",
        levels: card.levels,
      }),
    ),
  ];
}

/** What an entity holds in a field; a relation as `{identifier, title}` or a list of them. */
export function heldBy(entity: Entity, field: Field): Json | undefined {
  switch (field.source) {
    case "relation":
      return entity.relations?.[field.name];
    case "scorecard":
      return entity.scorecards?.[field.name]?.level;
    case "meta":
      return entity[field.name.slice(1) as "title"] as Json;
    default:
      return entity.properties?.[field.name];
  }
}

/** What to ask the API for to show these fields, and the name of each entity. */
export function includeOf(fields: Field[]): string[] {
  const named = fields.map((field) => {
    if (field.source === "meta") return field.name.slice(1);
    if (field.source === "relation") return `relations.${field.name}`;
    return field.source === "scorecard" ? "scorecards" : `properties.${field.name}`;
  });
  return [...new Set(["identifier", "title", "blueprint", "icon", ...named])];
}

const SORTED = new Set<Kind>(["text", "enum", "number", "boolean", "date", "timer", "user"]);

/** Whether the API sorts by it: own single values and what every entity has. */
export function isSortable({ source, kind }: Field): boolean {
  return (source === "property" || source === "meta") && SORTED.has(kind);
}

const LONG = new Set(["url", "markdown", "yaml", "proto", "labeled-url"]);

/** Whether a table of groups by it says something. */
export function isGroupable({ kind, id, definition }: Field): boolean {
  if (id === "$title" || id === "$identifier") return false;
  if (kind === "date" || kind === "timer" || kind === "object") return false;
  return !LONG.has(definition?.format ?? "") && definition?.spec === undefined;
}

const SHOWN = 9;

/** The columns of a page that nobody has arranged yet: short values first, nothing that needs a page of its own. */
export function usualColumns(fields: Field[]): string[] {
  const short = fields.filter(
    (field) => field.source !== "meta" && isGroupable(field) && (field.kind !== "text" || !isProse(field)),
  );
  const order: Source[] = ["scorecard", "property", "relation", "mirror", "calculation", "aggregation"];
  const ranked = order.flatMap((source) => short.filter((field) => field.source === source));
  const picked = new Set(ranked.slice(0, SHOWN).map(({ id }) => id));
  const kept = fields.filter(({ id }) => picked.has(id)).map(({ id }) => id);
  return ["$title", "$team", ...kept, "$updatedAt"];
}

function isProse({ name, definition }: Field): boolean {
  return name === "description" || definition?.spec !== undefined || LONG.has(definition?.format ?? "");
}
