import { Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Blueprint, Entity, Json } from "@/api/model";
import { type EntityBody, usePatchEntity } from "@/features/entity/api";
import { knownTitles } from "@/features/entity/form/model";
import { PropertyInput } from "@/features/entity/form/property-input";
import { FormDialog } from "@/ui/dialogs";
import { EntitiesPicker, EntityPicker } from "@/ui/entity-picker";
import { offerUndo } from "@/ui/undo";
import { type Field, heldBy } from "./fields";

/** Whether a value can be changed where it stands; mirrors and computed values cannot. */
export function isEditable(field: Field, blueprint: Blueprint): boolean {
  if (field.id === "$team") return blueprint.ownership?.type !== "Inherited";
  return field.id === "$title" || field.source === "property" || field.source === "relation";
}

/** What is sent to give a field a value; null empties it. */
export function changeOf(field: Field, value: Json | undefined): EntityBody {
  if (field.id === "$title") return { title: (value as string | undefined) || null };
  if (field.id === "$team") return { team: (value as string[] | undefined) ?? [] };
  const set = { [field.name]: value ?? (field.kind === "relations" ? [] : null) };
  return field.source === "relation" ? { relations: set } : { properties: set };
}

function identifiers(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((each) => identifiers(each) as string);
  if (typeof value === "object" && value !== null) return value.identifier;
  return value ?? undefined;
}

/** The value of a field in the form of its input: a relation as identifiers. */
export function plainValue(entity: Entity, field: Field): Json | undefined {
  const value = heldBy(entity, field);
  return field.source === "relation" ? identifiers(value) : (value ?? undefined);
}

interface Props {
  blueprint: Blueprint;
  entity: Entity;
  field: Field;
  onClose: () => void;
}

/** Changes one value of one entity, with a way back. */
export function QuickEdit({ blueprint, entity, field, onClose }: Props) {
  const before = plainValue(entity, field);
  const [value, setValue] = useState(before);
  const patch = usePatchEntity(blueprint.identifier, entity.identifier);
  const name = entity.title || entity.identifier;
  const save = () =>
    patch.mutate(changeOf(field, value), {
      onSuccess: () => {
        offerUndo(`${field.title} of ${name} changed`, () => patch.mutateAsync(changeOf(field, before)));
        onClose();
      },
    });
  return (
    <FormDialog
      title={`${field.title} of ${name}`}
      opened
      onClose={onClose}
      onSubmit={save}
      submit="Save"
      pending={patch.isPending}
      error={patch.error}
    >
      {isEditable(field, blueprint) ? (
        <FieldInput field={field} value={value} known={knownTitles(entity)} onChange={setValue} />
      ) : (
        <Text size="sm">This value is worked out by the portal, so it cannot be changed here.</Text>
      )}
    </FormDialog>
  );
}

interface InputProps {
  field: Field;
  value: Json | undefined;
  known?: Record<string, string>;
  onChange: (value: Json | undefined) => void;
}

/** The input for a field of any kind that can be changed. */
export function FieldInput({ field, value, known, onChange }: InputProps) {
  const target = field.kind === "team" ? "_team" : field.target;
  if (field.kind === "team" || field.kind === "relations") {
    return (
      <EntitiesPicker
        label={field.title}
        blueprint={target ?? ""}
        known={known}
        clearable
        value={Array.isArray(value) ? value.map(String) : []}
        onChange={onChange}
      />
    );
  }
  if (target !== undefined) {
    return (
      <EntityPicker
        label={field.title}
        blueprint={target}
        known={known}
        clearable
        value={typeof value === "string" ? value : null}
        onChange={(chosen) => onChange(chosen ?? undefined)}
      />
    );
  }
  if (field.definition === undefined) {
    return (
      <TextInput
        label={field.title}
        data-autofocus
        value={typeof value === "string" ? value : ""}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return <PropertyInput name={field.name} definition={field.definition} value={value} onChange={onChange} />;
}
