import { useLocalStorage } from "@mantine/hooks";
import { useCallback } from "react";
import { useUser } from "@/app/session";
import type { Subject, Values } from "./api";

const MOST_RECENT = 6;
const DRAFT_DAYS = 7;

/** What somebody pinned, and what they ran last; kept in this browser. */
export function useFavourites() {
  const { id } = useUser();
  const [pinned, setPinned] = useLocalStorage<string[]>({ key: `fairway-pinned:${id}`, defaultValue: [] });
  const [recent, setRecent] = useLocalStorage<string[]>({ key: `fairway-recent:${id}`, defaultValue: [] });
  const pin = (key: string) =>
    setPinned((before) => (before.includes(key) ? before.filter((each) => each !== key) : [...before, key]));
  const used = (key: string) =>
    setRecent((before) => [key, ...before.filter((each) => each !== key)].slice(0, MOST_RECENT));
  return { pinned, recent, pin, used };
}

interface Draft {
  values: Values;
  at: number;
}

/** Values that were typed and not sent, without secrets; kept in this browser for some days. */
export function useDraft(subject: Subject, entity: string | null) {
  const { id } = useUser();
  const trigger = subject.kind === "workflow" ? subject.trigger : "";
  const key = `fairway-draft:${id}:${subject.kind}:${subject.identifier}:${trigger}:${entity ?? ""}`;
  const read = useCallback((): Values | null => {
    try {
      const draft = JSON.parse(localStorage.getItem(key) ?? "null") as Draft | null;
      if (draft === null || Date.now() - draft.at > DRAFT_DAYS * 86_400_000) return null;
      return Object.keys(draft.values).length === 0 ? null : draft.values;
    } catch {
      return null;
    }
  }, [key]);
  const write = useCallback(
    (values: Values) => {
      if (Object.keys(values).length === 0) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify({ values, at: Date.now() } satisfies Draft));
    },
    [key],
  );
  return { read, write };
}
