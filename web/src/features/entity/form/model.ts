import type { ApiError } from "@/api/errors";
import type { Blueprint, Entity, Json, PropertyDefinition } from "@/api/model";
import type { EntityBody } from "../api";

/** What a form of an entity holds; a relation as identifiers. */
export interface Draft {
  identifier: string;
  title: string;
  team: string[];
  properties: Record<string, Json>;
  relations: Record<string, string | string[] | null>;
}

type Reference = { identifier: string; title?: string | null };

function identifierOf(value: Json): string {
  return typeof value === "object" && value !== null ? String((value as Reference).identifier) : String(value);
}

/** The form of a new entity, with the defaults of its blueprint. */
export function emptyDraft(blueprint: Blueprint): Draft {
  const properties: Record<string, Json> = {};
  for (const [name, { default: usual }] of Object.entries(blueprint.schema.properties)) {
    if (usual !== undefined) properties[name] = usual;
  }
  return { identifier: "", title: "", team: [], properties, relations: {} };
}

/** The form of an entity as it is. */
export function draftOf(entity: Entity, blueprint: Blueprint): Draft {
  const properties: Record<string, Json> = {};
  for (const name of Object.keys(blueprint.schema.properties)) {
    const value = entity.properties[name];
    if (value !== null && value !== undefined) properties[name] = value;
  }
  const relations: Draft["relations"] = {};
  for (const name of Object.keys(blueprint.relations)) {
    const value = entity.relations[name];
    if (value === null || value === undefined) continue;
    relations[name] = Array.isArray(value) ? value.map(identifierOf) : identifierOf(value);
  }
  return { identifier: entity.identifier, title: entity.title ?? "", team: entity.team ?? [], properties, relations };
}

/** Titles of what an entity is related to, by identifier. */
export function knownTitles(entity: Entity | undefined): Record<string, string> {
  const known: Record<string, string> = {};
  for (const value of Object.values(entity?.relations ?? {})) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (typeof each === "object" && each !== null && !Array.isArray(each)) {
        known[String(each.identifier)] = String(each.title || each.identifier);
      }
    }
  }
  return known;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function filled<T>(values: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isNothing(value)));
}

/** What is sent to create what the form says. */
export function creation(draft: Draft): EntityBody {
  const { identifier, title, team, properties, relations } = draft;
  return {
    ...(identifier.trim() && { identifier: identifier.trim() }),
    ...(title.trim() && { title: title.trim() }),
    ...(team.length > 0 && { team }),
    properties: filled(properties),
    relations: filled(relations) as Record<string, Json>,
  };
}

function changed<T>(before: Record<string, T>, after: Record<string, T>): Record<string, Json> {
  const found: Record<string, Json> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name], after[name]];
    if (isNothing(was) && isNothing(is)) continue;
    if (JSON.stringify(was) !== JSON.stringify(is)) found[name] = isNothing(is) ? null : (is as Json);
  }
  return found;
}

/** What is sent to change one into the other: only what differs, null for what was emptied. */
export function alteration(before: Draft, after: Draft): EntityBody {
  const body: EntityBody = {};
  if (after.title.trim() !== before.title) body.title = after.title.trim() || null;
  if (JSON.stringify(after.team) !== JSON.stringify(before.team)) body.team = after.team;
  const properties = changed(before.properties, after.properties);
  const relations = changed(before.relations, after.relations);
  for (const [name, value] of Object.entries(relations)) {
    // to empty a list is to send an empty list
    if (value === null && Array.isArray(before.relations[name])) relations[name] = [];
  }
  if (Object.keys(properties).length > 0) body.properties = properties;
  if (Object.keys(relations).length > 0) body.relations = relations;
  return body;
}

/** What the portal has against single fields, by their names. */
export function fieldErrors(problem: ApiError | Error | null): Record<string, string> {
  const details = (problem as ApiError | null)?.details as
    | { errors?: { property?: string; relation?: string; message: string }[] }
    | undefined;
  const found: Record<string, string> = {};
  for (const { property, relation, message } of details?.errors ?? []) {
    const name = property ?? relation;
    if (name !== undefined) found[name] = message;
  }
  return found;
}

/** Whether a property is easier written as code. */
export function isCode(definition: PropertyDefinition): "json" | "yaml" | null {
  if (definition.format === "yaml") return "yaml";
  if (definition.type === "object" && definition.format !== "labeled-url") return "json";
  return definition.type === "array" && definition.items?.type === "object" ? "json" : null;
}
