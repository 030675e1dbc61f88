import { Anchor, Button, Group, SegmentedControl, Stack, Switch, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { Blueprint } from "@/api/model";
import { blueprintsQuery } from "@/app/queries";
import { useUser } from "@/app/session";
import { FormDialog } from "@/ui/dialogs";
import { Graph } from "@/ui/graph";
import { identifierOf } from "@/ui/names";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { SearchTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { useCreateBlueprint } from "./api";

interface Search {
  view?: "graph" | "list";
  system?: boolean;
}

/** The model of the catalog: blueprints and how they relate. */
export function Builder() {
  const { view = "graph", system = false } = useSearch({ strict: false }) as Search;
  const { isAdmin } = useUser();
  const navigate = useNavigate();
  const blueprints = useQuery(blueprintsQuery);
  const [creating, setCreating] = useState(false);
  const show = (change: Search) =>
    void navigate({ to: ".", search: ((before: Search) => ({ ...before, ...change })) as never, replace: true });
  const open = (identifier: string) => void navigate({ to: `/builder/${encodeURIComponent(identifier)}` });
  return (
    <Stack>
      <PageHead title="Blueprints" sub="What kinds of things there are, and how they relate.">
        <Button
          leftSection={<IconPlus size={16} />}
          onClick={() => setCreating(true)}
          disabled={!isAdmin}
          title={isAdmin ? undefined : "Only Admins create blueprints"}
        >
          New blueprint
        </Button>
      </PageHead>
      <Group justify="space-between">
        <SegmentedControl
          aria-label="View"
          value={view}
          onChange={(next) => show({ view: next as Search["view"] })}
          data={[
            { label: "Graph", value: "graph" },
            { label: "List", value: "list" },
          ]}
        />
        <Switch
          label="System blueprints"
          checked={system}
          onChange={(event) => show({ system: event.currentTarget.checked || undefined })}
        />
      </Group>
      <Loaded query={blueprints}>
        {(all) => {
          const shown = all.filter((each) => system || !each.identifier.startsWith("_"));
          if (shown.length === 0) {
            return <Empty title="No blueprints yet">A blueprint says what a kind of entity looks like.</Empty>;
          }
          return view === "graph" ? <Model blueprints={shown} onOpen={open} /> : <List blueprints={shown} />;
        }}
      </Loaded>
      {creating && <NewBlueprint onClose={() => setCreating(false)} onMade={open} />}
    </Stack>
  );
}

function Model({ blueprints, onOpen }: { blueprints: Blueprint[]; onOpen: (identifier: string) => void }) {
  const known = new Set(blueprints.map(({ identifier }) => identifier));
  const nodes = blueprints.map((blueprint) => ({
    id: blueprint.identifier,
    label: blueprint.title,
    sub: `${Object.keys(blueprint.schema.properties).length} properties`,
  }));
  const edges = blueprints.flatMap((blueprint) =>
    Object.entries(blueprint.relations)
      .filter(([, relation]) => known.has(relation.target))
      .map(([name, relation]) => ({
        id: `${blueprint.identifier}.${name}`,
        from: blueprint.identifier,
        to: relation.target,
        label: relation.title || name,
      })),
  );
  return <Graph label="Blueprints and their relations" nodes={nodes} edges={edges} onOpen={onOpen} height="65vh" />;
}

function List({ blueprints }: { blueprints: Blueprint[] }) {
  return (
    <SearchTable
      label="Blueprints"
      rows={blueprints}
      keyOf={(blueprint) => blueprint.identifier}
      empty={null}
      columns={[
        {
          title: "Blueprint",
          text: (blueprint) => `${blueprint.title} ${blueprint.identifier}`,
          cell: (blueprint) => (
            <div>
              <Anchor component={Link} to={`/builder/${encodeURIComponent(blueprint.identifier)}`} size="sm" fw={500}>
                {blueprint.title}
              </Anchor>
              <Text size="xs" c="dimmed">
                {blueprint.identifier}
              </Text>
            </div>
          ),
        },
        { title: "Properties", cell: (blueprint) => Object.keys(blueprint.schema.properties).length, wide: true },
        {
          title: "Relations",
          text: (blueprint) => Object.keys(blueprint.relations).join(" "),
          cell: (blueprint) => Object.keys(blueprint.relations).join(", ") || "—",
          wide: true,
        },
        { title: "Changed", cell: (blueprint) => <Ago at={blueprint.updatedAt} /> },
      ]}
    />
  );
}

function NewBlueprint({ onClose, onMade }: { onClose: () => void; onMade: (identifier: string) => void }) {
  const [title, setTitle] = useState("");
  const [named, setNamed] = useState<string | null>(null);
  const create = useCreateBlueprint();
  const identifier = named ?? identifierOf(title);
  return (
    <FormDialog
      opened
      title="New blueprint"
      submit="Create"
      pending={create.isPending}
      error={create.error}
      onClose={onClose}
      onSubmit={() =>
        create.mutate(
          { identifier, title, schema: { properties: {}, required: [] }, relations: {} },
          { onSuccess: () => onMade(identifier) },
        )
      }
    >
      <TextInput
        label="Title"
        required
        data-autofocus
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <TextInput
        label="Identifier"
        description="Used by programs; entities keep it when it changes."
        required
        value={identifier}
        onChange={(event) => setNamed(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
