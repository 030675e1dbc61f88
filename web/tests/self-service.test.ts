import { describe, expect, it } from "vitest";
import type { Action, Form, FormInput } from "../src/features/self-service/api";
import {
  approvalOf,
  approvalText,
  asCurl,
  callText,
  cardsOf,
  changed,
  filtered,
  grouped,
  refusalsOf,
  reviewOf,
  shownValue,
  stepOf,
  withoutSecrets,
} from "../src/features/self-service/model";

const input = (identifier: string, more: Partial<FormInput> = {}): FormInput => ({
  identifier,
  title: identifier.toUpperCase(),
  type: "string",
  visible: true,
  disabled: false,
  required: false,
  default: null,
  value: null,
  given: false,
  waitsFor: [],
  problems: [],
  errors: [],
  ...more,
});

const formOf = (...inputs: FormInput[]): Form => ({
  title: "",
  operation: "CREATE",
  blueprint: null,
  entity: null,
  offered: true,
  steps: [
    { title: "One", visible: true, items: [{ kind: "input", identifier: inputs[0]?.identifier ?? "" }] },
    { title: "Gone", visible: false, items: [] },
    { title: "Two", visible: true, items: inputs.slice(1).map(({ identifier }) => ({ kind: "input", identifier })) },
  ],
  order: inputs.map(({ identifier }) => identifier),
  inputs: Object.fromEntries(inputs.map((each) => [each.identifier, each])),
  errors: {},
  missing: [],
  problems: [],
});

const action = (identifier: string, blueprintIdentifier?: string): Action =>
  ({
    identifier,
    title: identifier,
    description: `about ${identifier}`,
    trigger: { type: "self-service", operation: "DAY-2", blueprintIdentifier, userInputs: { properties: {} } },
    invocationMethod: { type: "KAFKA" },
  }) as unknown as Action;

describe("cards", () => {
  const blueprints = new Map([["service", { title: "Service" }]]) as never;
  const offers = [{ action: "b", allowed: false, reason: "ask Ada" }];
  const cards = cardsOf([action("z"), action("b", "service"), action("a", "service")], offers, [], blueprints);

  it("are grouped by what they are about, the others last", () => {
    expect(grouped(cards).map(([title, held]) => [title, held.map((card) => card.title)])).toEqual([
      ["Service", ["a", "b"]],
      ["General", ["z"]],
    ]);
  });

  it("say why they cannot be run", () => {
    expect(cards.find((card) => card.key === "b")).toMatchObject({ allowed: false, reason: "ask Ada" });
  });

  it("are found by words in any order, by kind and by whether they may be run", () => {
    expect(filtered(cards, { q: "A about", blueprint: "service" }).map((card) => card.key)).toEqual(["a", "b"]);
    expect(filtered(cards, { mine: true, blueprint: "service" }).map((card) => card.key)).toEqual(["a"]);
    expect(filtered(cards, { kind: "CREATE" })).toEqual([]);
  });
});

describe("values", () => {
  it("that were typed win over what the portal worked out", () => {
    const name = input("name", { value: "default", default: "default" });
    expect(shownValue({}, name)).toBe("default");
    expect(shownValue({ name: "typed" }, name)).toBe("typed");
    expect(shownValue({ name: null }, name)).toBeNull();
  });

  it("that are emptied stay empty where there is a default, and are gone where there is none", () => {
    expect(changed({ name: "x" }, input("name", { default: "d" }), undefined)).toEqual({ name: null });
    expect(changed({ name: "x" }, input("name"), undefined)).toEqual({});
  });

  it("of secrets are neither kept, reviewed nor copied", () => {
    const form = formOf(input("name"), input("token", { encryption: "aes256-gcm" }));
    const values = { name: "it's", token: "hush" };
    expect(withoutSecrets(values, form)).toEqual({ name: "it's" });
    expect(JSON.stringify(reviewOf(form, values))).not.toContain("hush");
    const call = asCurl("http://x", { kind: "action", identifier: "a b" }, form, values, "e");
    expect(call).toContain("/v1/actions/a%20b/runs");
    expect(call).toContain("it'\\''s");
    expect(call).toContain('"entity": "e"');
    expect(call).not.toContain("hush");
  });

  it("are reviewed by title, with defaults marked and what is hidden left out", () => {
    const form = formOf(
      input("owner", { value: "pay", entities: [{ identifier: "pay", title: "Payments", blueprint: "team" }] }),
      input("secretly", { visible: false, value: "x" }),
    );
    expect(reviewOf(form, {})).toEqual([{ name: "owner", title: "OWNER", value: "Payments", isDefault: true }]);
  });
});

describe("refusals", () => {
  const form = formOf(input("name"), input("size"), input("hidden", { visible: false }));

  it("go to their fields, and those of what is not shown to the form", () => {
    const details = {
      errors: [
        { input: "size", message: "too large" },
        { input: "size", message: "and odd" },
        { input: "hidden", message: "wrong" },
      ],
    };
    expect(refusalsOf(details, form)).toEqual({ inputs: { size: "too large" }, others: ["wrong"] });
    expect(refusalsOf(undefined, form)).toEqual({ inputs: {}, others: [] });
  });

  it("lead to the first visible step that holds one", () => {
    expect(stepOf(form, ["size"])).toBe(1);
    expect(stepOf(form, ["nothing"])).toBe(0);
  });
});

describe("what will happen", () => {
  it("names the call and who makes it", () => {
    expect(callText({ type: "WEBHOOK", url: "https://x", agent: true })).toBe(
      "Calls POST https://x through the execution agent",
    );
    expect(callText({ type: "GITHUB", org: "o", repo: "r", workflow: "w.yml" })).toContain("w.yml of o/r");
  });

  it("tells how many approve", () => {
    expect(approvalOf(true)).toEqual({ type: "ANY" });
    expect(approvalOf(false)).toBeNull();
    expect(approvalText({ type: "ANY", quorum: 2 })).toBe("2 approvers have to approve");
    expect(approvalText({ type: "ALL" })).toBe("All approvers have to approve");
  });
});
