import { Button, Group, Text } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import type { LogLine } from "../api";
import classes from "./log.module.css";
import { LogBar, type LogOptions } from "./log-bar";
import { Message } from "./message";
import { asText, MOST_LINES, matchesOf, visibleLines } from "./model";
import type { StreamState } from "./use-stream";

interface Props {
  name: string;
  lines: LogLine[];
  state: StreamState;
  height?: number | string;
  /** Said while there is no line. */
  empty: string;
}

const HEIGHT = 20;
const FEW = 11;
const NEAR_END = 24;
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hour12: false });
const START: LogOptions = { level: "all", text: "", onlyMatches: false, wrap: true, follow: true, paused: false };

/** The log of a run: follows what comes, can be searched, held still and taken away. Draws only lines in sight. */
export function LogView({ name, lines, state, height, empty }: Props) {
  const [options, setOptions] = useState<LogOptions>(START);
  const [held, setHeld] = useState<LogLine[] | null>(null);
  const [match, setMatch] = useState(0);
  const given = held ?? lines;
  const shown = useMemo(
    () => visibleLines(given, options.level, options.text, options.onlyMatches),
    [given, options.level, options.text, options.onlyMatches],
  );
  const matches = useMemo(() => matchesOf(shown, options.text), [shown, options.text]);
  const change = (next: Partial<LogOptions>) => {
    // whoever looks for something does not want to be carried away by what comes
    const still = next.text !== undefined && next.text !== "" ? { follow: false } : {};
    setOptions((before) => ({ ...before, ...still, ...next }));
    if (next.paused !== undefined) setHeld(next.paused ? lines : null);
    if (next.text !== undefined) setMatch(0);
  };
  const current = matches.length === 0 ? -1 : (matches[match % matches.length] ?? -1);
  return (
    <div>
      <LogBar
        options={options}
        onChange={change}
        matches={matches.length}
        match={matches.length === 0 ? 0 : (match % matches.length) + 1}
        onStep={(by) => {
          setMatch((before) => (before + by + matches.length) % Math.max(1, matches.length));
          change({ follow: false });
        }}
        file={`${name}.log`}
        text={() => asText(shown)}
        isEmpty={lines.length === 0}
      />
      <Lines
        lines={shown}
        current={current}
        options={options}
        height={height ?? (lines.length > FEW ? "min(62vh, 640px)" : 240)}
        empty={lines.length === 0 ? empty : "No line fits the search and level."}
        onFollow={(follow) => change({ follow })}
      />
      <Group justify="space-between" mt={4}>
        <Text size="xs" c="dimmed">
          {shown.length.toLocaleString()} {shown.length === 1 ? "line" : "lines"}
          {shown.length !== given.length && ` of ${given.length.toLocaleString()}`}
          {given.length >= MOST_LINES && "; older ones are not held here"}
          {held !== null && lines.length > held.length && `; paused, ${lines.length - held.length} more have come`}
        </Text>
        <Text size="xs" c="dimmed">
          {state === "live" && "Live"}
          {state === "connecting" && "Connecting…"}
          {state === "broken" && "Connection lost; trying again…"}
          {state === "ended" && "Complete"}
        </Text>
      </Group>
    </div>
  );
}

interface LinesProps {
  lines: LogLine[];
  current: number;
  options: LogOptions;
  height: number | string;
  empty: string;
  onFollow: (follow: boolean) => void;
}

function Lines({ lines, current, options, height, empty, onFollow }: LinesProps) {
  const frame = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => frame.current,
    estimateSize: () => HEIGHT,
    overscan: 20,
    getItemKey: (at) => lines[at]?.id ?? at,
  });
  const { follow, wrap, text } = options;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end moves with every line
  useEffect(() => {
    if (follow && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: "end" });
  }, [follow, lines.length]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: heights change with the way lines are broken
  useEffect(() => virtual.measure(), [wrap]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: to the match, once
  useEffect(() => {
    if (current >= 0) virtual.scrollToIndex(current, { align: "center" });
  }, [current]);
  const isAtEnd = () => {
    const box = frame.current;
    return box !== null && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (["ArrowUp", "PageUp", "Home"].includes(event.key)) onFollow(false);
    if (event.key === "End") onFollow(true);
  };
  return (
    <div style={{ position: "relative" }}>
      <section
        ref={frame}
        className={`${classes.frame} ${wrap ? classes.wrap : ""}`}
        style={{ height }}
        aria-label="Log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        tabIndex={0}
        onKeyDown={onKeyDown}
        onWheel={(event) => {
          if (event.deltaY < 0) onFollow(false);
          else if (isAtEnd()) onFollow(true);
        }}
        onTouchMove={() => onFollow(isAtEnd())}
      >
        {lines.length === 0 && (
          <Text size="sm" c="dimmed" p="md">
            {empty}
          </Text>
        )}
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index];
            if (line === undefined) return null;
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                data-level={line.level ?? "INFO"}
                data-current={item.index === current || undefined}
                className={classes.line}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <time className={classes.time} dateTime={line.createdAt} title={line.createdAt}>
                  {clock.format(Date.parse(line.createdAt))}
                </time>
                <span className={classes.level}>{line.level ?? "INFO"}</span>
                <span className={classes.message}>
                  <Message text={line.message} wanted={text} />
                </span>
              </div>
            );
          })}
        </div>
      </section>
      {!follow && lines.length > 0 && (
        <Button
          className={classes.latest}
          size="compact-sm"
          leftSection={<IconArrowDown size={14} />}
          onClick={() => onFollow(true)}
        >
          Latest
        </Button>
      )}
    </div>
  );
}
