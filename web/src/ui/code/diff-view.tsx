import { json } from "@codemirror/lang-json";
import { yaml } from "@codemirror/lang-yaml";
import { defaultHighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { nonce } from "@/app/nonce";
import { darkHighlight, frame } from "./theme";

interface Props {
  before: string;
  after: string;
  language: "json" | "yaml";
  label: string;
  height?: string;
}

/** Two texts side by side, with what is the same folded away. */
export default function DiffView({ before, after, language, label, height = "420px" }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const dark = useComputedColorScheme("light") === "dark";
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    const side = (doc: string, name: string) => ({
      doc,
      extensions: [
        EditorView.cspNonce.of(nonce()),
        lineNumbers(),
        language === "json" ? json() : yaml(),
        frame(height),
        syntaxHighlighting(dark ? darkHighlight : defaultHighlightStyle),
        EditorState.readOnly.of(true),
        EditorView.contentAttributes.of({ "aria-label": `${label}, ${name}`, tabindex: "0" }),
      ],
    });
    const view = new MergeView({
      parent,
      a: side(before, "before"),
      b: side(after, "after"),
      collapseUnchanged: { margin: 3 },
      gutter: true,
    });
    return () => view.destroy();
  }, [before, after, language, label, height, dark]);
  return <div ref={place} />;
}
