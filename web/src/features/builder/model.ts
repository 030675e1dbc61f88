import type { Blueprint, JsonObject, PropertyDefinition, RelationDefinition } from "@/api/model";

/** Addresses of the builder's lists. */
export const BUILDER: string = "/builder";
export const ACTIONS: string = "/builder/actions";
export const SCORECARDS: string = "/builder/scorecards";

/** What the portal adds to documents; never sent back. */
const STAMPS = new Set(["id", "createdAt", "createdBy", "updatedAt", "updatedBy"]);

/** A document as somebody may write it. */
export function withoutStamps(document: object): JsonObject {
  return Object.fromEntries(Object.entries(document).filter(([key]) => !STAMPS.has(key))) as JsonObject;
}

export interface Kind {
  label: string;
  type: PropertyDefinition["type"];
  format?: string;
  items?: PropertyDefinition["items"];
}

/** The kinds of properties that people choose from. */
export const KINDS: Kind[] = [
  { label: "Text", type: "string" },
  { label: "Number", type: "number" },
  { label: "Yes or no", type: "boolean" },
  { label: "Link", type: "string", format: "url" },
  { label: "E-mail", type: "string", format: "email" },
  { label: "Date and time", type: "string", format: "date-time" },
  { label: "Timer", type: "string", format: "timer" },
  { label: "User", type: "string", format: "user" },
  { label: "Team", type: "string", format: "team" },
  { label: "Markdown", type: "string", format: "markdown" },
  { label: "YAML", type: "string", format: "yaml" },
  { label: "Object", type: "object" },
  { label: "List", type: "array", items: { type: "string" } },
];

/** The kind that a definition is of. */
export function kindOf(definition: PropertyDefinition): string {
  const exact = KINDS.find((kind) => kind.type === definition.type && kind.format === definition.format);
  return (exact ?? KINDS.find((kind) => kind.type === definition.type && !kind.format))?.label ?? "Text";
}

export type Draft = Partial<Omit<Blueprint, "schema" | "relations">> & {
  identifier: string;
  title: string;
  schema: { properties: Record<string, PropertyDefinition>; required: string[] };
  relations: Record<string, RelationDefinition>;
};

/** The draft with a property added or replaced. */
export function withProperty(draft: Draft, name: string, definition: PropertyDefinition, required: boolean): Draft {
  const others = (draft.schema.required ?? []).filter((each) => each !== name);
  return {
    ...draft,
    schema: {
      ...draft.schema,
      properties: { ...draft.schema.properties, [name]: definition },
      required: required ? [...others, name] : others,
    },
  };
}

/** The draft without a property. */
export function withoutProperty(draft: Draft, name: string): Draft {
  const { [name]: _gone, ...properties } = draft.schema.properties;
  const required = (draft.schema.required ?? []).filter((each) => each !== name);
  return { ...draft, schema: { ...draft.schema, properties, required } };
}

/** The draft with a relation added or replaced. */
export function withRelation(draft: Draft, name: string, relation: RelationDefinition): Draft {
  return { ...draft, relations: { ...draft.relations, [name]: relation } };
}

/** The draft without a relation. */
export function withoutRelation(draft: Draft, name: string): Draft {
  const { [name]: _gone, ...relations } = draft.relations;
  return { ...draft, relations };
}
