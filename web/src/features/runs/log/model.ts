import type { LogLine } from "../api";

/** Lines that are held; older ones are still in what can be downloaded from the portal. */
export const MOST_LINES = 100_000;

export type Level = "all" | "warn" | "error";

const RANK: Record<string, number> = { DEBUG: 0, INFO: 1, WARN: 2, ERROR: 3 };
const LEAST: Record<Level, number> = { all: 0, warn: 2, error: 3 };

/** The lines of at least a level; those that hold a text only, when that is wanted. */
export function visibleLines(lines: LogLine[], level: Level, text: string, onlyMatches: boolean): LogLine[] {
  const wanted = text.toLowerCase();
  if (level === "all" && !(onlyMatches && wanted)) return lines;
  return lines.filter(
    (line) =>
      (RANK[line.level ?? "INFO"] ?? 1) >= LEAST[level] &&
      (!onlyMatches || wanted === "" || line.message.toLowerCase().includes(wanted)),
  );
}

/** The places of lines that hold a text. */
export function matchesOf(lines: LogLine[], text: string): number[] {
  const wanted = text.toLowerCase();
  if (wanted === "") return [];
  return lines.flatMap((line, at) => (line.message.toLowerCase().includes(wanted) ? [at] : []));
}

/** A text in parts, those that were looked for marked. */
export function markedParts(text: string, wanted: string): { text: string; marked: boolean }[] {
  if (wanted === "") return [{ text, marked: false }];
  const lower = text.toLowerCase();
  const needle = wanted.toLowerCase();
  const parts: { text: string; marked: boolean }[] = [];
  let from = 0;
  for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), marked: false });
    parts.push({ text: text.slice(at, at + needle.length), marked: true });
    from = at + needle.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), marked: false });
  return parts;
}

/** The log as a file. */
export function asText(lines: LogLine[]): string {
  return lines.map((line) => `${line.createdAt} ${(line.level ?? "INFO").padEnd(5)} ${line.message}\n`).join("");
}

/** New lines behind those that are there, the oldest dropped beyond what is held. */
export function appended(lines: LogLine[], fresh: LogLine[]): LogLine[] {
  if (fresh.length === 0) return lines;
  const all = [...lines, ...fresh];
  return all.length > MOST_LINES ? all.slice(all.length - MOST_LINES) : all;
}
