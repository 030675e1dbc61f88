import { expect, test } from "vitest";
import { agoText, durationText } from "@/ui/time";
import { safeHref } from "@/ui/value/links";

const NOW = Date.parse("2026-03-01T12:00:00Z");

test("moments are told in the largest unit that fits", () => {
  expect(agoText("2026-03-01T11:57:00Z", NOW)).toBe("3 minutes ago");
  expect(agoText("2026-02-28T11:00:00Z", NOW)).toBe("yesterday");
  expect(agoText("2026-03-01T12:00:00Z", NOW)).toBe("now");
});

test("durations have two units at most and never run backwards", () => {
  expect(durationText("2026-03-01T11:59:15Z", null, NOW)).toBe("45 s");
  expect(durationText("2026-03-01T11:57:55Z", "2026-03-01T12:00:00Z", NOW)).toBe("2 min 5 s");
  expect(durationText("2026-03-01T13:00:00Z", "2026-03-01T12:00:00Z", NOW)).toBe("0 s");
});

test.each(["javascript:alert(1)", " java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "//[", ""])(
  "%j is no link",
  (given) => {
    expect(safeHref(given)).toBeUndefined();
  },
);
