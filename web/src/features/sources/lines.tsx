import { Group, Code as Mono, Stack, Text } from "@mantine/core";
import { Empty } from "@/ui/states";
import { Ago } from "@/ui/time";
import type { LogEntry } from "./api";

/** Log lines of an integration, newest first. */
export function Lines({ lines }: { lines: LogEntry[] }) {
  if (lines.length === 0) return <Empty title="The log is empty" />;
  return (
    <Stack gap={4}>
      {lines.map((line) => (
        <Group key={line.id} gap="xs" wrap="nowrap" align="flex-start">
          <Mono>{line.level}</Mono>
          <Text size="sm" flex={1} style={{ overflowWrap: "anywhere" }}>
            {line.message}
          </Text>
          <Ago at={line.timestamp} size="xs" />
        </Group>
      ))}
    </Stack>
  );
}
