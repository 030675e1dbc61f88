import { type ComponentProps, lazy, Suspense } from "react";
import { LoadingRows } from "@/ui/states";

const Drawn = lazy(() => import("./charts"));

/** A chart, loaded when the first one is drawn. */
export function Chart(props: ComponentProps<typeof Drawn>) {
  return (
    <Suspense fallback={<LoadingRows rows={4} />}>
      <Drawn {...props} />
    </Suspense>
  );
}
