import { ActionIcon, Button, Group, Menu, Paper, Select, Text } from "@mantine/core";
import { IconBolt, IconChevronDown, IconDownload, IconPencil, IconTrash, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Refusal } from "@/api/lanes";
import type { Blueprint, Entity, Json, JsonObject } from "@/api/model";
import { actionsQuery } from "@/features/entity/api";
import { DeleteDialog } from "@/features/entity/delete-dialog";
import { RunMany } from "@/features/self-service/run-many";
import { FormDialog } from "@/ui/dialogs";
import { showDone } from "@/ui/notify";
import { RefusedList } from "@/ui/refused";
import { useChangeMany } from "./api";
import type { Field } from "./fields";
import { changeOf, FieldInput, isEditable } from "./quick-edit";
import { saveAs } from "./table/export-menu";

interface Props {
  blueprint: Blueprint;
  fields: Field[];
  /** The columns, for exports. */
  columns: Field[];
  selected: Entity[];
  onClear: () => void;
}

/** What can be done with the selected entities. */
export function BulkBar({ blueprint, fields, columns, selected, onClear }: Props) {
  const [dialog, setDialog] = useState<"change" | "delete" | "run" | null>(null);
  const actions = useQuery(actionsQuery(blueprint.identifier)).data ?? [];
  const count = selected.length;
  const name = count === 1 ? selected[0]?.title || selected[0]?.identifier || "" : `${count.toLocaleString()} entities`;
  const file = `${blueprint.identifier}-selected`;
  return (
    <Paper withBorder px="sm" py={6} shadow="sm" role="region" aria-label="Selection">
      <Group gap="xs">
        <Text size="sm" fw={600} role="status">
          {count.toLocaleString()} selected
        </Text>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPencil size={14} aria-hidden />}
          onClick={() => setDialog("change")}
        >
          Change a value
        </Button>
        {actions.length > 0 && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconBolt size={14} aria-hidden />}
            onClick={() => setDialog("run")}
          >
            Run an action
          </Button>
        )}
        <Menu withinPortal>
          <Menu.Target>
            <Button
              size="xs"
              variant="default"
              leftSection={<IconDownload size={14} aria-hidden />}
              rightSection={<IconChevronDown size={13} aria-hidden />}
            >
              Export selected
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => saveAs(file, "csv", selected, columns)}>CSV</Menu.Item>
            <Menu.Item onClick={() => saveAs(file, "json", selected, columns)}>JSON</Menu.Item>
          </Menu.Dropdown>
        </Menu>
        <Button
          size="xs"
          variant="light"
          color="red"
          leftSection={<IconTrash size={14} aria-hidden />}
          onClick={() => setDialog("delete")}
        >
          Delete
        </Button>
        <ActionIcon variant="subtle" color="gray" aria-label="Clear selection" onClick={onClear} ml="auto">
          <IconX size={16} />
        </ActionIcon>
      </Group>
      {dialog === "change" && (
        <ChangeMany blueprint={blueprint} fields={fields} selected={selected} onClose={() => setDialog(null)} />
      )}
      {dialog === "run" && (
        <RunMany
          actions={actions}
          entities={selected.map(({ identifier }) => identifier)}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === "delete" && (
        <DeleteDialog
          blueprint={blueprint.identifier}
          identifiers={selected.map(({ identifier }) => identifier)}
          name={name}
          onClose={() => setDialog(null)}
          onDone={() => {
            setDialog(null);
            onClear();
          }}
        />
      )}
    </Paper>
  );
}

interface ChangeProps {
  blueprint: Blueprint;
  fields: Field[];
  selected: Entity[];
  onClose: () => void;
}

function ChangeMany({ blueprint, fields, selected, onClose }: ChangeProps) {
  const editable = fields.filter((field) => field.id !== "$title" && isEditable(field, blueprint));
  const [id, setId] = useState(editable[0]?.id ?? null);
  const [value, setValue] = useState<Json | undefined>(undefined);
  const [refused, setRefused] = useState<Refusal[]>([]);
  const change = useChangeMany(blueprint.identifier);
  const field = editable.find((each) => each.id === id);
  const run = () => {
    if (field === undefined) return;
    const identifiers = selected.map(({ identifier }) => identifier);
    change.mutate(
      { identifiers, change: changeOf(field, value) as JsonObject },
      {
        onSuccess: (answer) => {
          setRefused(answer);
          showDone(`${(identifiers.length - answer.length).toLocaleString()} changed`);
          if (answer.length === 0) onClose();
        },
      },
    );
  };
  return (
    <FormDialog
      title={`Change ${selected.length.toLocaleString()} entities`}
      opened
      onClose={onClose}
      onSubmit={run}
      submit="Change"
      pending={change.isPending}
    >
      <Select
        label="Value"
        searchable
        allowDeselect={false}
        data={editable.map((each) => ({ value: each.id, label: each.title }))}
        value={id}
        onChange={(chosen) => {
          setId(chosen);
          setValue(undefined);
        }}
      />
      {field && <FieldInput key={field.id} field={{ ...field, title: "Becomes" }} value={value} onChange={setValue} />}
      {field && (value === undefined || value === "") && (
        <Text size="xs" c="dimmed">
          Left empty, the value is removed from all of them.
        </Text>
      )}
      {refused.length > 0 && <RefusedList refused={refused} />}
    </FormDialog>
  );
}
