import { type ComponentProps, lazy, Suspense } from "react";
import { LoadingRows } from "@/ui/states";

const Flow = lazy(() => import("./flow-graph"));

/** A graph, loaded when the first one is drawn. */
export function Graph(props: ComponentProps<typeof Flow>) {
  return (
    <Suspense fallback={<LoadingRows rows={8} />}>
      <Flow {...props} />
    </Suspense>
  );
}
