import { Input, MultiSelect, NumberInput, Select, Stack, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Json, PropertyDefinition } from "@/api/model";
import { Code } from "@/ui/code";
import { EntityPicker } from "@/ui/entity-picker";
import { localTime, utcTime } from "@/ui/moments";
import { isCode } from "./model";

interface Props {
  name: string;
  definition: PropertyDefinition;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  required?: boolean;
  error?: string;
}

/** The field of a form for a property, as its definition asks for it; the portal checks what is entered. */
export function PropertyInput({ name, definition, value, onChange, required, error }: Props) {
  const shared = {
    label: definition.title || name,
    description: definition.description,
    withAsterisk: required,
    error,
  };
  const code = isCode(definition);
  if (code !== null) return <CodeInput {...shared} language={code} value={value} onChange={onChange} />;
  if (definition.type === "array")
    return <ListInput {...shared} definition={definition} value={value} onChange={onChange} />;
  if (definition.format === "labeled-url") return <LinkInput {...shared} value={value} onChange={onChange} />;
  if (definition.enum) {
    const numeric = definition.type === "number";
    return (
      <Select
        {...shared}
        data={definition.enum.map(String)}
        searchable={definition.enum.length > 8}
        clearable
        value={value === undefined || value === null ? null : String(value)}
        onChange={(chosen) => onChange(chosen === null ? undefined : numeric ? Number(chosen) : chosen)}
      />
    );
  }
  if (definition.type === "boolean") {
    return (
      <Select
        {...shared}
        data={["Yes", "No"]}
        clearable
        placeholder="Not set"
        value={typeof value === "boolean" ? (value ? "Yes" : "No") : null}
        onChange={(chosen) => onChange(chosen === null ? undefined : chosen === "Yes")}
      />
    );
  }
  if (definition.type === "number") {
    return (
      <NumberInput
        {...shared}
        value={typeof value === "number" ? value : ""}
        onChange={(number) => onChange(number === "" ? undefined : Number(number))}
      />
    );
  }
  return <TextField {...shared} definition={definition} value={value} onChange={onChange} />;
}

interface Shared {
  label: string;
  description?: string;
  withAsterisk?: boolean;
  error?: string;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}

function TextField({ definition, value, onChange, ...shared }: Shared & { definition: PropertyDefinition }) {
  const text = typeof value === "string" ? value : "";
  if (definition.format === "user" || definition.format === "team") {
    return (
      <EntityPicker
        {...shared}
        blueprint={definition.format === "user" ? "_user" : "_team"}
        clearable
        value={text || null}
        onChange={(chosen) => onChange(chosen ?? undefined)}
      />
    );
  }
  if (definition.format === "date-time" || definition.format === "timer") {
    return (
      <TextInput
        {...shared}
        type="datetime-local"
        value={localTime(text)}
        onChange={(event) => onChange(utcTime(event.currentTarget.value))}
      />
    );
  }
  const write = (next: string) => onChange(next === "" ? undefined : next);
  if (definition.format === "markdown" || definition.spec !== undefined || text.includes("\n")) {
    const isLink = definition.spec === "embedded-url" || definition.format === "url";
    if (!isLink) {
      return (
        <Textarea
          {...shared}
          autosize
          minRows={4}
          maxRows={16}
          value={text}
          onChange={(event) => write(event.currentTarget.value)}
        />
      );
    }
  }
  return <TextInput {...shared} value={text} onChange={(event) => write(event.currentTarget.value)} />;
}

function ListInput({ definition, value, onChange, ...shared }: Shared & { definition: PropertyDefinition }) {
  const values = Array.isArray(value) ? value.map(String) : [];
  const items = definition.items as { type?: string; enum?: Json[] } | undefined;
  const write = (next: string[]) =>
    onChange(next.length === 0 ? undefined : items?.type === "number" ? next.map(Number) : next);
  if (items?.enum) {
    return (
      <MultiSelect {...shared} data={items.enum.map(String)} value={values} onChange={write} searchable clearable />
    );
  }
  return (
    <TagsInput
      {...shared}
      placeholder={values.length === 0 ? "Value, then Enter" : undefined}
      value={values}
      onChange={write}
      clearable
    />
  );
}

function LinkInput({ label, value, onChange, ...shared }: Shared) {
  const link = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  const write = (change: Record<string, string>) => {
    const next = { url: "", displayText: "", ...link, ...change };
    if (!next.url && !next.displayText) onChange(undefined);
    else onChange(next.displayText ? next : { url: next.url });
  };
  return (
    <Stack gap={4}>
      <TextInput
        {...shared}
        label={label}
        placeholder="https://…"
        value={String(link.url ?? "")}
        onChange={(event) => write({ url: event.currentTarget.value })}
      />
      <TextInput
        aria-label={`${label}, shown as`}
        placeholder="Shown as"
        value={String(link.displayText ?? "")}
        onChange={(event) => write({ displayText: event.currentTarget.value })}
      />
    </Stack>
  );
}

function CodeInput({ language, value, onChange, label, ...shared }: Shared & { language: "json" | "yaml" }) {
  const [text] = useState(() => {
    if (value === undefined || value === null) return "";
    return language === "yaml" && typeof value === "string" ? value : JSON.stringify(value, null, 2);
  });
  return (
    <Input.Wrapper {...shared} label={label} labelElement="div">
      <Code
        value={text}
        language={language}
        label={label}
        height="160px"
        onChange={(next) => {
          if (next.trim() === "") onChange(undefined);
          else if (language === "yaml") onChange(next);
          else onChange(parsed(next));
        }}
      />
    </Input.Wrapper>
  );
}

/** Text that is no JSON yet goes to the portal as it is, which then says what is wrong with it. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
