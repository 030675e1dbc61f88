import { describe, expect, it } from "vitest";
import { ApiError } from "@/api/errors";
import type { Blueprint, Entity } from "@/api/model";
import { alteration, creation, draftOf, emptyDraft, fieldErrors, knownTitles } from "@/features/entity/form/model";
import { apiOf, changesOf, directSets, farSet, overviewFields, specialOf, tabFields } from "@/features/entity/model";
import { fieldsOf } from "@/features/pages/fields";
import { localTime, utcTime } from "@/ui/moments";

const stamps = { createdAt: "2026-01-01T00:00:00Z", createdBy: "a", updatedAt: "2026-01-01T00:00:00Z", updatedBy: "a" };
const service: Blueprint = {
  ...stamps,
  identifier: "service",
  title: "Service",
  schema: {
    properties: {
      tier: { type: "string", default: "gold" },
      readme: { type: "string", format: "markdown" },
      api: { type: "string", spec: "open-api" },
      extra: { type: "object" },
    },
    required: [],
  },
  relations: {
    domain: { target: "domain", required: false, many: false, title: "Domain" },
    uses: { target: "service", required: false, many: true },
  },
};
const domain: Blueprint = {
  ...stamps,
  identifier: "domain",
  title: "Domain",
  schema: { properties: {}, required: [] },
  relations: {},
};
const blueprints = new Map([
  ["service", service],
  ["domain", domain],
]);
const entity: Entity = {
  ...stamps,
  identifier: "shop",
  title: "Shop",
  blueprint: "service",
  team: ["Red"],
  properties: { tier: "gold", readme: "# Hi", api: null, extra: { a: 1 } },
  relations: { domain: { identifier: "d", title: "Dee" }, uses: [{ identifier: "cart", title: null }] },
};

describe("forms", () => {
  it("begin with defaults, or with what the entity holds", () => {
    expect(emptyDraft(service).properties).toEqual({ tier: "gold" });
    expect(draftOf(entity, service)).toMatchObject({
      title: "Shop",
      team: ["Red"],
      relations: { domain: "d", uses: ["cart"] },
      properties: { tier: "gold", readme: "# Hi", extra: { a: 1 } },
    });
    expect(knownTitles(entity)).toEqual({ d: "Dee", cart: "cart" });
  });

  it("send what was filled in", () => {
    const draft = { ...emptyDraft(service), title: " New ", relations: { uses: [], domain: "d" } };
    expect(creation(draft)).toEqual({ title: "New", properties: { tier: "gold" }, relations: { domain: "d" } });
  });

  it("send only what differs, and null for what was emptied", () => {
    const before = draftOf(entity, service);
    expect(alteration(before, before)).toEqual({});
    const after = {
      ...before,
      title: "",
      properties: { readme: "# Hi", extra: { a: 2 } },
      relations: { domain: null, uses: [] },
    };
    expect(alteration(before, after)).toEqual({
      title: null,
      properties: { tier: null, extra: { a: 2 } },
      relations: { domain: null, uses: [] },
    });
  });

  it("show complaints beside their fields", () => {
    const details = { errors: [{ property: "tier", message: "must be gold" }] };
    expect(fieldErrors(new ApiError(422, "x", "no", details))).toEqual({ tier: "must be gold" });
    expect(fieldErrors(null)).toEqual({});
  });
});

describe("times", () => {
  it("go to the field and back", () => {
    const instant = "2026-05-04T03:02:00.000Z";
    expect(utcTime(localTime(instant))).toBe(instant);
    expect(localTime("never")).toBe("");
    expect(utcTime("")).toBeUndefined();
  });
});

describe("changes", () => {
  it("are told by property and relation, without stamps", () => {
    const before = { title: "a", updatedAt: "1", properties: { tier: "gold", same: [1] }, relations: { domain: "d" } };
    const after = { title: "b", updatedAt: "2", properties: { tier: "silver", same: [1], fresh: true }, relations: {} };
    expect(changesOf(before, after)).toEqual([
      { path: "title", before: "a", after: "b" },
      { path: "properties.tier", before: "gold", after: "silver" },
      { path: "properties.fresh", before: undefined, after: true },
      { path: "relations.domain", before: "d", after: undefined },
    ]);
    expect(changesOf(null, null)).toEqual([]);
  });
});

describe("what an entity shows", () => {
  const fields = fieldsOf(service, blueprints);

  it("gives long values a tab when there is one", () => {
    expect(tabFields(entity, fields).map(({ id }) => id)).toEqual(["readme"]);
    expect(specialOf({ type: "object" })).toBe("json");
    expect(specialOf({ type: "object", format: "labeled-url" })).toBeNull();
    expect(overviewFields(entity, service, blueprints).own.map(({ id }) => id)).toEqual(["tier", "api", "extra"]);
  });

  it("names what it is related to in both directions", () => {
    expect(directSets(entity, blueprints).map(({ id, rule }) => [id, rule.value])).toEqual([
      ["out.domain", ["d"]],
      ["out.uses", ["cart"]],
      ["in.service.uses", "shop"],
    ]);
    expect(farSet(entity, "down", "service", "Service").rule).toEqual({
      operator: "relatedTo",
      blueprint: "service",
      value: "shop",
      direction: "downstream",
    });
  });
});

describe("descriptions of APIs", () => {
  it("list operations of OpenAPI and AsyncAPI", () => {
    const openapi = JSON.stringify({
      openapi: "3.1.0",
      info: { title: "Shop", version: "2" },
      servers: [{ url: "https://shop.example" }],
      paths: {
        "/carts": { get: { summary: "Carts" }, post: { operationId: "add", deprecated: true }, parameters: [] },
      },
    });
    expect(apiOf(openapi)).toMatchObject({
      title: "Shop",
      servers: ["https://shop.example"],
      operations: [
        { method: "GET", path: "/carts", summary: "Carts", deprecated: false },
        { method: "POST", path: "/carts", summary: "add", deprecated: true },
      ],
    });
    const asyncapi = {
      asyncapi: "3.0.0",
      operations: { tell: { action: "send", channel: { $ref: "#/channels/news" } } },
    };
    expect(apiOf(asyncapi)?.operations).toEqual([{ method: "SEND", path: "news", summary: "tell", deprecated: false }]);
  });

  it("are none when they cannot be read", () => {
    expect(apiOf("openapi: 3.0.0")).toBeNull();
    expect(apiOf({ a: 1 })).toBeNull();
    expect(apiOf(null)).toBeNull();
  });
});
