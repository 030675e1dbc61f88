import type { Blueprint, Entity, Json, JsonObject, PropertyDefinition, Rule } from "@/api/model";
import { type Field, fieldsOf, heldBy } from "@/features/pages/fields";

/** One thing that differs between two states of an entity. */
export interface Change {
  /** `title`, `properties.tier`, `relations.system`. */
  path: string;
  before: Json | undefined;
  after: Json | undefined;
}

const STAMPS = new Set(["createdAt", "createdBy", "updatedAt", "updatedBy"]);
const MAPS = new Set(["properties", "relations"]);

function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSame(one: Json | undefined, other: Json | undefined): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

/** What a change made different, by property and relation; stamps are told elsewhere. */
export function changesOf(before: JsonObject | null, after: JsonObject | null): Change[] {
  const found: Change[] = [];
  const compare = (path: string, was: JsonObject, is: JsonObject) => {
    for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
      const name = path === "" ? key : `${path}.${key}`;
      if (path === "" && STAMPS.has(key)) continue;
      if (path === "" && MAPS.has(key)) compare(key, mapOf(was[key]), mapOf(is[key]));
      else if (!isSame(was[key], is[key])) found.push({ path: name, before: was[key], after: is[key] });
    }
  };
  compare("", before ?? {}, after ?? {});
  return found;
}

function mapOf(value: Json | undefined): JsonObject {
  return isMap(value) ? value : {};
}

/** Properties that need a page of their own to be read. */
export type Special = "markdown" | "open-api" | "async-api" | "embedded-url" | "yaml" | "json";

/** How a property is shown in a tab of its own; none when one line will do. */
export function specialOf(definition: PropertyDefinition | undefined): Special | null {
  const spec = definition?.spec;
  if (spec === "open-api" || spec === "async-api" || spec === "embedded-url") return spec;
  if (definition?.format === "markdown") return "markdown";
  if (definition?.format === "yaml" || definition?.format === "proto") return "yaml";
  return definition?.type === "object" && definition.format !== "labeled-url" ? "json" : null;
}

/** The fields of an entity that have a tab of their own, those that hold something. */
export function tabFields(entity: Entity, fields: Field[]): Field[] {
  return fields.filter((field) => {
    const value = heldBy(entity, field);
    const special = specialOf(field.definition);
    return special !== null && special !== "json" && value !== null && value !== undefined && value !== "";
  });
}

/** A set of entities that this one is related to. */
export interface RelatedSet {
  /** What the address calls it: `out.system`, `in.deployment.service`, `up.domain`, `down.deployment`. */
  id: string;
  title: string;
  /** The blueprint of the related entities. */
  blueprint: string;
  rule: Rule;
  kind: "out" | "in" | "up" | "down";
}

function identifiersOf(value: Json | undefined): string[] {
  const list = Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
  return list.map((each) => (isMap(each) ? String(each.identifier) : String(each)));
}

/** The entities at the other ends of an entity's own relations, and of relations that lead to it. */
export function directSets(entity: Entity, blueprints: Map<string, Blueprint>): RelatedSet[] {
  const own = Object.entries(blueprints.get(entity.blueprint)?.relations ?? {}).map(
    ([name, relation]): RelatedSet => ({
      id: `out.${name}`,
      title: relation.title || name,
      blueprint: relation.target,
      rule: { property: "$identifier", operator: "in", value: identifiersOf(entity.relations[name]) },
      kind: "out",
    }),
  );
  const leading = [...blueprints.values()].flatMap((source) =>
    Object.entries(source.relations)
      .filter(([, { target }]) => target === entity.blueprint)
      .map(
        ([name, { many, title }]): RelatedSet => ({
          id: `in.${source.identifier}.${name}`,
          title: `${source.title || source.identifier} · ${title || name}`,
          blueprint: source.identifier,
          rule: { relation: name, operator: many ? "contains" : "=", value: entity.identifier },
          kind: "in",
        }),
      ),
  );
  return [...own, ...leading];
}

/** Everything of one blueprint along any number of relations, in one direction. */
export function farSet(entity: Entity, kind: "up" | "down", blueprint: string, title: string): RelatedSet {
  return { id: `${kind}.${blueprint}`, title, blueprint, rule: farRule(entity, kind), kind };
}

/** The rule for everything in one direction. */
export function farRule({ blueprint, identifier }: Entity, kind: "up" | "down"): Rule {
  const direction = kind === "up" ? "upstream" : "downstream";
  return { operator: "relatedTo", blueprint, value: identifier, direction };
}

/** Fields for an overview: what was entered, what was worked out, and what is told in the head is left out. */
export function overviewFields(entity: Entity, blueprint: Blueprint, blueprints: Map<string, Blueprint>) {
  const fields = fieldsOf(blueprint, blueprints).filter(({ source }) => source !== "meta" && source !== "relation");
  const short = fields.filter((field) => {
    const special = specialOf(field.definition);
    return special === null || special === "json" || heldBy(entity, field) === null;
  });
  return {
    own: short.filter(({ source }) => source === "property"),
    derived: short.filter(({ source }) => source !== "property"),
  };
}

export interface Operation {
  method: string;
  path: string;
  summary: string;
  deprecated: boolean;
}

export interface Api {
  title: string;
  version: string;
  description: string;
  servers: string[];
  operations: Operation[];
}

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "publish", "subscribe"];

/** What an OpenAPI or AsyncAPI description in JSON offers; null when it is none that can be read. */
export function apiOf(value: Json | undefined): Api | null {
  const found = typeof value === "string" ? parsed(value) : value;
  if (!isMap(found) || !("openapi" in found || "swagger" in found || "asyncapi" in found)) return null;
  const info = mapOf(found.info);
  const paths = { ...mapOf(found.paths), ...mapOf(found.channels) };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(mapOf(methods)).flatMap(([method, operation]): Operation[] =>
      METHODS.includes(method)
        ? [
            {
              method: method.toUpperCase(),
              path,
              summary: String(mapOf(operation).summary ?? mapOf(operation).operationId ?? ""),
              deprecated: mapOf(operation).deprecated === true,
            },
          ]
        : [],
    ),
  );
  const version3 = Object.entries(mapOf(found.operations)).map(([name, operation]): Operation => {
    const { action, summary, channel } = mapOf(operation);
    return {
      method: String(action ?? "").toUpperCase(),
      path: String(mapOf(channel).$ref ?? name).replace("#/channels/", ""),
      summary: String(summary ?? name),
      deprecated: false,
    };
  });
  const servers = Array.isArray(found.servers) ? found.servers : Object.values(mapOf(found.servers));
  return {
    title: String(info.title ?? ""),
    version: String(info.version ?? ""),
    description: String(info.description ?? ""),
    servers: servers.map((server) => String(mapOf(server).url ?? mapOf(server).host ?? "")).filter(Boolean),
    operations: [...operations, ...version3],
  };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

export interface GraphEntity {
  id: string;
  label: string;
  sub: string;
  blueprint: string;
  identifier: string;
}

const keyOf = (blueprint: string, identifier: string) => `${blueprint}:${identifier}`;

/** What a value of a relation names: an identifier, alone or beside its title. */
function namedBy(target: Json): string[] {
  if (typeof target === "string") return [target];
  return isMap(target) && typeof target.identifier === "string" ? [target.identifier] : [];
}

/** An entity and others as nodes, and the relations between them as edges. */
export function graphOf(entity: Entity, others: Entity[], blueprints: Map<string, Blueprint>) {
  const all = new Map([entity, ...others].map((each) => [keyOf(each.blueprint, each.identifier), each]));
  const nodes: GraphEntity[] = [...all].map(([id, each]) => ({
    id,
    label: each.title || each.identifier,
    sub: blueprints.get(each.blueprint)?.title ?? each.blueprint,
    blueprint: each.blueprint,
    identifier: each.identifier,
  }));
  const edges = [...all].flatMap(([from, each]) =>
    Object.entries(blueprints.get(each.blueprint)?.relations ?? {}).flatMap(([name, relation]) =>
      [each.relations[name]]
        .flat()
        .flatMap((target) => namedBy(target ?? null))
        .map((target) => ({ from, to: keyOf(relation.target, target), label: relation.title || name }))
        .filter(({ to }) => all.has(to))
        .map((edge) => ({ ...edge, id: `${edge.from} ${name} ${edge.to}` })),
    ),
  );
  return { nodes, edges };
}
