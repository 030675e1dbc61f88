import { Button, Fieldset, Group, PasswordInput, Switch, TagsInput, Text, Textarea, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import classes from "../gitops.module.css";
import type { Field } from "./kinds";
import type { Setting } from "./model";

/** What a field is for is read after its name; the input stands in line with its neighbours. */
export const ORDER: ("label" | "input" | "description" | "error")[] = ["label", "input", "description", "error"];

/** Several inputs under one name. */
export function Named({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Fieldset variant="unstyled" legend={title} classNames={{ legend: classes.legend }}>
      {children}
    </Fieldset>
  );
}

interface SettingProps {
  field: Field;
  value: Setting | undefined;
  onChange: (value: Setting) => void;
}

/** Something about a forge that is no secret. */
export function SettingInput({ field, value, onChange }: SettingProps) {
  const { label, description, placeholder, required } = field;
  if (field.flag) {
    return (
      <Switch
        label={label}
        description={description}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (field.many) {
    const held = Array.isArray(value) ? value : [];
    return (
      <Words label={label} description={description} placeholder={placeholder} value={held} onChange={onChange} comma />
    );
  }
  const shared = {
    label,
    description,
    placeholder,
    required,
    inputWrapperOrder: ORDER,
    value: typeof value === "string" ? value : "",
  };
  if (field.long) {
    return (
      <Textarea
        {...shared}
        autosize
        minRows={3}
        maxRows={8}
        spellCheck={false}
        classNames={{ input: classes.mono }}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return <TextInput {...shared} onChange={(event) => onChange(event.currentTarget.value)} />;
}

interface WordsProps {
  label: string;
  description?: string;
  placeholder?: string;
  value: string[];
  onChange: (value: string[]) => void;
  /** A comma ends a word; not for globs, which have commas in braces. */
  comma?: boolean;
}

/** A list of words or globs, each ended with Enter. */
export function Words({ label, description, placeholder, value, onChange, comma }: WordsProps) {
  const apart = (each: string) => (comma ? each.split(/[\s,]+/) : [each.trim()]);
  return (
    <TagsInput
      label={label}
      description={description}
      inputWrapperOrder={ORDER}
      placeholder={value.length === 0 ? placeholder : undefined}
      value={value}
      onChange={(next) => onChange([...new Set(next.flatMap(apart).filter(Boolean))])}
      splitChars={comma ? [",", " "] : ["\n"]}
      acceptValueOnBlur
      clearable
    />
  );
}

interface SecretProps {
  field: Field;
  /** Whether the portal has one already. */
  stored: boolean;
  value: string;
  onChange: (value: string) => void;
  /** Offered where the source works without it. */
  onRemove?: () => void;
  removed?: boolean;
}

/** A secret: typed once, never shown again; one that is stored is only said to be there. */
export function SecretInput({ field, stored, value, onChange, onRemove, removed }: SecretProps) {
  const [replacing, setReplacing] = useState(false);
  if (stored && !replacing && !removed && value === "") {
    return (
      <div>
        <Text size="sm" fw={500} component="div">
          {field.label}
        </Text>
        <Group gap="xs" mt={2}>
          <Text size="sm" c="dimmed">
            Stored; nobody can read it here.
          </Text>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => setReplacing(true)}
            aria-label={`Replace ${field.label.toLowerCase()}`}
          >
            Replace
          </Button>
          {onRemove && (
            <Button
              size="compact-sm"
              variant="default"
              onClick={onRemove}
              aria-label={`Remove ${field.label.toLowerCase()}`}
            >
              Remove
            </Button>
          )}
        </Group>
      </div>
    );
  }
  const shared = {
    label: field.label,
    description: removed ? "It is removed when you save." : field.description,
    placeholder: field.placeholder,
    required: field.required,
    inputWrapperOrder: ORDER,
    value,
  };
  if (field.long) {
    return (
      <Textarea
        {...shared}
        autosize
        minRows={3}
        maxRows={6}
        autoComplete="off"
        spellCheck={false}
        data-autofocus={replacing || undefined}
        classNames={{ input: classes.masked }}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <PasswordInput
      {...shared}
      autoComplete="new-password"
      visibilityToggleButtonProps={{ "aria-label": `Show ${field.label.toLowerCase()}` }}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
