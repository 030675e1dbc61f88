import { expect, test } from "vitest";
import { type Draft, kindOf, withoutProperty, withoutStamps, withProperty } from "@/features/builder/model";
import { schemasAt } from "@/ui/code/completion";
import { identifierOf } from "@/ui/names";

const DRAFT: Draft = {
  identifier: "service",
  title: "Service",
  schema: { properties: { tier: { type: "string" } }, required: ["tier"] },
  relations: {},
};

test("identifiers are made of titles", () => {
  expect(identifierOf("Tech lead")).toBe("tech_lead");
  expect(identifierOf("  Size (mm) ")).toBe("size_mm");
  expect(identifierOf("—")).toBe("");
});

test("a property comes and goes with its place among the required ones", () => {
  const more = withProperty(DRAFT, "lead", { type: "string", format: "user" }, true);
  expect(more.schema.required).toEqual(["tier", "lead"]);
  expect(withProperty(more, "lead", { type: "string" }, false).schema.required).toEqual(["tier"]);
  expect(withoutProperty(more, "tier").schema).toEqual({
    properties: { lead: { type: "string", format: "user" } },
    required: ["lead"],
  });
});

test("kinds are told from type and format", () => {
  expect(kindOf({ type: "string", format: "user" })).toBe("User");
  expect(kindOf({ type: "string", format: "proto" })).toBe("Text");
  expect(kindOf({ type: "array", items: { type: "string" } })).toBe("List");
});

test("stamps are not sent back", () => {
  expect(withoutStamps({ identifier: "a", createdAt: "x", updatedBy: "y" })).toEqual({ identifier: "a" });
});

test("a schema is followed through properties, lists and alternatives", () => {
  const leaf = { enum: ["a", "b"] };
  const schema = {
    properties: { list: { items: { anyOf: [{ properties: { kind: leaf } }, { type: "string" }] } } },
    additionalProperties: { properties: { other: leaf } },
  };
  expect(schemasAt(schema, ["list", 0, "kind"])).toEqual([leaf]);
  expect(schemasAt(schema, ["anything", "other"])).toEqual([leaf]);
  expect(schemasAt(schema, ["list", "kind"])).toEqual([]);
});
