import { Typography } from "@mantine/core";
import { lazy, Suspense } from "react";
import { LoadingRows } from "./states";

const Rendered = lazy(() => import("./markdown-rendered"));

/** Markdown of anybody: what it holds of HTML is shown as text, links open elsewhere. */
export function Markdown({ text }: { text: string }) {
  return (
    <Typography>
      <Suspense fallback={<LoadingRows rows={3} />}>
        <Rendered text={text} />
      </Suspense>
    </Typography>
  );
}
