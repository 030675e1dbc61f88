import { Badge } from "@mantine/core";
import { IconAlertTriangle, IconBan, IconCircleCheck, IconCircleDashed, IconLoader2 } from "@tabler/icons-react";

const STATES: Record<string, { color: string; word: string; Icon: typeof IconBan }> = {
  running: { color: "blue", word: "Running", Icon: IconLoader2 },
  pending: { color: "blue", word: "Waiting", Icon: IconCircleDashed },
  syncing: { color: "blue", word: "Running", Icon: IconLoader2 },
  completed_with_warnings: { color: "yellow", word: "With warnings", Icon: IconAlertTriangle },
  lost: { color: "red", word: "Lost", Icon: IconAlertTriangle },
  completed: { color: "green", word: "Completed", Icon: IconCircleCheck },
  failed: { color: "red", word: "Failed", Icon: IconAlertTriangle },
  aborted: { color: "gray", word: "Aborted", Icon: IconBan },
  kept: { color: "green", word: "Kept", Icon: IconCircleCheck },
  created: { color: "green", word: "Created", Icon: IconCircleCheck },
  updated: { color: "green", word: "Updated", Icon: IconCircleCheck },
  unchanged: { color: "gray", word: "Unchanged", Icon: IconCircleCheck },
  deleted: { color: "orange", word: "Deleted", Icon: IconCircleCheck },
  missing: { color: "gray", word: "Not there", Icon: IconCircleDashed },
  filtered: { color: "gray", word: "Filtered out", Icon: IconBan },
  dropped: { color: "gray", word: "Filtered out", Icon: IconBan },
};

/** The state of a sync, a payload or an item: icon, word and colour. */
export function StateBadge({ state }: { state: string | null | undefined }) {
  const known = state ? STATES[state.toLowerCase()] : undefined;
  const { color, word, Icon } = known ?? { color: "gray", word: state || "Never ran", Icon: IconCircleDashed };
  return (
    <Badge variant="light" color={color} tt="none" leftSection={<Icon size={13} aria-hidden />}>
      {word}
    </Badge>
  );
}
