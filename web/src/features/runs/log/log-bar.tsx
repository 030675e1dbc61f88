import { ActionIcon, Checkbox, Group, Select, Text, TextInput, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import {
  IconArrowAutofitDown,
  IconCheck,
  IconChevronDown,
  IconChevronUp,
  IconCopy,
  IconDownload,
  IconPlayerPause,
  IconPlayerPlay,
  IconSearch,
  IconTextWrap,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { saveFile } from "@/ui/files";
import type { Level } from "./model";

export interface LogOptions {
  level: Level;
  text: string;
  onlyMatches: boolean;
  wrap: boolean;
  follow: boolean;
  paused: boolean;
}

interface Props {
  options: LogOptions;
  onChange: (change: Partial<LogOptions>) => void;
  matches: number;
  /** Which match is looked at, from 1. */
  match: number;
  onStep: (by: 1 | -1) => void;
  file: string;
  text: () => string;
  isEmpty: boolean;
}

const LEVELS = [
  { value: "all", label: "All levels" },
  { value: "warn", label: "Warnings and errors" },
  { value: "error", label: "Errors" },
];

/** What can be done with a log. */
export function LogBar({ options, onChange, matches, match, onStep, file, text, isEmpty }: Props) {
  return (
    <Group gap="xs" mb="xs">
      <TextInput
        aria-label="Search the log"
        placeholder="Search"
        size="xs"
        leftSection={<IconSearch size={14} aria-hidden />}
        value={options.text}
        onChange={(event) => onChange({ text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === "Enter") onStep(event.shiftKey ? -1 : 1);
          if (event.key === "Escape") onChange({ text: "" });
        }}
        flex="1 1 160px"
        maw={260}
      />
      {options.text !== "" && (
        <>
          <Text size="xs" c="dimmed" role="status">
            {matches === 0 ? "No match" : `${match} of ${matches.toLocaleString()}`}
          </Text>
          <Tool label="Match before" disabled={matches === 0} onClick={() => onStep(-1)}>
            <IconChevronUp size={16} />
          </Tool>
          <Tool label="Next match" disabled={matches === 0} onClick={() => onStep(1)}>
            <IconChevronDown size={16} />
          </Tool>
          <Checkbox
            size="xs"
            label="Matches only"
            checked={options.onlyMatches}
            onChange={(event) => onChange({ onlyMatches: event.currentTarget.checked })}
          />
        </>
      )}
      <Select
        aria-label="Level"
        size="xs"
        data={LEVELS}
        allowDeselect={false}
        value={options.level}
        onChange={(level) => onChange({ level: (level ?? "all") as Level })}
        w={160}
      />
      <Group gap={4} ml="auto">
        <Tool label="Follow" pressed={options.follow} onClick={() => onChange({ follow: !options.follow })}>
          <IconArrowAutofitDown size={16} />
        </Tool>
        <Tool
          label={options.paused ? "Go on" : "Pause"}
          pressed={options.paused}
          onClick={() => onChange({ paused: !options.paused })}
        >
          {options.paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
        </Tool>
        <Tool label="Break long lines" pressed={options.wrap} onClick={() => onChange({ wrap: !options.wrap })}>
          <IconTextWrap size={16} />
        </Tool>
        <CopyLog text={text} isEmpty={isEmpty} />
        <Tool label="Download" disabled={isEmpty} onClick={() => saveFile(file, text(), "text/plain")}>
          <IconDownload size={16} />
        </Tool>
      </Group>
    </Group>
  );
}

function CopyLog({ text, isEmpty }: { text: () => string; isEmpty: boolean }) {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <Tool label={clipboard.copied ? "Copied" : "Copy"} disabled={isEmpty} onClick={() => clipboard.copy(text())}>
      {clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
    </Tool>
  );
}

interface ToolProps {
  label: string;
  onClick: () => void;
  pressed?: boolean;
  disabled?: boolean;
  children: ReactNode;
}

function Tool({ label, onClick, pressed, disabled, children }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={pressed ? "light" : "subtle"}
        color={pressed ? undefined : "gray"}
        aria-label={label}
        aria-pressed={pressed}
        disabled={disabled}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
