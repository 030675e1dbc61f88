import { Input, Text } from "@mantine/core";
import { useState } from "react";
import type { Json } from "@/api/model";
import { Code } from "@/ui/code";
import { type FieldProps, labelling } from "./field";

/** A value written as JSON, YAML or another language. */
export function CodeField({ language, ...props }: FieldProps & { language: "json" | "yaml" | "text" }) {
  const { input, value, onChange } = props;
  const { label, description, error, withAsterisk, disabled } = labelling(props);
  const [text, setText] = useState<string | null>(null);
  const [broken, setBroken] = useState(false);
  const shown = text ?? written(value, language);
  const write = (next: string) => {
    setText(next);
    const parsed = language === "json" ? parse(next) : { value: next === "" ? undefined : next };
    setBroken(parsed === null);
    // what is no JSON is sent as text: the portal then refuses it rather than run with what was there before
    onChange(parsed === null ? next : parsed.value);
  };
  return (
    <Input.Wrapper
      label={label}
      description={description}
      withAsterisk={withAsterisk}
      error={broken ? "This is not JSON yet" : error}
      labelElement="div"
    >
      <Code
        value={shown}
        onChange={write}
        language={language}
        label={input.title}
        readOnly={disabled}
        height={language === "json" ? "140px" : "180px"}
      />
      <Text size="xs" c="dimmed" mt={2}>
        Escape, then Tab leaves the editor.
      </Text>
    </Input.Wrapper>
  );
}

function written(value: Json, language: string): string {
  if (value === null) return "";
  return language === "json" ? JSON.stringify(value, null, 2) : String(value);
}

function parse(text: string): { value: Json | undefined } | null {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return null;
  }
}
