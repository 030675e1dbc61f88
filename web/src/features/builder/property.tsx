import { Checkbox, Select, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { PropertyDefinition, RelationDefinition } from "@/api/model";
import { FormDialog } from "@/ui/dialogs";
import { identifierOf } from "@/ui/names";
import { KINDS, kindOf } from "./model";

interface NameProps {
  title: string;
  onTitle: (title: string) => void;
  identifier: string;
  onIdentifier: (identifier: string) => void;
  fixed: boolean;
}

function Names({ title, onTitle, identifier, onIdentifier, fixed }: NameProps) {
  return (
    <>
      <TextInput
        label="Title"
        required
        data-autofocus
        value={title}
        onChange={(event) => onTitle(event.currentTarget.value)}
      />
      <TextInput
        label="Identifier"
        required
        disabled={fixed}
        description={fixed ? "Programs use it: it stays." : undefined}
        value={identifier}
        onChange={(event) => onIdentifier(event.currentTarget.value)}
      />
    </>
  );
}

/** Title and identifier of something new: the second follows the first until somebody writes it. */
function useNames(name: string, given: string | undefined) {
  const [title, setTitle] = useState(given ?? name);
  const [named, setNamed] = useState<string | null>(name || null);
  return { title, setTitle, identifier: named ?? identifierOf(title), setNamed };
}

interface PropertyProps {
  /** Empty for a new one. */
  name: string;
  definition?: PropertyDefinition;
  required: boolean;
  taken: string[];
  onClose: () => void;
  onSave: (name: string, definition: PropertyDefinition, required: boolean) => void;
}

/** A property's title, kind, choices and whether it is required; what else it has stays as it is. */
export function PropertyDialog({ name, definition, required, taken, onClose, onSave }: PropertyProps) {
  const names = useNames(name, definition?.title);
  const [kind, setKind] = useState(definition ? kindOf(definition) : "Text");
  const [description, setDescription] = useState(definition?.description ?? "");
  const [choices, setChoices] = useState((definition?.enum ?? []).map(String));
  const [must, setMust] = useState(required);
  const clash = !name && taken.includes(names.identifier);
  const save = () => {
    const { label: _label, ...type } = KINDS.find((each) => each.label === kind) ?? {
      label: "",
      type: "string" as const,
    };
    const { format: _format, items: _items, enum: _enum, ...kept } = definition ?? ({} as Partial<PropertyDefinition>);
    const values = type.type === "number" ? choices.map(Number) : choices;
    onSave(
      names.identifier,
      {
        ...kept,
        ...type,
        title: names.title,
        ...(description ? { description } : {}),
        ...(choices.length > 0 ? { enum: values } : {}),
      },
      must,
    );
  };
  return (
    <FormDialog
      opened
      title={name ? `Property ${definition?.title ?? name}` : "New property"}
      submit={name ? "Apply" : "Add"}
      pending={false}
      error={clash ? new Error(`There is a property “${names.identifier}” already`) : null}
      onClose={onClose}
      onSubmit={() => !clash && save()}
    >
      <Names
        title={names.title}
        onTitle={names.setTitle}
        identifier={names.identifier}
        onIdentifier={names.setNamed}
        fixed={name !== ""}
      />
      <Select
        label="Kind"
        data={KINDS.map((each) => each.label)}
        value={kind}
        allowDeselect={false}
        onChange={(next) => setKind(next ?? "Text")}
      />
      {(kind === "Text" || kind === "Number") && (
        <TagsInput
          label="Choices"
          description="Left empty, any value is taken."
          value={choices}
          onChange={setChoices}
          clearable
        />
      )}
      <Textarea
        label="Description"
        autosize
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <Checkbox label="Required" checked={must} onChange={(event) => setMust(event.currentTarget.checked)} />
    </FormDialog>
  );
}

interface RelationProps {
  name: string;
  relation?: RelationDefinition;
  targets: { value: string; label: string }[];
  taken: string[];
  onClose: () => void;
  onSave: (name: string, relation: RelationDefinition) => void;
}

/** A relation's title, target and number. */
export function RelationDialog({ name, relation, targets, taken, onClose, onSave }: RelationProps) {
  const names = useNames(name, relation?.title);
  const [target, setTarget] = useState(relation?.target ?? "");
  const [many, setMany] = useState(relation?.many ?? false);
  const [must, setMust] = useState(relation?.required ?? false);
  const clash = !name && taken.includes(names.identifier);
  return (
    <FormDialog
      opened
      title={name ? `Relation ${relation?.title ?? name}` : "New relation"}
      submit={name ? "Apply" : "Add"}
      pending={false}
      error={clash ? new Error(`There is a relation “${names.identifier}” already`) : null}
      onClose={onClose}
      onSubmit={() =>
        !clash && target && onSave(names.identifier, { ...relation, title: names.title, target, many, required: must })
      }
    >
      <Names
        title={names.title}
        onTitle={names.setTitle}
        identifier={names.identifier}
        onIdentifier={names.setNamed}
        fixed={name !== ""}
      />
      <Select
        label="Leads to"
        required
        searchable
        data={targets}
        value={target || null}
        onChange={(next) => setTarget(next ?? "")}
      />
      <Checkbox label="To many" checked={many} onChange={(event) => setMany(event.currentTarget.checked)} />
      <Checkbox label="Required" checked={must} onChange={(event) => setMust(event.currentTarget.checked)} />
    </FormDialog>
  );
}
