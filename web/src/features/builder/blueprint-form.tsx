import { Button, Group, Menu, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Blueprint as Data, PropertyDefinition, RelationDefinition } from "@/api/model";
import { RowMenu } from "@/ui/row-menu";
import { type Draft, kindOf, withoutProperty, withoutRelation, withProperty, withRelation } from "./model";
import { PropertyDialog, RelationDialog } from "./property";

interface FormProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
  all: Data[];
}

/** Title, properties and relations of a draft. */
export function Form({ draft, onChange, all }: FormProps) {
  const [property, setProperty] = useState<string | null>(null);
  const [relation, setRelation] = useState<string | null>(null);
  const required = new Set(draft.schema.required ?? []);
  return (
    <Stack gap="lg">
      <Group grow align="flex-start" maw={760}>
        <TextInput
          label="Title"
          value={draft.title}
          onChange={(event) => onChange({ ...draft, title: event.currentTarget.value })}
        />
        <TextInput
          label="Description"
          value={draft.description ?? ""}
          onChange={(event) => onChange({ ...draft, description: event.currentTarget.value })}
        />
      </Group>
      <section aria-labelledby="properties">
        <Group justify="space-between" mb="xs">
          <Title order={2} size="h5" id="properties">
            Properties
          </Title>
          <Button size="xs" variant="light" leftSection={<IconPlus size={14} />} onClick={() => setProperty("")}>
            Add a property
          </Button>
        </Group>
        <Parts
          label="Properties"
          rows={Object.entries(draft.schema.properties).map(([name, definition]) => ({
            name,
            title: definition.title ?? name,
            kind: kindOf(definition),
            note: required.has(name) ? "required" : "",
          }))}
          onEdit={setProperty}
          onRemove={(name) => onChange(withoutProperty(draft, name))}
        />
      </section>
      <section aria-labelledby="relations">
        <Group justify="space-between" mb="xs">
          <Title order={2} size="h5" id="relations">
            Relations
          </Title>
          <Button size="xs" variant="light" leftSection={<IconPlus size={14} />} onClick={() => setRelation("")}>
            Add a relation
          </Button>
        </Group>
        <Parts
          label="Relations"
          rows={Object.entries(draft.relations).map(([name, each]) => ({
            name,
            title: each.title ?? name,
            kind: `${each.many ? "many" : "one"} ${each.target}`,
            note: each.required ? "required" : "",
          }))}
          onEdit={setRelation}
          onRemove={(name) => onChange(withoutRelation(draft, name))}
        />
      </section>
      <Text size="sm" c="dimmed">
        Mirror, calculation and aggregation properties, limits and icons: in the JSON.
      </Text>
      {property !== null && (
        <PropertyDialog
          name={property}
          definition={draft.schema.properties[property]}
          required={required.has(property)}
          taken={Object.keys(draft.schema.properties)}
          onClose={() => setProperty(null)}
          onSave={(name: string, definition: PropertyDefinition, must: boolean) => {
            onChange(withProperty(draft, name, definition, must));
            setProperty(null);
          }}
        />
      )}
      {relation !== null && (
        <RelationDialog
          name={relation}
          relation={draft.relations[relation]}
          targets={all.map(({ identifier, title }) => ({ value: identifier, label: title }))}
          taken={Object.keys(draft.relations)}
          onClose={() => setRelation(null)}
          onSave={(name: string, next: RelationDefinition) => {
            onChange(withRelation(draft, name, next));
            setRelation(null);
          }}
        />
      )}
    </Stack>
  );
}

interface PartsProps {
  label: string;
  rows: { name: string; title: string; kind: string; note: string }[];
  onEdit: (name: string) => void;
  onRemove: (name: string) => void;
}

function Parts({ label, rows, onEdit, onRemove }: PartsProps) {
  if (rows.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        None yet.
      </Text>
    );
  }
  return (
    <Table aria-label={label} highlightOnHover>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.name}>
            <Table.Td>
              <Text size="sm" fw={500}>
                {row.title}
              </Text>
              <Text size="xs" c="dimmed">
                {row.name}
              </Text>
            </Table.Td>
            <Table.Td>{row.kind}</Table.Td>
            <Table.Td visibleFrom="xs">{row.note}</Table.Td>
            <Table.Td w={50}>
              <RowMenu label={row.title}>
                <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => onEdit(row.name)}>
                  Edit
                </Menu.Item>
                <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => onRemove(row.name)}>
                  Remove
                </Menu.Item>
              </RowMenu>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
