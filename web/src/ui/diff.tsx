import { type ComponentProps, lazy, Suspense } from "react";
import { LoadingRows } from "@/ui/states";

const Merge = lazy(() => import("./code/diff-view"));

/** Two texts side by side, loaded when the first one is drawn. */
export function Diff(props: ComponentProps<typeof Merge>) {
  return (
    <Suspense fallback={<LoadingRows rows={4} />}>
      <Merge {...props} />
    </Suspense>
  );
}

/** A value as JSON before and after; keys in order, so that only what changed differs. */
export function JsonDiff({ before, after, label }: { before: unknown; after: unknown; label: string }) {
  return <Diff before={stable(before)} after={stable(after)} language="json" label={label} />;
}

function stable(value: unknown): string {
  if (value === null || value === undefined) return "";
  return JSON.stringify(
    value,
    (_key, held: unknown) =>
      typeof held === "object" && held !== null && !Array.isArray(held)
        ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1)))
        : held,
    2,
  );
}
