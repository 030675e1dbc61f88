import {
  Alert,
  Anchor,
  Button,
  Group,
  List,
  Menu,
  Modal,
  Stack,
  Table,
  Tabs,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Blueprint as Data, PropertyDefinition, RelationDefinition } from "@/api/model";
import { blueprintsQuery } from "@/app/queries";
import { AddressTabs } from "@/ui/address-tabs";
import { askBefore } from "@/ui/dialogs";
import { showDone, showProblem } from "@/ui/notify";
import { RowMenu } from "@/ui/row-menu";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { entityPath } from "@/ui/value/links";
import { type Plan, scorecardsQuery, useDeleteBlueprint, usePlan, useSaveBlueprint } from "./api";
import { DocumentEditor, SaveBar } from "./editor";
import {
  BUILDER,
  type Draft,
  kindOf,
  withoutProperty,
  withoutRelation,
  withoutStamps,
  withProperty,
  withRelation,
} from "./model";
import { Permissions } from "./permissions";
import { PropertyDialog, RelationDialog } from "./property";

/** One blueprint: its properties and relations as a form and as JSON, both of the same draft; permissions; scorecards. */
export function BlueprintScreen() {
  const { blueprint: identifier } = useParams({ strict: false }) as { blueprint: string };
  const blueprints = useQuery(blueprintsQuery);
  return (
    <Loaded query={blueprints}>
      {(all) => {
        const found = all.find((each) => each.identifier === identifier);
        if (!found) return <Empty title="There is nothing here">No blueprint is called “{identifier}”.</Empty>;
        return <Editor key={found.updatedAt} blueprint={found} all={all} />;
      }}
    </Loaded>
  );
}

function Editor({ blueprint, all }: { blueprint: Data; all: Data[] }) {
  const { tab = "properties" } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const stored = useMemo(() => JSON.stringify(withoutStamps(blueprint), null, 2), [blueprint]);
  const [text, setText] = useState(stored);
  const draft = useMemo(() => draftOf(text), [text]);
  const setDraft = (next: Draft) => setText(JSON.stringify(next, null, 2));
  const remove = useDeleteBlueprint();
  const ask = () =>
    askBefore({
      title: `Delete blueprint ${blueprint.title}?`,
      children: "Only a blueprint without entities, that no relation leads to, can be deleted.",
      confirm: "Delete",
      onConfirm: () =>
        remove.mutate(blueprint.identifier, {
          onSuccess: () => void navigate({ to: BUILDER as never }),
          onError: showProblem,
        }),
    });
  return (
    <>
      <PageHead
        title={blueprint.title}
        sub={
          <>
            <Anchor component={Link} to={BUILDER as never} size="sm" underline="always">
              Blueprints
            </Anchor>{" "}
            · {blueprint.identifier}
          </>
        }
      >
        <Button variant="default" color="red" leftSection={<IconTrash size={16} />} onClick={ask}>
          Delete
        </Button>
      </PageHead>
      <AddressTabs value={tab}>
        <Tabs.List mb="md">
          <Tabs.Tab value="properties">Properties and relations</Tabs.Tab>
          <Tabs.Tab value="json">JSON</Tabs.Tab>
          <Tabs.Tab value="permissions">Permissions</Tabs.Tab>
          <Tabs.Tab value="scorecards">Scorecards</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="properties">
          {draft.value ? (
            <Form draft={draft.value} onChange={setDraft} all={all} />
          ) : (
            <Alert color="red">The JSON cannot be read: {draft.problem}</Alert>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="json">
          <DocumentEditor
            label="Blueprint"
            text={text}
            onChange={setText}
            operation={["put", "/v1/blueprints/{identifier}"]}
            problem={draft.problem}
          />
        </Tabs.Panel>
        <Tabs.Panel value="permissions">
          <Permissions blueprint={blueprint.identifier} />
        </Tabs.Panel>
        <Tabs.Panel value="scorecards">
          <Scorecards blueprint={blueprint.identifier} />
        </Tabs.Panel>
      </AddressTabs>
      {(tab === "properties" || tab === "json") && (
        <Saving blueprint={blueprint} draft={draft.value} changed={text !== stored} onReset={() => setText(stored)} />
      )}
    </>
  );
}

function draftOf(text: string): { value: Draft | null; problem: string | null } {
  try {
    const value = JSON.parse(text) as Draft;
    if (typeof value !== "object" || value === null || typeof value.schema?.properties !== "object") {
      return { value: null, problem: "schema.properties is missing" };
    }
    return { value: { ...value, relations: value.relations ?? {} }, problem: null };
  } catch (error) {
    return { value: null, problem: (error as Error).message };
  }
}

interface SavingProps {
  blueprint: Data;
  draft: Draft | null;
  changed: boolean;
  onReset: () => void;
}

function Saving({ blueprint, draft, changed, onReset }: SavingProps) {
  const plan = usePlan(blueprint.identifier);
  const save = useSaveBlueprint(blueprint.identifier);
  const [shown, setShown] = useState<Plan | null>(null);
  const navigate = useNavigate();
  const done = (identifier: string) => {
    setShown(null);
    showDone("Saved");
    if (identifier !== blueprint.identifier) void navigate({ to: `/builder/${encodeURIComponent(identifier)}` });
  };
  return (
    <>
      <SaveBar
        label="Review and save"
        onSave={() => draft && plan.mutate(draft, { onSuccess: setShown })}
        pending={plan.isPending}
        disabled={!changed || draft === null}
        error={plan.error}
      >
        <Button variant="default" onClick={onReset} disabled={!changed}>
          Undo the changes
        </Button>
      </SaveBar>
      <Modal opened={shown !== null} onClose={() => setShown(null)} title="What saving does" size="lg" centered>
        {shown && (
          <Stack>
            <PlanView plan={shown} blueprint={blueprint.identifier} />
            <SaveBar
              onSave={() => draft && save.mutate(draft, { onSuccess: () => done(draft.identifier) })}
              pending={save.isPending}
              error={save.error}
            >
              <Button variant="default" onClick={() => setShown(null)}>
                Back
              </Button>
            </SaveBar>
          </Stack>
        )}
      </Modal>
    </>
  );
}

const PARTS: Record<string, string> = {
  properties: "Properties",
  relations: "Relations",
  mirrorProperties: "Mirror properties",
  calculationProperties: "Calculations",
  aggregationProperties: "Aggregations",
};

function PlanView({ plan, blueprint }: { plan: Plan; blueprint: string }) {
  const parts = Object.entries(plan.changes);
  return (
    <Stack gap="sm">
      {parts.length === 0 && <Text size="sm">Titles and presentation change; no property and no relation does.</Text>}
      {parts.map(([part, { added, removed, changed }]) => (
        <div key={part}>
          <Text size="sm" fw={600}>
            {PARTS[part] ?? part}
          </Text>
          <List size="sm">
            {added.length > 0 && <List.Item>added: {added.join(", ")}</List.Item>}
            {changed.length > 0 && <List.Item>changed: {changed.join(", ")}</List.Item>}
            {removed.length > 0 && <List.Item>removed: {removed.join(", ")}</List.Item>}
          </List>
        </div>
      ))}
      {plan.lost.map(({ property, values }) => (
        <Alert key={property} color="orange" variant="outline">
          {values.toLocaleString()} values of “{property}” are lost.
        </Alert>
      ))}
      <Text size="sm">
        {plan.failing === 0
          ? `All ${plan.checked.toLocaleString()} entities fit.`
          : `${(plan.checked - plan.failing).toLocaleString()} entities fit, ${plan.failing.toLocaleString()} do not: they keep their values and are refused when they are next written.`}
        {plan.checked < plan.entities && ` Of ${plan.entities.toLocaleString()}, so many were looked at.`}
      </Text>
      {plan.examples.length > 0 && (
        <Table aria-label="Entities that would not fit">
          <Table.Tbody>
            {plan.examples.map((each) => (
              <Table.Tr key={each.identifier}>
                <Table.Td>
                  <Anchor component={Link} to={entityPath(blueprint, each.identifier)} size="sm" target="_blank">
                    {each.title || each.identifier}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <Text size="sm">{each.message}</Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}

interface FormProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
  all: Data[];
}

function Form({ draft, onChange, all }: FormProps) {
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

function Scorecards({ blueprint }: { blueprint: string }) {
  const scorecards = useQuery(scorecardsQuery);
  const to = `/builder/scorecards/${encodeURIComponent(blueprint)}`;
  return (
    <Loaded query={scorecards}>
      {(all) => {
        const mine = all.filter((each) => each.blueprint === blueprint);
        return (
          <Stack align="flex-start">
            {mine.length === 0 && <Text size="sm">No scorecard measures it yet.</Text>}
            {mine.map((each) => (
              <Anchor key={each.identifier} component={Link} to={`${to}/${encodeURIComponent(each.identifier)}`}>
                {each.title}
              </Anchor>
            ))}
            <Button component={Link} to={`${to}/new`} variant="light" leftSection={<IconPlus size={16} />}>
              New scorecard
            </Button>
          </Stack>
        );
      }}
    </Loaded>
  );
}
