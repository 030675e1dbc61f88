import { describe, expect, it } from "vitest";
import type { Blueprint, Entity, Query } from "@/api/model";
import { arrangementOf, baseOf, withArrangement } from "@/features/pages/defaults";
import { fieldsOf, heldBy, includeOf, isGroupable, isSortable, usualColumns } from "@/features/pages/fields";
import {
  changedOperator,
  countOf,
  fieldOf,
  freshRule,
  describe as inWords,
  isWhole,
  operatorsOf,
  whole,
} from "@/features/pages/filters/model";
import {
  csvOf,
  groupRule,
  isChanged,
  over,
  queryOf,
  quickRule,
  readColumn,
  readSearch,
  readSort,
  writeColumn,
  writeSearch,
  writeSort,
} from "@/features/pages/model";
import { changeOf, isEditable, plainValue } from "@/features/pages/quick-edit";

const stamps = { createdAt: "2026-01-01T00:00:00Z", createdBy: "a", updatedAt: "2026-01-01T00:00:00Z", updatedBy: "a" };
const domain: Blueprint = {
  ...stamps,
  identifier: "domain",
  title: "Domain",
  schema: { properties: { cost: { type: "number", title: "Cost" } }, required: [] },
  relations: {},
};
const service: Blueprint = {
  ...stamps,
  identifier: "service",
  title: "Service",
  schema: {
    properties: {
      tier: { type: "string", title: "Tier", enum: ["gold", "silver"] },
      replicas: { type: "number" },
      live: { type: "boolean" },
      tags: { type: "array", items: { type: "string" } },
      released: { type: "string", format: "date-time" },
      expires: { type: "string", format: "timer" },
      readme: { type: "string", format: "markdown" },
      onCall: { type: "string", format: "user" },
    },
    required: ["tier"],
  },
  relations: {
    domain: { target: "domain", required: true, many: false, title: "Domain" },
    uses: { target: "service", required: false, many: true },
  },
  mirrorProperties: { cost: { title: "Cost", path: "domain.cost" }, name: { path: "domain.$title" } },
  calculationProperties: { label: { type: "string", calculation: ".x" } },
  aggregationProperties: { incidents: { title: "Incidents", target: "incident" } },
};
const cards = [
  {
    identifier: "ready",
    title: "Ready",
    blueprint: "service",
    levels: [{ title: "Basic" }, { title: "Gold" }],
    rules: [],
  },
];
const fields = fieldsOf(service, new Map([["domain", domain]]), cards);
const named = (id: string) => {
  const field = fields.find((each) => each.id === id);
  if (field === undefined) throw new Error(id);
  return field;
};
const entity: Entity = {
  ...stamps,
  identifier: "shop",
  title: "Shop, the",
  blueprint: "service",
  team: ["Red"],
  properties: { tier: "gold", replicas: 2, live: null, tags: ["a", "b"] },
  relations: { domain: { identifier: "d", title: "Dee" }, uses: [] },
  scorecards: { ready: { level: "Gold", rules: [] } },
};

describe("fields of a blueprint", () => {
  it("are of every source, with the kind of what they hold", () => {
    expect(fields.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      "$title text",
      "$identifier text",
      "$team team",
      "$createdAt date",
      "$createdBy text",
      "$updatedAt date",
      "$updatedBy text",
      "tier enum",
      "replicas number",
      "live boolean",
      "tags array",
      "released date",
      "expires timer",
      "readme text",
      "onCall user",
      "relation:domain relation",
      "relation:uses relations",
      "cost number",
      "name text",
      "label text",
      "incidents number",
      "scorecard:ready scorecard",
    ]);
  });

  it("hold values of an entity", () => {
    const values = ["$title", "$team", "tier", "relation:domain", "scorecard:ready", "live"].map((id) =>
      heldBy(entity, named(id)),
    );
    expect(values).toEqual(["Shop, the", ["Red"], "gold", { identifier: "d", title: "Dee" }, "Gold", null]);
  });

  it("are asked for by the names of the API", () => {
    expect(includeOf([named("tier"), named("relation:uses"), named("scorecard:ready"), named("$team")])).toEqual([
      "identifier",
      "title",
      "blueprint",
      "icon",
      "properties.tier",
      "relations.uses",
      "scorecards",
      "team",
    ]);
  });

  it("sort and group where that makes sense", () => {
    expect(fields.filter(isSortable).map(({ id }) => id)).not.toContain("cost");
    expect(fields.filter(isSortable).map(({ id }) => id)).toContain("released");
    expect(fields.filter(isGroupable).map(({ id }) => id)).toEqual(
      expect.arrayContaining(["$team", "tier", "tags", "relation:domain", "scorecard:ready"]),
    );
    expect(isGroupable(named("readme"))).toBe(false);
  });

  it("make columns of what is short", () => {
    const columns = usualColumns(fields);
    expect(columns.slice(0, 3)).toEqual(["$title", "$team", "tier"]);
    expect(columns).not.toContain("readme");
    expect(columns).toContain("scorecard:ready");
  });
});

describe("the arrangement in the address", () => {
  const below = { columns: ["$title", "tier"], sort: "", group: "", filter: queryOf(), compact: false };

  it("is read from whatever was typed", () => {
    expect(readSearch({ columns: "a,b~80", filter: "no", compact: "yes", q: 12 })).toMatchObject({
      columns: ["a", "b~80"],
      filter: undefined,
      compact: undefined,
      q: "12",
    });
  });

  it("holds only what differs from the view below", () => {
    expect(writeSearch({ q: "", sort: "-tier", columns: ["$title", "tier"], group: "" }, below)).toEqual({
      sort: "-tier",
    });
    expect(writeSearch({ columns: ["tier"] }, below)).toEqual({ columns: "tier" });
    expect(isChanged({ q: "x", view: "v" }, below)).toBe(false);
    expect(isChanged({ compact: true }, below)).toBe(true);
  });

  it("can take back what the view below sets", () => {
    const view = { ...below, sort: "tier", group: "tier" };
    const search = { sort: "", group: "" };
    expect(writeSearch(search, view)).toEqual({ sort: "", group: "" });
    expect(over(search, view)).toMatchObject({ sort: "", group: "" });
  });

  it("spells columns and sorts", () => {
    expect(readColumn("tier~120")).toEqual({ id: "tier", width: 120 });
    expect(readColumn("odd~name")).toEqual({ id: "odd~name" });
    expect(writeColumn({ id: "tier", width: 99.6 })).toBe("tier~100");
    expect(readSort("-tier")).toEqual({ column: "tier", order: "desc" });
    expect(readSort("")).toBeNull();
    expect(writeSort({ column: "tier", order: "asc" })).toBe("tier");
  });
});

describe("queries", () => {
  it("join what there is", () => {
    const rule = { property: "tier", operator: "=", value: "gold" };
    expect(queryOf(undefined, { combinator: "and", rules: [] })).toEqual({ combinator: "and", rules: [] });
    expect(queryOf({ combinator: "or", rules: [rule] })).toEqual({ combinator: "or", rules: [rule] });
    expect(queryOf(rule, { combinator: "or", rules: [rule] }).rules).toHaveLength(2);
  });

  it("look for words however they are written", () => {
    const values = quickRule(" web ")?.rules?.map(({ property, value }) => `${property} ${value}`);
    expect(values).toContain("$title Web");
    expect(values).toContain("$identifier web");
    expect(quickRule("  ")).toBeUndefined();
  });

  it("find the entities of a group", () => {
    expect(groupRule(named("tags"), "a")).toEqual({ property: "tags", operator: "contains", value: "a" });
    expect(groupRule(named("tier"), null)).toEqual({ property: "tier", operator: "isEmpty" });
    expect(groupRule(named("$team"), "Red")).toEqual({ property: "$team", operator: "containsAny", value: ["Red"] });
    expect(groupRule(named("relation:domain"), "d")).toEqual({ relation: "domain", operator: "=", value: "d" });
    expect(groupRule(named("scorecard:ready"), "Gold")).toEqual({ scorecard: "ready", operator: "=", value: "Gold" });
  });
});

describe("filters", () => {
  it("have operators for every kind, and rules that are about the field again", () => {
    for (const field of fields) {
      for (const operator of operatorsOf(field)) {
        const rule = changedOperator(field, freshRule(field), operator);
        expect(rule.operator).toBe(operator.id);
        expect(fieldOf(rule, fields)?.id).toBe(field.id);
      }
    }
  });

  it("keep what still fits when the operator changes", () => {
    const [is, , among] = operatorsOf(named("tier"));
    const rule = { property: "tier", operator: "=", value: "gold" };
    if (!is || !among) throw new Error("operators");
    expect(changedOperator(named("tier"), rule, among).value).toEqual(["gold"]);
    expect(changedOperator(named("tier"), { ...rule, value: ["gold", "x"] }, is).value).toBe("gold");
  });

  it("leave out what is not filled in", () => {
    const query: Query = {
      combinator: "and",
      rules: [
        { property: "tier", operator: "=", value: "gold" },
        { property: "tier", operator: "=" },
        { combinator: "or", rules: [{ property: "tags", operator: "containsAny", value: [] }] },
        { operator: "relatedTo", blueprint: "domain", value: "d" },
      ],
    };
    expect(whole(query, fields).rules).toHaveLength(2);
    expect(countOf(query)).toBe(4);
    expect(isWhole({ property: "tier", operator: "isEmpty" }, fields)).toBe(true);
  });

  it("are told in words", () => {
    const words = (rule: Query["rules"][number]) => inWords(rule, fields);
    expect(words({ property: "tier", operator: "in", value: ["gold", "silver"] })).toBe("Tier is one of gold, silver");
    expect(words({ property: "live", operator: "=", value: true })).toBe("live is yes");
    expect(words({ property: "released", operator: "between", value: { preset: "lastWeek" } })).toBe(
      "released is within the last 7 days",
    );
    expect(words({ property: "$team", operator: "in", value: "My Teams" })).toBe("Owner teams is one of mine");
    expect(words({ combinator: "or", rules: [{ property: "a", operator: "=", value: 1 }] })).toBe("a = 1");
    expect(words({ property: "onCall", operator: "=", value: { context: "user" } })).toBe("onCall is me");
  });
});

describe("pages", () => {
  const page = {
    ...stamps,
    id: "p",
    identifier: "services",
    type: "blueprint-entities",
    title: "Services",
    icon: null,
    description: null,
    blueprint: "service",
    parent: null,
    locked: null,
    protected: false,
  };

  it("keep the arrangement that somebody made the default", () => {
    const wanted = {
      columns: ["$title", "relation:domain", "tier~90"],
      sort: "-tier",
      group: "relation:domain",
      filter: { combinator: "and" as const, rules: [{ property: "tier", operator: "isNotEmpty" }] },
    };
    const widgets = withArrangement(page, wanted);
    const found = arrangementOf({ ...page, widgets }, fields);
    expect(found).toMatchObject({ ...wanted, columns: ["$title", "relation:domain", "tier"] });
  });

  it("may be about some of the entities only", () => {
    const dataset = { combinator: "and", rules: [{ property: "tier", operator: "=", value: "gold" }] };
    expect(baseOf({ ...page, widgets: [{ type: "table-entities-explorer", dataset }] })).toEqual(dataset);
    expect(baseOf(page)).toBeUndefined();
  });
});

describe("exports", () => {
  it("quote what spreadsheets would take apart, and defuse what they would run", () => {
    const risky = { ...entity, identifier: "x", title: "=1+1", properties: { tier: 'say "hi"', replicas: -2 } };
    const csv = csvOf([entity, risky], ["$title", "tier", "replicas", "relation:domain"].map(named));
    expect(csv.split("\r\n")).toEqual([
      "Identifier,Title,Tier,replicas,Domain",
      'shop,"Shop, the",gold,2,Dee',
      `x,'=1+1,"say ""hi""",-2,Dee`,
      "",
    ]);
  });
});

describe("changes in place", () => {
  it("are possible for own values only", () => {
    expect(isEditable(named("tier"), service)).toBe(true);
    expect(isEditable(named("cost"), service)).toBe(false);
    expect(isEditable(named("$team"), { ...service, ownership: { type: "Inherited" } })).toBe(false);
  });

  it("empty what is left empty", () => {
    expect(changeOf(named("tier"), undefined)).toEqual({ properties: { tier: null } });
    expect(changeOf(named("relation:uses"), undefined)).toEqual({ relations: { uses: [] } });
    expect(changeOf(named("$team"), ["Red"])).toEqual({ team: ["Red"] });
    expect(plainValue(entity, named("relation:domain"))).toBe("d");
  });
});
