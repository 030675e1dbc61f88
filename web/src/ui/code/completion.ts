import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import type { EditorState, Extension } from "@codemirror/state";
import type { SyntaxNode } from "@lezer/common";

/** As much of JSON Schema as suggestions need. */
export interface Schema {
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

type Step = string | number;

/** The alternatives of a schema, itself included. */
function flat(schema: Schema): Schema[] {
  return [schema, ...[schema.anyOf, schema.oneOf, schema.allOf].flatMap((each) => each ?? []).flatMap(flat)];
}

/** What a schema says about the place that a path leads to. */
export function schemasAt(root: Schema, path: Step[]): Schema[] {
  let found = flat(root);
  for (const step of path) {
    found = found.flatMap((schema) => {
      if (typeof step === "number") return schema.items ? flat(schema.items) : [];
      const own = schema.properties?.[step];
      if (own) return flat(own);
      return typeof schema.additionalProperties === "object" ? flat(schema.additionalProperties) : [];
    });
  }
  return found;
}

function nameOf(state: EditorState, property: SyntaxNode): string {
  const name = property.getChild("PropertyName");
  return name ? state.sliceDoc(name.from, name.to).replace(/^"|"$/g, "") : "";
}

/** The path from the document to the value that a node is or stands in. */
export function pathOf(state: EditorState, node: SyntaxNode): Step[] {
  const path: Step[] = [];
  for (let at: SyntaxNode | null = node; at?.parent; at = at.parent) {
    if (at.parent.name === "Property" && at.name !== "PropertyName") path.unshift(nameOf(state, at.parent));
    if (at.parent.name === "Array" && !["[", "]", ","].includes(at.name)) {
      let index = 0;
      for (let before = at.prevSibling; before; before = before.prevSibling) {
        if (!["[", "]", ","].includes(before.name)) index += 1;
      }
      path.unshift(index);
    }
  }
  return path;
}

function keys(state: EditorState, schemas: Schema[], object: SyntaxNode): { label: string; info?: string }[] {
  const present = new Set(object.getChildren("Property").map((property) => nameOf(state, property)));
  const known = new Map<string, string | undefined>();
  for (const schema of schemas) {
    for (const [name, spec] of Object.entries(schema.properties ?? {})) known.set(name, spec.description);
  }
  return [...known].filter(([name]) => !present.has(name)).map(([label, info]) => ({ label, info }));
}

function values(schemas: Schema[]): unknown[] {
  const found = schemas.flatMap((schema) => [...(schema.enum ?? []), ...("const" in schema ? [schema.const] : [])]);
  if (schemas.some((schema) => [schema.type].flat().includes("boolean"))) found.push(true, false);
  return [...new Set(found)];
}

/** Suggests keys and values that a schema knows, while somebody writes JSON. */
export function schemaCompletion(schema: Schema): Extension {
  const source = (context: CompletionContext): CompletionResult | null => {
    const { state, pos } = context;
    const node = syntaxTree(state).resolveInner(pos, -1);
    const word = context.matchBefore(/"?[\w$-]*/);
    const from = word?.from ?? pos;
    if (word?.text === "" && !context.explicit) return null;
    const isName = node.name === "PropertyName" || node.name === "Object" || node.name === "{" || node.name === ",";
    const object = node.name === "Object" ? node : node.parent?.name === "Property" ? node.parent.parent : node.parent;
    if (isName && object?.name === "Object") {
      const options = keys(state, schemasAt(schema, pathOf(state, object)), object).map(({ label, info }) => ({
        label: `"${label}"`,
        apply: `"${label}": `,
        info,
        type: "property",
      }));
      return { from, options, validFor: /^"?[\w$-]*$/ };
    }
    const options = values(schemasAt(schema, pathOf(state, node))).map((value) => ({
      label: JSON.stringify(value),
      type: "enum",
    }));
    return options.length === 0 ? null : { from, options, validFor: /^"?[\w$-]*$/ };
  };
  return autocompletion({ override: [source], icons: false });
}
