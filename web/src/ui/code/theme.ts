import { HighlightStyle } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** Colours on a dark ground, each at 4.5:1 or more. */
export const darkHighlight = HighlightStyle.define([
  { tag: tags.string, color: "#9ad5a5" },
  { tag: tags.number, color: "#f0b37e" },
  { tag: [tags.bool, tags.null, tags.keyword], color: "#c8a6f0" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "#8cc4f5" },
  { tag: tags.comment, color: "#a3a8ad" },
]);

/** The editor in the colours of the page. */
export function frame(height: string): Extension {
  return EditorView.theme({
    "&": {
      height,
      fontSize: "13px",
      border: "1px solid var(--mantine-color-default-border)",
      borderRadius: "var(--mantine-radius-sm)",
      backgroundColor: "var(--mantine-color-body)",
      color: "var(--mantine-color-text)",
    },
    ".cm-content": { fontFamily: "var(--mantine-font-family-monospace)", caretColor: "var(--mantine-color-text)" },
    ".cm-scroller": { overflow: "auto" },
    ".cm-gutters": {
      backgroundColor: "var(--mantine-color-body)",
      color: "var(--mantine-color-dimmed)",
      border: "none",
    },
    "&.cm-focused": { outline: "2px solid var(--mantine-primary-color-filled)" },
    "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "var(--mantine-primary-color-light-hover) !important",
    },
  });
}
