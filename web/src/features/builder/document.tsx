import { useMemo, useState } from "react";
import type { JsonObject } from "@/api/model";

/** A JSON document that somebody edits: its text, its value when it is JSON, and whether it differs from what is stored. */
export function useDocument(stored: object) {
  const original = useMemo(() => JSON.stringify(stored, null, 2), [stored]);
  const [text, setText] = useState(original);
  const { value, problem } = useMemo(() => {
    try {
      return { value: JSON.parse(text) as JsonObject, problem: null };
    } catch (error) {
      return { value: null, problem: (error as Error).message };
    }
  }, [text]);
  return { text, setText, value, problem, changed: text !== original, reset: () => setText(original) };
}
