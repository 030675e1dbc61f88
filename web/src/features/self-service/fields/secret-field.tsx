import { Code, CopyButton, PasswordInput, Group as Row, Text, Textarea, UnstyledButton } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useState } from "react";
import type { Json } from "@/api/model";
import { type FieldProps, labelling } from "./field";
import classes from "./fields.module.css";

/** A secret: typed once, sealed when it is sent, never shown again. */
export function SecretField(props: FieldProps) {
  const { input, value, onChange } = props;
  const shared = labelling(props);
  const { encryption } = input;
  const clientSide = typeof encryption === "object";
  const many = clientSide || input.type !== "string" || input.format === "multi-line";
  const icon = <IconLock size={16} aria-hidden />;
  return (
    <div>
      {many ? (
        <ManyLines {...shared} json={input.type !== "string"} value={value} onChange={onChange} />
      ) : (
        <PasswordInput
          {...shared}
          autoComplete="new-password"
          leftSection={icon}
          value={value === null ? "" : String(value)}
          onChange={(event) => onChange(event.currentTarget.value || undefined)}
        />
      )}
      <Text size="xs" c="dimmed" mt={4}>
        {clientSide
          ? "Encrypt the value with the key of this input, and enter the result."
          : "Encrypted before it is stored or sent on; nobody can read it here again."}
      </Text>
      {clientSide && <Key text={encryption.key} />}
    </div>
  );
}

function Key({ text }: { text: string }) {
  return (
    <Row gap="xs" mt={4} wrap="nowrap">
      <Code style={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>{text}</Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <UnstyledButton fz="xs" td="underline" onClick={copy} style={{ whiteSpace: "nowrap" }}>
            {copied ? "Copied" : "Copy key"}
          </UnstyledButton>
        )}
      </CopyButton>
    </Row>
  );
}

interface ManyProps {
  label: string;
  json: boolean;
  value: Json;
  onChange: (value: Json | undefined) => void;
}

function ManyLines({ json, value, onChange, ...shared }: ManyProps) {
  const [text, setText] = useState("");
  const [seen, setSeen] = useState(false);
  const write = (next: string) => {
    setText(next);
    onChange(next === "" ? undefined : json ? parsed(next) : next);
  };
  return (
    <Textarea
      {...shared}
      autosize
      minRows={3}
      maxRows={10}
      autoComplete="off"
      spellCheck={false}
      classNames={{ input: seen ? undefined : classes.masked }}
      value={value === null ? "" : text || (typeof value === "string" ? value : JSON.stringify(value))}
      onChange={(event) => write(event.currentTarget.value)}
      rightSectionWidth={56}
      rightSection={
        <UnstyledButton fz="xs" td="underline" onClick={() => setSeen(!seen)} aria-pressed={seen}>
          {seen ? "Hide" : "Show"}
        </UnstyledButton>
      }
    />
  );
}

/** What is no JSON goes to the portal as it is, which says so. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
