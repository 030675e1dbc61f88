import { Alert, Button, Group, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconCircleCheck, IconCircleX, IconHelp } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { JsonObject } from "@/api/model";
import { showDone } from "@/ui/notify";
import { Loaded } from "@/ui/states";
import {
  actionPermissionsQuery,
  permissionsQuery,
  useAsk,
  useSaveActionPermissions,
  useSavePermissions,
  type Verdict,
} from "./api";
import { DocumentEditor, SaveBar } from "./editor";

/** Who may do what with entities of a blueprint, and why somebody may or may not. */
export function Permissions({ blueprint }: { blueprint: string }) {
  const permissions = useQuery(permissionsQuery(blueprint));
  const save = useSavePermissions(blueprint);
  return (
    <Stack gap="xl">
      <Loaded query={permissions}>
        {(data) => (
          <Document
            document={data}
            operation={["patch", "/v1/blueprints/{blueprint_identifier}/permissions"]}
            onSave={(body, done) => save.mutate(body, { onSuccess: done })}
            pending={save.isPending}
            error={save.error}
          />
        )}
      </Loaded>
      <Explain
        verbs={["read", "register", "update", "unregister"]}
        question={(asked) => entityQuestion(blueprint, asked)}
      />
    </Stack>
  );
}

/** Who may run an action and who approves it, and why. */
export function ActionPermissions({ action }: { action: string }) {
  const permissions = useQuery(actionPermissionsQuery(action));
  const save = useSaveActionPermissions(action);
  return (
    <Stack gap="xl">
      <Loaded query={permissions}>
        {(data) => (
          <Document
            document={data}
            operation={["patch", "/v1/actions/{action}/permissions"]}
            onSave={(body, done) => save.mutate(body, { onSuccess: done })}
            pending={save.isPending}
            error={save.error}
          />
        )}
      </Loaded>
      <Explain verbs={["execute", "approve"]} question={(asked) => actionQuestion(action, asked)} />
    </Stack>
  );
}

interface DocumentProps {
  document: JsonObject;
  operation: [string, string];
  onSave: (body: JsonObject, done: () => void) => void;
  pending: boolean;
  error: Error | null;
}

function Document({ document, operation, onSave, pending, error }: DocumentProps) {
  const [text, setText] = useState(() => JSON.stringify(document, null, 2));
  const [broken, setBroken] = useState<string | null>(null);
  const save = () => {
    try {
      onSave(JSON.parse(text) as JsonObject, () => showDone("Saved"));
      setBroken(null);
    } catch (problem) {
      setBroken((problem as Error).message);
    }
  };
  return (
    <div>
      <DocumentEditor
        label="Permissions"
        text={text}
        onChange={setText}
        operation={operation}
        height="380px"
        problem={broken}
      />
      <SaveBar onSave={save} pending={pending} error={error} />
    </div>
  );
}

interface Asked {
  who: string;
  verb: string;
  entity: string;
}

function entityQuestion(blueprint: string, { who, verb, entity }: Asked): JsonObject {
  const resource: JsonObject = { blueprint, ...(entity ? { entity } : {}) };
  return { action: verb, resource, ...(who ? { principal: who } : {}) };
}

function actionQuestion(action: string, { who, verb, entity }: Asked): JsonObject {
  return { action, verb, ...(entity ? { entity } : {}), ...(who ? { user: who } : {}) };
}

function Explain({ verbs, question }: { verbs: string[]; question: (asked: Asked) => JsonObject }) {
  const [asked, setAsked] = useState<Asked>({ who: "", verb: verbs[0] ?? "read", entity: "" });
  const ask = useAsk();
  return (
    <section aria-labelledby="explain">
      <Title order={2} size="h5" id="explain">
        Who may what?
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        Asks the portal for its decision and its reason, as it would meet the request itself.
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate(question(asked));
        }}
      >
        <Group align="flex-end" gap="xs">
          <TextInput
            label="Person or program"
            placeholder="you"
            value={asked.who}
            onChange={(event) => setAsked({ ...asked, who: event.currentTarget.value })}
          />
          <Select
            label="Wants to"
            data={verbs}
            value={asked.verb}
            allowDeselect={false}
            onChange={(verb) => setAsked({ ...asked, verb: verb ?? "" })}
            w={150}
          />
          <TextInput
            label="Entity"
            placeholder="any"
            value={asked.entity}
            onChange={(event) => setAsked({ ...asked, entity: event.currentTarget.value })}
          />
          <Button type="submit" variant="light" leftSection={<IconHelp size={16} />} loading={ask.isPending}>
            Ask
          </Button>
        </Group>
      </form>
      {ask.error && (
        <Alert color="red" mt="sm" role="alert">
          {ask.error.message}
        </Alert>
      )}
      {ask.data && <Answer verdict={ask.data} />}
    </section>
  );
}

function Answer({ verdict }: { verdict: Verdict }) {
  const Icon = verdict.allowed ? IconCircleCheck : IconCircleX;
  return (
    <Alert
      mt="sm"
      color={verdict.allowed ? "green" : "red"}
      icon={<Icon aria-hidden />}
      title={verdict.allowed ? "Allowed" : "Not allowed"}
      role="status"
    >
      {verdict.reason}
    </Alert>
  );
}
