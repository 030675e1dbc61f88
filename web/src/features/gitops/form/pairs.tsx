import { ActionIcon, Button, Group, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Named } from "./fields";

interface PairsProps<V extends string> {
  title: string;
  rows: [string, V][];
  first: { label: string; placeholder: string };
  second: (value: V, set: (value: V) => void, at: number) => ReactNode;
  initial: V;
  onChange: (rows: [string, V][]) => void;
}

/** Globs, and what counts for what they match; the first that matches decides. */
export function Pairs<V extends string>({ title, rows, first, second, initial, onChange }: PairsProps<V>) {
  const put = (at: number, row: [string, V]) => onChange(rows.map((each, place) => (place === at ? row : each)));
  return (
    <Named title={title}>
      <Stack gap="xs" mt={6} align="flex-start">
        {rows.map(([glob, value], at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the glob is what is being typed
          <Group key={at} gap="xs" wrap="nowrap" w="100%">
            <TextInput
              aria-label={`${first.label}, ${at + 1}`}
              placeholder={first.placeholder}
              flex={1}
              miw={0}
              value={glob}
              onChange={(event) => put(at, [event.currentTarget.value, value])}
            />
            {second(value, (next) => put(at, [glob, next]), at + 1)}
            <ActionIcon
              variant="subtle"
              color="gray"
              size={30}
              aria-label={`Remove ${glob || at + 1}`}
              onClick={() => onChange(rows.filter((_, place) => place !== at))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} />}
          disabled={rows.some(([glob]) => glob === "")}
          onClick={() => onChange([...rows, ["", initial]])}
        >
          Add
        </Button>
      </Stack>
    </Named>
  );
}
