import { Group, MultiSelect, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import type { Json, Rule } from "@/api/model";
import { EntitiesPicker, EntityPicker } from "@/ui/entity-picker";
import { localTime, utcTime } from "@/ui/moments";
import type { Field } from "../fields";
import { PRESETS, type Wants } from "./model";

interface Props {
  field: Field;
  rule: Rule;
  wants: Wants;
  onChange: (value: Json | undefined) => void;
}

const LABEL = "Value";

/** What a condition compares with, as the field's kind asks for it. */
export function RuleValue({ field, rule, wants, onChange }: Props) {
  if (wants === "none" || wants === "teams") return null;
  if (wants === "range") return <Range value={rule.value} onChange={onChange} />;
  const options = optionsOf(field);
  if (wants === "many") return <Many field={field} options={options} value={rule.value} onChange={onChange} />;
  return <One field={field} options={options} value={rule.value} onChange={onChange} />;
}

function optionsOf(field: Field): string[] | undefined {
  if (field.kind === "scorecard") return field.levels?.map(({ title }) => title);
  const items = field.definition?.items as { enum?: Json[] } | undefined;
  return (field.definition?.enum ?? items?.enum)?.map(String);
}

/** Options are texts in the form; a number goes to the portal as one. */
function typed(field: Field, text: string): Json {
  return field.definition?.type === "number" && text.trim() !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
}

interface ValueProps {
  field: Field;
  options: string[] | undefined;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}

function One({ field, options, value, onChange }: ValueProps) {
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  if (field.target !== undefined) {
    return (
      <EntityPicker
        blueprint={field.target}
        aria-label={LABEL}
        placeholder="Pick one"
        value={text || null}
        onChange={(chosen) => onChange(chosen ?? undefined)}
      />
    );
  }
  if (field.kind === "boolean") {
    return (
      <Select
        aria-label={LABEL}
        data={["yes", "no"]}
        allowDeselect={false}
        value={value === false ? "no" : "yes"}
        onChange={(chosen) => onChange(chosen === "yes")}
      />
    );
  }
  if (options) {
    return (
      <Select
        aria-label={LABEL}
        placeholder="Pick one"
        data={options}
        searchable={options.length > 8}
        value={text || null}
        onChange={(chosen) => onChange(chosen === null ? undefined : typed(field, chosen))}
      />
    );
  }
  if (field.kind === "number") {
    return (
      <NumberInput
        aria-label={LABEL}
        value={typeof value === "number" ? value : ""}
        onChange={(number) => onChange(number === "" ? undefined : Number(number))}
      />
    );
  }
  if (field.kind === "date" || field.kind === "timer") {
    return (
      <TextInput
        type="datetime-local"
        aria-label={LABEL}
        value={localTime(text)}
        onChange={(event) => onChange(utcTime(event.currentTarget.value))}
      />
    );
  }
  return field.kind === "user" ? (
    <Person value={value} onChange={onChange} />
  ) : (
    <TextInput
      aria-label={LABEL}
      placeholder="Value"
      value={text}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}

const ME = { context: "user", property: "$identifier" };

function Person({ value, onChange }: Pick<ValueProps, "value" | "onChange">) {
  const isMe = typeof value === "object" && value !== null && !Array.isArray(value) && value.context === "user";
  return (
    <Group gap={4} wrap="nowrap">
      <Select
        aria-label="Who"
        data={[
          { value: "me", label: "me" },
          { value: "other", label: "somebody" },
        ]}
        allowDeselect={false}
        value={isMe ? "me" : "other"}
        onChange={(chosen) => onChange(chosen === "me" ? ME : undefined)}
        w={120}
      />
      {!isMe && (
        <TextInput
          aria-label={LABEL}
          placeholder="E-mail"
          value={typeof value === "string" ? value : ""}
          onChange={(event) => onChange(event.currentTarget.value || undefined)}
          flex={1}
        />
      )}
    </Group>
  );
}

function Many({ field, options, value, onChange }: ValueProps) {
  const values = Array.isArray(value) ? value.map(String) : [];
  const write = (chosen: string[]) => onChange(chosen.map((each) => typed(field, each)));
  const target = field.kind === "team" ? "_team" : field.target;
  if (target !== undefined) {
    return (
      <EntitiesPicker
        blueprint={target}
        aria-label={LABEL}
        placeholder={values.length === 0 ? "Pick some" : undefined}
        value={values}
        onChange={write}
      />
    );
  }
  if (options) {
    return (
      <MultiSelect aria-label={LABEL} data={options} value={values} onChange={write} searchable hidePickedOptions />
    );
  }
  return (
    <TagsInput
      aria-label={LABEL}
      placeholder={values.length === 0 ? "Value, then Enter" : undefined}
      value={values}
      onChange={write}
    />
  );
}

const BETWEEN = "two dates";

function Range({ value, onChange }: Pick<ValueProps, "value" | "onChange">) {
  const range = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  const preset = typeof range.preset === "string" ? range.preset : BETWEEN;
  const edge = (key: "from" | "to") => ({
    type: "datetime-local",
    "aria-label": key === "from" ? "From" : "To",
    value: localTime(typeof range[key] === "string" ? range[key] : ""),
    onChange: (event: { currentTarget: { value: string } }) => {
      const { from, to, [key]: _, ...rest } = { from: null, to: null, ...range } as Record<string, Json>;
      const other: Record<string, Json> = key === "from" ? { to: to ?? null } : { from: from ?? null };
      onChange({ ...rest, ...other, [key]: utcTime(event.currentTarget.value) ?? null });
    },
  });
  return (
    <Group gap={4}>
      <Select
        aria-label="Period"
        data={[...PRESETS, { value: BETWEEN, label: BETWEEN }]}
        allowDeselect={false}
        searchable
        value={preset}
        onChange={(chosen) => onChange(chosen === BETWEEN ? lastWeek() : { preset: chosen })}
        flex={1}
        miw={150}
      />
      {preset === BETWEEN && <TextInput {...edge("from")} />}
      {preset === BETWEEN && <TextInput {...edge("to")} />}
    </Group>
  );
}

const WEEK_MS = 7 * 86_400_000;

function lastWeek(): { from: string; to: string } {
  const now = Date.now();
  return { from: new Date(now - WEEK_MS).toISOString(), to: new Date(now).toISOString() };
}
