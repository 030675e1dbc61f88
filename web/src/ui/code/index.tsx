import { type ComponentProps, lazy, Suspense } from "react";
import { LoadingRows } from "@/ui/states";

const Editor = lazy(() => import("./code-editor"));

/** The code editor, loaded when the first one is drawn. */
export function Code(props: ComponentProps<typeof Editor>) {
  return (
    <Suspense fallback={<LoadingRows rows={4} />}>
      <Editor {...props} />
    </Suspense>
  );
}

/** A value as JSON to look at. */
export function JsonView({ value, label, height = "320px" }: { value: unknown; label: string; height?: string }) {
  return <Code value={JSON.stringify(value, null, 2)} language="json" label={label} readOnly height={height} />;
}
