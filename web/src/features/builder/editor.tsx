import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconDeviceFloppy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { JsonObject } from "@/api/model";
import { bodySchemaQuery } from "@/api/schemas";
import { Code } from "@/ui/code";
import type { Schema } from "@/ui/code/completion";
import type { useDocument } from "./document";

type Extension = ReturnType<typeof import("@/ui/code/completion").schemaCompletion>;

/** Suggestions of a schema, loaded apart from the screen. */
function useSuggestions(schema: Schema | undefined): Extension | undefined {
  const [extension, setExtension] = useState<Extension>();
  useEffect(() => {
    if (schema)
      void import("@/ui/code/completion").then(({ schemaCompletion }) => setExtension(schemaCompletion(schema)));
  }, [schema]);
  return extension;
}

interface Props {
  label: string;
  text: string;
  onChange: (text: string) => void;
  /** The operation whose body is written here: `["post", "/v1/actions"]`. */
  operation?: [string, string];
  problem?: string | null;
  readOnly?: boolean;
  height?: string;
}

/** A document of the API as JSON, with what the API knows about it as suggestions (Ctrl Space). */
export function DocumentEditor({ label, text, onChange, operation, problem, readOnly, height = "560px" }: Props) {
  const [method, path] = operation ?? ["", ""];
  const { data: schema } = useQuery({ ...bodySchemaQuery(method, path), enabled: operation !== undefined });
  const extension = useSuggestions(schema);
  return (
    <Stack gap={6}>
      <Code
        value={text}
        onChange={onChange}
        language="json"
        label={label}
        readOnly={readOnly}
        height={height}
        extension={extension}
      />
      {problem && (
        <Text size="sm" c="red" role="status">
          {problem}
        </Text>
      )}
    </Stack>
  );
}

interface SaveProps {
  onSave: () => void;
  pending: boolean;
  disabled?: boolean;
  error?: Error | null;
  label?: string;
  children?: React.ReactNode;
}

/** The portal's refusal in its own words, and the button that asks again. */
export function SaveBar({ onSave, pending, disabled, error, label = "Save", children }: SaveProps) {
  return (
    <Stack gap="xs" mt="md">
      {error && (
        <Alert color="red" role="alert" title="Not saved">
          {error.message}
        </Alert>
      )}
      <Group>
        <Button leftSection={<IconDeviceFloppy size={16} />} onClick={onSave} loading={pending} disabled={disabled}>
          {label}
        </Button>
        {children}
      </Group>
    </Stack>
  );
}

interface DraftProps {
  label: string;
  document: ReturnType<typeof useDocument>;
  operation: [string, string];
  save: {
    mutate: (body: JsonObject, then: { onSuccess: () => void }) => void;
    isPending: boolean;
    error: Error | null;
  };
  onSaved: () => void;
  height?: string;
}

/** A definition that is edited and saved as a whole. */
export function Draft({ label, document, operation, save, onSaved, height }: DraftProps) {
  const { text, setText, value, problem, changed, reset } = document;
  return (
    <>
      <DocumentEditor
        label={label}
        text={text}
        onChange={setText}
        operation={operation}
        problem={problem}
        height={height}
      />
      <SaveBar
        onSave={() => value && save.mutate(value, { onSuccess: onSaved })}
        pending={save.isPending}
        disabled={value === null || !changed}
        error={save.error}
      >
        <Button variant="default" onClick={reset} disabled={!changed}>
          Undo the changes
        </Button>
      </SaveBar>
    </>
  );
}
