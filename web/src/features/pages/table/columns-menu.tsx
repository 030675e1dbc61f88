import { ActionIcon, Button, Checkbox, Group, Popover, ScrollArea, Stack, Text, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconColumns, IconRestore } from "@tabler/icons-react";
import { useState } from "react";
import type { Field } from "../fields";
import { type ColumnPlace, readColumn, writeColumn } from "../model";

interface Props {
  fields: Field[];
  columns: string[];
  onChange: (columns: string[] | undefined) => void;
}

/** Which columns are shown, and in which order. */
export function ColumnsMenu({ fields, columns, onChange }: Props) {
  const [text, setText] = useState("");
  const places = columns.map(readColumn);
  const shown = new Set(places.map(({ id }) => id));
  const write = (next: ColumnPlace[]) => onChange(next.map(writeColumn));
  const matches = ({ title, id }: Field) => `${title} ${id}`.toLowerCase().includes(text.trim().toLowerCase());
  const move = (at: number, step: number) => {
    const next = [...places];
    const [taken] = next.splice(at, 1);
    if (taken) next.splice(at + step, 0, taken);
    write(next);
  };
  const titleOf = (id: string) => fields.find((field) => field.id === id)?.title ?? id;
  const hidden = fields.filter((field) => !shown.has(field.id) && matches(field));
  return (
    <Popover position="bottom-end" shadow="md" trapFocus returnFocus withinPortal>
      <Popover.Target>
        <Button variant="default" size="xs" leftSection={<IconColumns size={15} aria-hidden />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown w={320} maw="calc(100vw - 24px)" p="xs" aria-label="Columns">
        <TextInput
          size="xs"
          aria-label="Search columns"
          placeholder="Search columns"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data-autofocus
        />
        <ScrollArea.Autosize mah={380} mt="xs" type="auto" viewportProps={{ tabIndex: 0 }}>
          <Stack gap={2} pr="sm">
            {places.map(({ id }, at) => {
              const title = titleOf(id);
              return (
                <Group key={id} justify="space-between" wrap="nowrap" gap={4} mih={28}>
                  <Checkbox
                    size="xs"
                    label={title}
                    checked
                    disabled={places.length === 1}
                    onChange={() => write(places.filter((place) => place.id !== id))}
                  />
                  <Group gap={0} wrap="nowrap">
                    <Mover label={`Move ${title} up`} disabled={at === 0} onClick={() => move(at, -1)} up />
                    <Mover
                      label={`Move ${title} down`}
                      disabled={at === places.length - 1}
                      onClick={() => move(at, 1)}
                    />
                  </Group>
                </Group>
              );
            })}
            {hidden.length > 0 && (
              <Text size="xs" c="dimmed" fw={600} mt={6}>
                Hidden
              </Text>
            )}
            {hidden.map(({ id, title }) => (
              <Group key={id} mih={28}>
                <Checkbox size="xs" label={title} checked={false} onChange={() => write([...places, { id }])} />
              </Group>
            ))}
          </Stack>
        </ScrollArea.Autosize>
        <Button
          mt="xs"
          size="xs"
          variant="subtle"
          fullWidth
          leftSection={<IconRestore size={14} aria-hidden />}
          onClick={() => onChange(undefined)}
        >
          As in the saved view
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}

function Mover({ label, up, ...rest }: { label: string; up?: boolean; disabled: boolean; onClick: () => void }) {
  const Icon = up ? IconArrowUp : IconArrowDown;
  return (
    <ActionIcon variant="subtle" color="gray" size={26} aria-label={label} {...rest}>
      <Icon size={15} />
    </ActionIcon>
  );
}
