import { expect, test } from "vitest";
import { parsed, parsedList } from "@/features/sources/model";

test("an object is an object", () => {
  expect(parsed('{"a": 1}')).toEqual({ value: { a: 1 }, problem: null });
  expect(parsed("[]").problem).toContain("object");
  expect(parsed("{").problem).toContain("no JSON yet");
});

test("a list holds objects", () => {
  expect(parsedList('[{"a": 1}]').value).toEqual([{ a: 1 }]);
  expect(parsedList("[1]").problem).toContain("list of objects");
  expect(parsedList("").problem).toContain("no JSON yet");
});
