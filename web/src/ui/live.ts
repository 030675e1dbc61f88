import { useEffect, useRef } from "react";
import type { JsonObject } from "@/api/model";

/** What a change of anything looks like in the stream of events. */
export interface LiveEvent {
  identifier: string;
  action: "CREATE" | "UPDATE" | "DELETE";
  resourceType: string;
  context: { blueprint?: string; entity?: string; runId?: string; gitopsSource?: string };
  diff: { before: JsonObject | null; after: JsonObject | null };
}

interface Scope {
  blueprint?: string;
  entity?: string;
  resources?: string;
}

const QUIET_MS = 400;

/** Calls back after changes in this scope, once for a burst of them. The browser reconnects by itself. */
export function useLive(scope: Scope | null, onChange: (events: LiveEvent[]) => void): void {
  const callback = useRef(onChange);
  callback.current = onChange;
  const query = scope === null ? null : new URLSearchParams({ ...scope }).toString();
  useEffect(() => {
    if (query === null) return;
    const source = new EventSource(`/v1/fairway/events?${query}`);
    let waiting: LiveEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    source.onmessage = (message: MessageEvent<string>) => {
      waiting.push(JSON.parse(message.data) as LiveEvent);
      clearTimeout(timer);
      timer = setTimeout(() => {
        callback.current(waiting);
        waiting = [];
      }, QUIET_MS);
    };
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [query]);
}
