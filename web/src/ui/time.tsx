import { Text, Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** "3 minutes ago" for an instant in RFC 3339. */
export function agoText(instant: string, now: number): string {
  const seconds = (Date.parse(instant) - now) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size || unit === "second") return relative.format(Math.round(seconds / size), unit);
  }
  return "";
}

/** "2 min 5 s" between two instants. */
export function durationText(from: string, to: string | null, now: number): string {
  const seconds = Math.max(0, Math.round(((to === null ? now : Date.parse(to)) - Date.parse(from)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** The present, again every `everyMs` milliseconds. */
export function useNow(everyMs = 30_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** A moment relative to now, the exact one on hover. */
export function Ago({ at, size = "sm" }: { at: string | null | undefined; size?: string }) {
  const now = useNow();
  if (!at || Number.isNaN(Date.parse(at))) return <Text size={size}>{at || "never"}</Text>;
  return (
    <Tooltip label={absolute.format(Date.parse(at))}>
      <Text size={size} component="time" dateTime={at} span>
        {agoText(at, Math.max(now, Math.min(Date.parse(at), Date.now())))}
      </Text>
    </Tooltip>
  );
}
