import { expect, test } from "vitest";
import { placeOf } from "./places";

test.each([
  ["/", "Home"],
  ["/builder", "Blueprints"],
  ["/builder/service", "Blueprints"],
  ["/builder/scorecards/service/ready", "Scorecards"],
  ["/builder/workflows/retire", "Actions"],
  ["/sources/gitops/new", "Data sources"],
  ["/settings/users", "Users"],
  ["/pages/services", undefined],
  ["/runsaway", undefined],
])("%s belongs to %s", (pathname, label) => {
  expect(placeOf(pathname)?.label).toBe(label);
});
