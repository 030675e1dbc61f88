import { useCallback, useEffect, useRef, useState } from "react";
import type { LogLine, Run } from "../api";
import { hasEnded } from "../model";
import { appended } from "./model";

const GATHER_MS = 100;
const RETRY_MS = 3000;

export type StreamState = "connecting" | "live" | "ended" | "broken";

/**
 * A run's log as it grows, and word of every change of the run itself.
 *
 * The portal sends everything from the start and closes the stream when the run has ended; after a break the browser
 * goes on where it was.
 */
export function useRunStream(id: string, onRun: (run: Run) => void) {
  const [lines, setLines] = useState<LogLine[]>([]);
  const [state, setState] = useState<StreamState>("connecting");
  const [round, setRound] = useState(0);
  const told = useRef(onRun);
  told.current = onRun;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round opens the stream anew
  useEffect(() => {
    let source: EventSource | undefined;
    let waiting: LogLine[] = [];
    let gather: ReturnType<typeof setTimeout> | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const seen = new Set<string>();
    const flush = () => {
      gather = undefined;
      const fresh = waiting;
      waiting = [];
      setLines((before) => appended(before, fresh));
    };
    const open = () => {
      source = new EventSource(`/v1/fairway/runs/${encodeURIComponent(id)}/stream?together=true`);
      source.onopen = () => setState("live");
      source.addEventListener("run", (event: MessageEvent<string>) => {
        const run = JSON.parse(event.data) as Run;
        ended = hasEnded(run);
        told.current(run);
      });
      source.addEventListener("logs", (event: MessageEvent<string>) => {
        for (const line of JSON.parse(event.data) as LogLine[]) {
          // after a break the last lines come again
          if (seen.has(line.id)) continue;
          seen.add(line.id);
          waiting.push(line);
        }
        gather ??= setTimeout(flush, GATHER_MS);
      });
      source.onerror = () => {
        if (ended) {
          source?.close();
          setState("ended");
          return;
        }
        setState("broken");
        if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
      };
    };
    setLines([]);
    setState("connecting");
    open();
    return () => {
      clearTimeout(gather);
      clearTimeout(retry);
      source?.close();
    };
  }, [id, round]);
  /** For a run that had ended and goes on. */
  const reopen = useCallback(() => setRound((before) => before + 1), []);
  return { lines, state, reopen };
}
