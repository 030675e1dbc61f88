import { Badge } from "@mantine/core";
import { IconBan, IconCircleCheck, IconCircleX, IconClockPause, IconLoader2 } from "@tabler/icons-react";
import type { RunStatus } from "@/api/model";

const RUN: Record<RunStatus, { color: string; word: string; Icon: typeof IconBan }> = {
  IN_PROGRESS: { color: "blue", word: "In progress", Icon: IconLoader2 },
  SUCCESS: { color: "green", word: "Success", Icon: IconCircleCheck },
  FAILURE: { color: "red", word: "Failure", Icon: IconCircleX },
  WAITING_FOR_APPROVAL: { color: "yellow", word: "Waiting for approval", Icon: IconClockPause },
  DECLINED: { color: "gray", word: "Declined", Icon: IconBan },
};

/** A run's state: icon, word and colour, so that none of them is needed alone. */
export function RunBadge({ status, label }: { status: RunStatus; label?: string | null }) {
  const { color, word, Icon } = RUN[status] ?? RUN.IN_PROGRESS;
  return (
    <Badge color={color} variant="light" leftSection={<Icon size={13} aria-hidden />} tt="none">
      {label || word}
    </Badge>
  );
}

/** Colours of levels and enums as blueprints name them, in Mantine's words. */
const NAMED: Record<string, string> = {
  paleBlue: "gray",
  bronze: "orange",
  silver: "gray",
  gold: "yellow",
  turquoise: "teal",
  lightGray: "gray",
  darkGray: "dark",
  olive: "lime",
  purple: "grape",
  pink: "pink",
};
const KNOWN = new Set([
  "blue",
  "green",
  "red",
  "orange",
  "yellow",
  "lime",
  "teal",
  "cyan",
  "indigo",
  "violet",
  "grape",
  "pink",
  "gray",
]);

/** A colour of the API as a colour of the theme; grey when it is not known. */
export function colorOf(name: string | undefined): string {
  if (name === undefined) return "gray";
  return NAMED[name] ?? (KNOWN.has(name) ? name : "gray");
}
