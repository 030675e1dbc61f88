import { Badge, Group, Text, ThemeIcon, Tooltip } from "@mantine/core";
import {
  IconAlertTriangle,
  IconBan,
  IconBrandBitbucket,
  IconBrandGit,
  IconBrandGithub,
  IconBrandGitlab,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleHalf2,
  IconCircleX,
  IconClockPause,
  IconCup,
  IconEraser,
  IconEyeOff,
  IconFilterOff,
  IconGhost,
  IconHistory,
  IconHourglass,
  IconInfoCircle,
  IconLoader2,
  IconLock,
  IconPlayerPause,
  IconTrash,
} from "@tabler/icons-react";
import type { ClaimState, Effect, Kind, Problems, RepositoryState, SourceStatus } from "./api";
import { KIND_NAMES } from "./model";

type Icon = typeof IconBan;
interface Look {
  color: string;
  word: string;
  Icon: Icon;
  hint?: string;
}

/** A state as icon, word and colour, so that none of them is needed alone. */
function Marked({ color, word, Icon, hint }: Look) {
  const badge = (
    <Badge variant="light" color={color} tt="none" leftSection={<Icon size={13} aria-hidden />} miw="max-content">
      {word}
    </Badge>
  );
  return hint === undefined ? badge : <Tooltip label={hint}>{badge}</Tooltip>;
}

const STATUSES: Record<SourceStatus, Look> = {
  never: { color: "gray", word: "Never ran", Icon: IconCircleDashed },
  running: { color: "blue", word: "Running", Icon: IconLoader2 },
  complete: { color: "green", word: "Complete", Icon: IconCircleCheck },
  partial: {
    color: "orange",
    word: "Partial",
    Icon: IconCircleHalf2,
    hint: "Some repositories failed; they keep their state",
  },
  failed: { color: "red", word: "Failed", Icon: IconCircleX },
  held: { color: "orange", word: "Held", Icon: IconClockPause, hint: "Deletions wait for an administrator" },
  refused: { color: "red", word: "Login refused", Icon: IconLock, hint: "The forge does not accept the credentials" },
  aborted: { color: "gray", word: "Aborted", Icon: IconBan, hint: "The next pass goes on from there" },
};

/** How a source, or one of its passes, is. */
export function StatusBadge({ status, enabled = true }: { status: SourceStatus; enabled?: boolean }) {
  if (!enabled) return <Marked color="gray" word="Disabled" Icon={IconPlayerPause} />;
  return <Marked {...(STATUSES[status] ?? { color: "gray", word: status, Icon: IconCircleDashed })} />;
}

const REPOSITORIES: Record<RepositoryState, Look> = {
  ok: { color: "green", word: "In step", Icon: IconCircleCheck },
  stale: { color: "orange", word: "Stale", Icon: IconHistory, hint: "Parts of it stay at their last good version" },
  failed: { color: "red", word: "Failed", Icon: IconCircleX },
  excluded: { color: "gray", word: "Filtered out", Icon: IconFilterOff },
  missing: { color: "gray", word: "Missing", Icon: IconGhost, hint: "The forge does not list it any more" },
};

const PARTLY: Look = {
  color: "orange",
  word: "Partly",
  Icon: IconCircleHalf2,
  hint: "Definitions with errors stay at their last good version; the others are written",
};

/** How a repository is. */
export function RepositoryBadge({ state, problems }: { state: RepositoryState; problems: Problems }) {
  if (state === "ok" && problems.errors > 0) return <Marked {...PARTLY} />;
  return <Marked {...(REPOSITORIES[state] ?? { color: "gray", word: state, Icon: IconCircleDashed })} />;
}

const CLAIMS: Record<ClaimState, Look> = {
  active: { color: "green", word: "Active", Icon: IconCircleCheck },
  shadowed: { color: "gray", word: "Shadowed", Icon: IconEyeOff, hint: "Another file defines this entity" },
  pending: { color: "blue", word: "Pending", Icon: IconHourglass, hint: "It waits for something it relates to" },
  orphaned: { color: "orange", word: "Orphaned", Icon: IconGhost, hint: "No file defines it any more; it was kept" },
};

/** Where one definition of an entity stands. */
export function ClaimBadge({ state }: { state: ClaimState }) {
  return <Marked {...(CLAIMS[state] ?? { color: "gray", word: state, Icon: IconCircleDashed })} />;
}

/** Marks what stays at the last good version of its file. */
export function StaleBadge() {
  return <Marked {...REPOSITORIES.stale} hint="The file cannot be used as it is now; its last good version counts" />;
}

/** What happens, or happened, to an entity that git no longer defines. */
export function EffectBadge({ effect }: { effect: Effect }) {
  const past = effect.endsWith("ed");
  return effect.startsWith("delete") ? (
    <Marked color="red" word={past ? "Deleted" : "Delete"} Icon={IconTrash} />
  ) : (
    <Marked color="orange" word={past ? "Cleared" : "Clear"} Icon={IconEraser} />
  );
}

const SEVERITIES = {
  error: { color: "red", word: "Error", Icon: IconCircleX },
  warning: { color: "orange", word: "Warning", Icon: IconAlertTriangle },
  notice: { color: "blue", word: "Notice", Icon: IconInfoCircle },
} as const;

/** How bad a finding is. */
export function SeverityIcon({ severity }: { severity: keyof typeof SEVERITIES }) {
  const { color, word, Icon } = SEVERITIES[severity] ?? SEVERITIES.notice;
  return (
    <ThemeIcon variant="light" color={color} size={24} radius="xl">
      <Icon size={15} aria-label={word} role="img" />
    </ThemeIcon>
  );
}

/** Errors and warnings as icons with numbers, or that there are none. */
export function ProblemCounts({ problems, none = "None" }: { problems: Problems; none?: string }) {
  const { errors, warnings } = problems;
  if (errors === 0 && warnings === 0) {
    return (
      <Text size="sm" c="dimmed" span>
        {none}
      </Text>
    );
  }
  return (
    <Group gap={6} wrap="nowrap">
      {errors > 0 && (
        <Badge
          variant="light"
          color="red"
          tt="none"
          miw="max-content"
          leftSection={<IconCircleX size={13} aria-hidden />}
        >
          {errors.toLocaleString()}
          <span className="visually-hidden"> {errors === 1 ? "error" : "errors"}</span>
        </Badge>
      )}
      {warnings > 0 && (
        <Badge
          variant="light"
          color="orange"
          tt="none"
          miw="max-content"
          leftSection={<IconAlertTriangle size={13} aria-hidden />}
        >
          {warnings.toLocaleString()}
          <span className="visually-hidden"> {warnings === 1 ? "warning" : "warnings"}</span>
        </Badge>
      )}
    </Group>
  );
}

const KIND_ICONS: Record<Kind, Icon> = {
  github: IconBrandGithub,
  gitlab: IconBrandGitlab,
  gitea: IconCup,
  "bitbucket-server": IconBrandBitbucket,
  git: IconBrandGit,
};

/** The mark of a forge. */
export function KindIcon({ kind, size = 34 }: { kind: Kind; size?: number }) {
  const Icon = KIND_ICONS[kind] ?? IconBrandGit;
  return (
    <ThemeIcon variant="default" size={size} radius="md" style={{ flexShrink: 0 }}>
      <Icon size={size * 0.6} stroke={1.7} role="img" aria-label={KIND_NAMES[kind] ?? kind} />
    </ThemeIcon>
  );
}
