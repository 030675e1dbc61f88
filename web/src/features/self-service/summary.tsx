import { Alert, Badge, Button, Code, CopyButton, Group, Paper, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconShieldCheck, IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useBlueprints } from "@/app/queries";
import { EntityLink } from "@/ui/value/links";
import { type Action, approversQuery, type Form, type Subject, type Values } from "./api";
import classes from "./form.module.css";
import { approvalOf, approvalText, approverNames, asCurl, callText, operationWord } from "./model";

interface CopyProps {
  subject: Subject;
  form: Form;
  values: Values;
  entity: string | null;
}

/** Puts the same call of the API into the clipboard. */
export function CopyCall({ subject, form, values, entity }: CopyProps) {
  return (
    <CopyButton value={asCurl(window.location.origin, subject, form, values, entity)}>
      {({ copied, copy }) => (
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={copied ? <IconCheck size={15} /> : <IconTerminal2 size={15} />}
          onClick={copy}
        >
          {copied ? "Copied" : "Copy as API call"}
        </Button>
      )}
    </CopyButton>
  );
}

/** What will happen when an action is run: what is called, on what, and who has to agree. */
export function Summary({ action, entity }: { action: Action; entity: string | null }) {
  const blueprints = useBlueprints();
  const { operation, blueprintIdentifier } = action.trigger;
  const blueprint = blueprintIdentifier ? blueprints.get(blueprintIdentifier) : undefined;
  return (
    <Paper withBorder p="md" component="aside" aria-label="What will happen" className={classes.aside}>
      <Title order={2} size="h6" mb="sm">
        What will happen
      </Title>
      <dl className={classes.facts}>
        <dt>Kind</dt>
        <dd>
          <Badge variant="light" color={operation === "DELETE" ? "red" : "gray"} tt="none">
            {operationWord(operation)}
          </Badge>
        </dd>
        {blueprintIdentifier && (
          <>
            <dt>{operation === "CREATE" ? "Of" : "On"}</dt>
            <dd>
              {entity === null ? (
                blueprint?.title || blueprintIdentifier
              ) : (
                <EntityLink blueprint={blueprintIdentifier} identifier={entity} />
              )}
            </dd>
          </>
        )}
        <dt>Then</dt>
        <dd>{callText(action.invocationMethod)}</dd>
        <dt>Log</dt>
        <dd>You follow it live on the page of the run.</dd>
        <dt>Identifier</dt>
        <dd>
          <Code>{action.identifier}</Code>
        </dd>
      </dl>
      <ApprovalNotice action={action} />
      {operation === "DELETE" && (
        <Alert color="red" mt="sm" icon={<IconAlertTriangle aria-hidden />} p="xs">
          This is meant to remove something.
        </Alert>
      )}
    </Paper>
  );
}

/** That somebody has to agree first, and who. */
function ApprovalNotice({ action }: { action: Action }) {
  const approval = approvalOf(action.requiredApproval);
  const { data } = useQuery({ ...approversQuery(action.identifier), enabled: approval !== null });
  if (approval === null) return null;
  const names = approverNames(data ?? {});
  return (
    <Alert color="yellow" mt="sm" icon={<IconShieldCheck aria-hidden />} title="Needs approval" p="xs">
      <Text size="sm">
        {approvalText(approval)} before it starts{names.length > 0 ? `: ${names.join(", ")}` : ""}.
      </Text>
      {approval.expiresInSeconds !== undefined && (
        <Group gap={4}>
          <Text size="sm">The request expires after {duration(approval.expiresInSeconds)}.</Text>
        </Group>
      )}
    </Alert>
  );
}

function duration(seconds: number): string {
  const [unit, size] = seconds >= 86_400 ? ["day", 86_400] : seconds >= 3600 ? ["hour", 3600] : ["minute", 60];
  const format = new Intl.NumberFormat(undefined, { style: "unit", unit: unit as string, unitDisplay: "long" });
  return format.format(Math.max(1, Math.round(seconds / (size as number))));
}
