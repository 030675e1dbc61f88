import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, defaultHighlightStyle, foldGutter, syntaxHighlighting } from "@codemirror/language";
import { linter, lintGutter } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { nonce } from "@/app/nonce";
import { darkHighlight, frame } from "./theme";

interface Props {
  value: string;
  onChange?: (value: string) => void;
  language: "json" | "yaml" | "text";
  label: string;
  readOnly?: boolean;
  height?: string;
  /** More of CodeMirror, such as completion, which may come later; the same object from one drawing to the next. */
  extension?: Extension;
}

const NONE: Extension = [];
const parseJson = jsonParseLinter();

/** What is wrong with the JSON; nothing written yet is not wrong. */
const jsonProblems = (view: EditorView) => (view.state.doc.toString().trim() === "" ? [] : parseJson(view));

function languageOf(language: Props["language"]): Extension {
  if (language === "json") return [json(), linter(jsonProblems), lintGutter()];
  return language === "yaml" ? yaml() : NONE;
}

/** An editor for JSON and YAML; the Tab key leaves it after Escape, as CodeMirror does. */
export default function CodeEditor({ value, onChange, language, label, readOnly, height = "420px", extension }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  const colours = useRef(new Compartment());
  const more = useRef(new Compartment());
  const dark = useComputedColorScheme("light") === "dark";
  // biome-ignore lint/correctness/useExhaustiveDependencies: text, colours and extension are kept current below
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    const editor = new EditorView({
      parent,
      state: EditorState.create({
        doc: value,
        extensions: [
          EditorView.cspNonce.of(nonce()),
          lineNumbers(),
          foldGutter(),
          history(),
          bracketMatching(),
          EditorView.lineWrapping,
          highlightSelectionMatches(),
          keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
          languageOf(language),
          frame(height),
          colours.current.of(syntaxHighlighting(dark ? darkHighlight : defaultHighlightStyle)),
          EditorState.readOnly.of(readOnly ?? false),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current?.(update.state.doc.toString());
          }),
          more.current.of(extension ?? NONE),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [language, label, readOnly, height]);
  // A new editor in its place would lose the cursor, what can be undone, and what is being typed.
  useEffect(() => {
    view.current?.dispatch({ effects: more.current.reconfigure(extension ?? NONE) });
  }, [extension]);
  useEffect(() => {
    view.current?.dispatch({
      effects: colours.current.reconfigure(syntaxHighlighting(dark ? darkHighlight : defaultHighlightStyle)),
    });
  }, [dark]);
  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={place} />;
}
