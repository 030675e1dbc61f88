import { expect, test } from "vitest";
import type { Blueprint, Entity } from "@/api/model";
import { graphOf } from "@/features/entity/model";

const STAMPS = { createdAt: "", createdBy: "", updatedAt: "", updatedBy: "" };
const blueprint = (identifier: string, relations: Blueprint["relations"]): Blueprint => ({
  ...STAMPS,
  identifier,
  title: identifier.toUpperCase(),
  schema: { properties: {}, required: [] },
  relations,
});
const entity = (kind: string, identifier: string, relations: Entity["relations"] = {}): Entity => ({
  ...STAMPS,
  identifier,
  title: null,
  blueprint: kind,
  properties: {},
  relations,
});
const BLUEPRINTS = new Map([
  ["service", blueprint("service", { system: { target: "system", required: false, many: false, title: "System" } })],
  ["system", blueprint("system", {})],
]);

test("relations between what is shown are edges, once each", () => {
  const service = entity("service", "a", { system: "s" });
  const { nodes, edges } = graphOf(service, [entity("system", "s"), entity("system", "s")], BLUEPRINTS);
  expect(nodes.map(({ id }) => id)).toEqual(["service:a", "system:s"]);
  expect(edges).toEqual([{ id: "service:a system system:s", from: "service:a", to: "system:s", label: "System" }]);
});

test("targets beside their titles count, and those that are not shown do not", () => {
  const titled = entity("service", "a", { system: { identifier: "s", title: "S" } });
  expect(graphOf(titled, [entity("system", "s")], BLUEPRINTS).edges).toHaveLength(1);
  expect(graphOf(titled, [], BLUEPRINTS).edges).toHaveLength(0);
});
