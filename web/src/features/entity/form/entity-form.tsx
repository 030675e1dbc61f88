import { Alert, Button, Drawer, Group, ScrollArea, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Blueprint, Entity } from "@/api/model";
import { EntitiesPicker, EntityPicker } from "@/ui/entity-picker";
import { showDone } from "@/ui/notify";
import { useCreateEntity, usePatchEntity } from "../api";
import { alteration, creation, type Draft, draftOf, emptyDraft, fieldErrors, knownTitles } from "./model";
import { PropertyInput } from "./property-input";

interface Props {
  blueprint: Blueprint;
  /** What is changed; a new entity when there is none. */
  entity?: Entity;
  onClose: () => void;
  onDone: (entity: Entity) => void;
}

/** Creates an entity, or changes one: a field for everything that its blueprint knows. */
export function EntityForm({ blueprint, entity, onClose, onDone }: Props) {
  const [before] = useState(() => (entity ? draftOf(entity, blueprint) : emptyDraft(blueprint)));
  const [draft, setDraft] = useState<Draft>(before);
  const create = useCreateEntity(blueprint.identifier);
  const patch = usePatchEntity(blueprint.identifier, before.identifier);
  const { error, isPending } = entity ? patch : create;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const done = entity
        ? await patch.mutateAsync(alteration(before, draft))
        : await create.mutateAsync(creation(draft));
      showDone(entity ? "Saved" : `${done.title || done.identifier} created`);
      onDone(done);
    } catch {
      // shown in the form
    }
  };
  const title = entity ? `Edit ${entity.title || entity.identifier}` : `New ${blueprint.title || blueprint.identifier}`;
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="min(100vw, 560px)"
      title={title}
      scrollAreaComponent={ScrollArea.Autosize}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <Head draft={draft} fixed={entity !== undefined} onChange={setDraft} blueprint={blueprint} />
          <Relations
            draft={draft}
            blueprint={blueprint}
            errors={fieldErrors(error)}
            known={knownTitles(entity)}
            onChange={setDraft}
          />
          <Properties draft={draft} blueprint={blueprint} errors={fieldErrors(error)} onChange={setDraft} />
          {error && (
            <Alert color="red" role="alert" title="The portal refuses this">
              {error.message}
            </Alert>
          )}
          <Group justify="flex-end" gap="xs" mt="sm">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isPending}>
              {entity ? "Save" : "Create"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}

interface PartProps {
  draft: Draft;
  blueprint: Blueprint;
  onChange: (draft: Draft) => void;
}

function Head({ draft, fixed, blueprint, onChange }: PartProps & { fixed: boolean }) {
  const ownership = blueprint.ownership;
  return (
    <>
      <TextInput
        label="Title"
        data-autofocus
        value={draft.title}
        onChange={(event) => onChange({ ...draft, title: event.currentTarget.value })}
      />
      {!fixed && (
        <TextInput
          label="Identifier"
          description="Made up when left empty"
          value={draft.identifier}
          onChange={(event) => onChange({ ...draft, identifier: event.currentTarget.value })}
        />
      )}
      {ownership?.type !== "Inherited" && (
        <EntitiesPicker
          label={ownership?.title || "Owner teams"}
          blueprint="_team"
          clearable
          value={draft.team}
          onChange={(team) => onChange({ ...draft, team })}
        />
      )}
    </>
  );
}

function Properties({ draft, blueprint, errors, onChange }: PartProps & { errors: Record<string, string> }) {
  const required = new Set(blueprint.schema.required ?? []);
  const names = Object.keys(blueprint.schema.properties);
  const ordered = [...names.filter((name) => required.has(name)), ...names.filter((name) => !required.has(name))];
  return ordered.map((name) => (
    <PropertyInput
      key={name}
      name={name}
      definition={blueprint.schema.properties[name] ?? { type: "string" }}
      required={required.has(name)}
      error={errors[name]}
      value={draft.properties[name]}
      onChange={(value) => {
        const { [name]: _, ...rest } = draft.properties;
        onChange({ ...draft, properties: value === undefined ? rest : { ...rest, [name]: value } });
      }}
    />
  ));
}

interface RelationsProps extends PartProps {
  errors: Record<string, string>;
  known: Record<string, string>;
}

function Relations({ draft, blueprint, errors, known, onChange }: RelationsProps) {
  return Object.entries(blueprint.relations).map(([name, { title, target, many, required, description }]) => {
    const value = draft.relations[name];
    const set = (next: string | string[] | null) =>
      onChange({ ...draft, relations: { ...draft.relations, [name]: next } });
    const shared = {
      label: title || name,
      description,
      error: errors[name],
      blueprint: target,
      known,
      clearable: true,
    };
    return many ? (
      <EntitiesPicker key={name} {...shared} value={Array.isArray(value) ? value : []} onChange={set} />
    ) : (
      <EntityPicker
        key={name}
        {...shared}
        required={required}
        value={typeof value === "string" ? value : null}
        onChange={set}
      />
    );
  });
}
