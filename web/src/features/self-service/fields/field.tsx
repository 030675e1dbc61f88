import { MultiSelect, NumberInput, Radio, Group as Row, Select, Switch, TagsInput } from "@mantine/core";
import type { Json } from "@/api/model";
import { EntitiesPicker, EntityPicker } from "@/ui/entity-picker";
import { colorOf } from "@/ui/status";
import type { FormInput } from "../api";
import { isSecret } from "../model";
import { CodeField } from "./code-field";
import classes from "./fields.module.css";
import { SecretField } from "./secret-field";
import { LinkField, TextField } from "./text-field";

export interface FieldProps {
  input: FormInput;
  value: Json;
  onChange: (value: Json | undefined) => void;
  error?: string;
}

/** What all fields are labelled with. */
export function labelling({ input, error }: FieldProps) {
  const waits = input.waitsFor.length > 0 ? `Fill in ${input.waitsFor.join(", ")} first. ` : "";
  return {
    label: input.title,
    description: `${waits}${input.description ?? ""}` || undefined,
    error,
    withAsterisk: input.required,
    disabled: input.disabled,
    "aria-required": input.required || undefined,
  };
}

/** The field for an input, whatever kind it is of. What is right and wrong is the portal's to say. */
export function Field(props: FieldProps) {
  const { input } = props;
  if (isSecret(input)) return <SecretField {...props} />;
  if (input.type === "array") return <ListField {...props} />;
  if (input.enum) return <ChoiceField {...props} />;
  if (input.type === "boolean") return <TruthField {...props} />;
  if (input.type === "number") return <NumberField {...props} />;
  if (input.type === "object") {
    return input.format === "labeled-url" ? <LinkField {...props} /> : <CodeField {...props} language="json" />;
  }
  switch (input.format) {
    case "entity":
    case "user":
    case "team":
      return <OneEntity {...props} />;
    case "yaml":
      return <CodeField {...props} language="yaml" />;
    case "proto":
      return <CodeField {...props} language="text" />;
    default:
      return <TextField {...props} />;
  }
}

const PEOPLE: Record<string, string> = { user: "_user", team: "_team" };

function titlesOf(input: FormInput): Record<string, string> {
  return Object.fromEntries((input.entities ?? []).map((each) => [each.identifier, each.title || each.identifier]));
}

/** What a picker of entities searches in: what the portal worked out for this input. */
function choiceOf(input: FormInput) {
  const format = input.format ?? input.items?.format ?? "";
  const people = PEOPLE[format];
  if (people) return { blueprint: people };
  return {
    blueprint: input.blueprint ?? input.items?.blueprint ?? "",
    dataset: input.dataset,
    sort: input.sort,
    known: titlesOf(input),
  };
}

/** While the portal cannot tell what may be chosen, nothing can. */
function isUndecided(input: FormInput): boolean {
  return input.search === null;
}

function OneEntity(props: FieldProps) {
  const { input, value, onChange } = props;
  const shared = labelling(props);
  return (
    <EntityPicker
      {...shared}
      {...choiceOf(input)}
      disabled={shared.disabled || isUndecided(input)}
      clearable
      placeholder="Search by name"
      value={typeof value === "string" ? value : null}
      onChange={(chosen) => onChange(chosen ?? undefined)}
    />
  );
}

function optionsOf(values: Json[]) {
  const byName = new Map(values.map((value) => [typeof value === "string" ? value : JSON.stringify(value), value]));
  return { names: [...byName.keys()], original: (name: string) => byName.get(name) ?? name };
}

const nameOf = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

function Dot({ color }: { color: string | undefined }) {
  if (color === undefined) return null;
  return (
    <span className={classes.dot} style={{ background: `var(--mantine-color-${colorOf(color)}-6)` }} aria-hidden />
  );
}

function ChoiceField(props: FieldProps) {
  const { input, value, onChange } = props;
  const { names, original } = optionsOf(input.enum ?? []);
  const chosen = value === null ? null : nameOf(value);
  // what was chosen before the options changed stays visible, so that the portal's complaint can be understood
  const data = chosen !== null && !names.includes(chosen) ? [...names, chosen] : names;
  return (
    <Select
      {...labelling(props)}
      data={data}
      searchable
      openOnFocus={false}
      clearable={!input.required}
      placeholder={names.length === 0 ? "No options" : "Choose"}
      nothingFoundMessage="No such option"
      value={chosen}
      onChange={(name) => onChange(name === null ? undefined : original(name))}
      leftSection={chosen !== null && input.enumColors?.[chosen] ? <Dot color={input.enumColors[chosen]} /> : undefined}
      renderOption={({ option }) => (
        <Row gap={8} wrap="nowrap">
          <Dot color={input.enumColors?.[option.value]} />
          {option.label}
        </Row>
      )}
    />
  );
}

function TruthField(props: FieldProps) {
  const { input, value, onChange } = props;
  const { withAsterisk, disabled, "aria-required": _, ...shared } = labelling(props);
  if (input.required && (input.default === null || input.default === undefined)) {
    return (
      <Radio.Group
        {...shared}
        withAsterisk={withAsterisk}
        value={value === null ? "" : String(value)}
        onChange={(chosen) => onChange(chosen === "true")}
      >
        <Row gap="lg" mt={6}>
          <Radio value="true" label="Yes" disabled={disabled} />
          <Radio value="false" label="No" disabled={disabled} />
        </Row>
      </Radio.Group>
    );
  }
  return (
    <Switch
      {...shared}
      disabled={disabled}
      checked={value === true}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

function NumberField(props: FieldProps) {
  const { value, onChange } = props;
  return (
    <NumberInput
      {...labelling(props)}
      value={typeof value === "number" ? value : ""}
      onChange={(number) => onChange(number === "" ? undefined : Number(number))}
    />
  );
}

function ListField(props: FieldProps) {
  const { input, value, onChange } = props;
  const shared = labelling(props);
  const items = input.items ?? {};
  const values = Array.isArray(value) ? value : [];
  const write = (next: Json[]) => onChange(next.length === 0 ? undefined : next);
  const options = input.enum ?? items.enum;
  if (["entity", "user", "team"].includes(items.format ?? "")) {
    return (
      <EntitiesPicker
        {...shared}
        {...choiceOf(input)}
        disabled={shared.disabled || isUndecided(input)}
        clearable
        placeholder={values.length === 0 ? "Search by name" : undefined}
        value={values.map(String)}
        onChange={write}
      />
    );
  }
  if (options) {
    const { names, original } = optionsOf(options);
    return (
      <MultiSelect
        {...shared}
        data={[...new Set([...names, ...values.map(nameOf)])]}
        searchable
        openOnFocus={false}
        clearable
        placeholder={values.length === 0 ? "Choose" : undefined}
        value={values.map(nameOf)}
        onChange={(next) => write(next.map(original))}
      />
    );
  }
  if (items.type === "object" || items.type === "array" || items.format === "yaml") {
    return <CodeField {...props} language="json" />;
  }
  return (
    <TagsInput
      {...shared}
      placeholder={values.length === 0 ? "Type a value, then Enter" : undefined}
      acceptValueOnBlur
      splitChars={items.format === undefined ? [] : [",", " "]}
      value={values.map(String)}
      onChange={(next) => write(items.type === "number" ? next.map(numberOrText) : next)}
      clearable
    />
  );
}

/** What is no number goes to the portal as it was typed, which says so. */
function numberOrText(text: string): Json {
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? text : number;
}
