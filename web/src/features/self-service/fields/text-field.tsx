import { Button, Fieldset, Group, Paper, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { JsonObject } from "@/api/model";
import { Markdown } from "@/ui/markdown";
import { localTime, utcTime } from "@/ui/moments";
import { type FieldProps, labelling } from "./field";

const TYPES: Record<string, string> = { url: "url", email: "email" };
const HINTS: Record<string, string> = {
  url: "https://",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  email: "name@example.com",
};

/** One line or several of text, an address, a moment. */
export function TextField(props: FieldProps) {
  const { input, value, onChange } = props;
  const shared = labelling(props);
  const text = value === null ? "" : String(value);
  const write = (next: string) => onChange(next === "" ? undefined : next);
  if (input.format === "date-time") {
    return (
      <TextInput
        {...shared}
        type="datetime-local"
        value={localTime(text)}
        onChange={(event) => onChange(utcTime(event.currentTarget.value))}
      />
    );
  }
  if (input.format === "markdown") return <MarkdownField {...props} />;
  if (input.format === "multi-line") {
    return (
      <Textarea
        {...shared}
        autosize
        minRows={3}
        maxRows={14}
        value={text}
        onChange={(event) => write(event.currentTarget.value)}
      />
    );
  }
  return (
    <TextInput
      {...shared}
      type={TYPES[input.format ?? ""] ?? "text"}
      placeholder={HINTS[input.format ?? ""]}
      autoComplete="off"
      value={text}
      onChange={(event) => write(event.currentTarget.value)}
    />
  );
}

function MarkdownField(props: FieldProps) {
  const [preview, setPreview] = useState(false);
  const text = props.value === null ? "" : String(props.value);
  return (
    <div>
      <Textarea
        {...labelling(props)}
        autosize
        minRows={4}
        maxRows={16}
        value={text}
        onChange={(event) => props.onChange(event.currentTarget.value || undefined)}
      />
      <Group justify="flex-end" mt={4}>
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          disabled={text === ""}
          aria-expanded={preview}
          onClick={() => setPreview(!preview)}
        >
          {preview ? "Hide preview" : "Preview"}
        </Button>
      </Group>
      {preview && text !== "" && (
        <Paper withBorder p="sm" mt={4}>
          <Markdown text={text} />
        </Paper>
      )}
    </div>
  );
}

/** A link with the words that stand for it. */
export function LinkField(props: FieldProps) {
  const { value, onChange, input } = props;
  const held = (typeof value === "object" && value !== null && !Array.isArray(value) ? value : {}) as JsonObject;
  const { label, description, error, withAsterisk, disabled } = labelling(props);
  const write = (change: JsonObject) => {
    const next = Object.fromEntries(Object.entries({ ...held, ...change }).filter(([, each]) => each !== ""));
    onChange(Object.keys(next).length === 0 ? undefined : (next as JsonObject));
  };
  return (
    <Fieldset legend={`${label}${withAsterisk ? " *" : ""}`} disabled={disabled} variant="default" p="sm">
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <TextInput
          label="Address"
          type="url"
          placeholder="https://"
          description={description}
          error={error}
          aria-label={`${input.title}: address`}
          value={String(held.url ?? "")}
          onChange={(event) => write({ url: event.currentTarget.value })}
        />
        <TextInput
          label="Words shown"
          aria-label={`${input.title}: words shown`}
          description={description === undefined ? undefined : "\u00a0"}
          value={String(held.displayText ?? "")}
          onChange={(event) => write({ displayText: event.currentTarget.value })}
        />
      </Group>
    </Fieldset>
  );
}
