import { Accordion, Alert, Button, CopyButton, Group, Code as Mono, Stack, Switch, Tabs, Text } from "@mantine/core";
import { IconCopy, IconDeviceFloppy, IconEye } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { AddressTabs } from "@/ui/address-tabs";
import { Code, JsonView } from "@/ui/code";
import { showDone } from "@/ui/notify";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { Ago } from "@/ui/time";
import {
  type Webhook as Data,
  eventsQuery,
  useChangeWebhook,
  useTryWebhook,
  type WebhookOutcome,
  webhookQuery,
} from "./api";
import { parsed, parsedList } from "./model";
import { Preview } from "./preview";
import { StateBadge } from "./state";

/** One inbound webhook: its address, its mappings with a preview, and the last payloads. */
export function WebhookScreen() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { tab = "mapping" } = useSearch({ strict: false }) as { tab?: string };
  const webhook = useQuery(webhookQuery(id));
  return (
    <Loaded query={webhook}>
      {(data) => (
        <>
          <PageHead title={data.title || id} sub={data.description || "Inbound webhook"}>
            <Enabled webhook={data} />
          </PageHead>
          <Address url={data.url} />
          <AddressTabs value={tab}>
            <Tabs.List mb="md">
              <Tabs.Tab value="mapping">Mapping</Tabs.Tab>
              <Tabs.Tab value="security">Signature</Tabs.Tab>
              <Tabs.Tab value="payloads">Payloads</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="mapping">
              <Mappings webhook={data} />
            </Tabs.Panel>
            <Tabs.Panel value="security">
              <Security webhook={data} />
            </Tabs.Panel>
            <Tabs.Panel value="payloads">
              <Payloads id={id} />
            </Tabs.Panel>
          </AddressTabs>
        </>
      )}
    </Loaded>
  );
}

function Enabled({ webhook }: { webhook: Data }) {
  const change = useChangeWebhook(webhook.identifier);
  return (
    <Switch
      label="Enabled"
      checked={webhook.enabled}
      disabled={change.isPending}
      onChange={(event) => change.mutate({ enabled: event.currentTarget.checked })}
    />
  );
}

function Address({ url }: { url: string }) {
  return (
    <Group gap="xs" mb="md">
      <Text size="sm" c="dimmed">
        Send payloads to
      </Text>
      <Mono style={{ overflowWrap: "anywhere" }}>{url}</Mono>
      <CopyButton value={url}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" onClick={copy} leftSection={<IconCopy size={13} />}>
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}

function Mappings({ webhook }: { webhook: Data }) {
  const [text, setText] = useState(() => JSON.stringify(webhook.mappings, null, 2));
  const [payload, setPayload] = useState("{}");
  const events = useQuery(eventsQuery(webhook.identifier));
  const attempt = useTryWebhook(webhook.identifier);
  const save = useChangeWebhook(webhook.identifier);
  const mappings = parsedList(text);
  const body = parsed(payload);
  const failed = attempt.error ?? save.error;
  const problem = mappings.problem ?? (body.problem && `Payload: ${body.problem}`);
  const latest = events.data?.[0];
  return (
    <Stack>
      <Group align="stretch" gap="md">
        <Stack gap={4} flex={2} miw={300}>
          <Text size="sm" fw={600}>
            Mappings
          </Text>
          <Code value={text} onChange={setText} language="json" label="Mappings" height="420px" />
        </Stack>
        <Stack gap={4} flex={1} miw={260}>
          <Group justify="space-between">
            <Text size="sm" fw={600}>
              A payload to try
            </Text>
            <Button
              size="compact-xs"
              variant="default"
              disabled={latest === undefined}
              onClick={() => latest && setPayload(JSON.stringify(latest.body, null, 2))}
            >
              Use the last one
            </Button>
          </Group>
          <Code value={payload} onChange={setPayload} language="json" label="Payload" height="420px" />
        </Stack>
      </Group>
      {problem && <Alert color="red">{problem}</Alert>}
      {failed && (
        <Alert color="red" role="alert">
          {failed.message}
        </Alert>
      )}
      <Group>
        <Button
          variant="default"
          leftSection={<IconEye size={16} />}
          disabled={mappings.value === null || body.value === null}
          loading={attempt.isPending}
          onClick={() =>
            mappings.value &&
            body.value &&
            attempt.mutate({ mappings: mappings.value, payload: { body: body.value, headers: {} } })
          }
        >
          Preview
        </Button>
        <Button
          leftSection={<IconDeviceFloppy size={16} />}
          disabled={mappings.value === null}
          loading={save.isPending}
          onClick={() =>
            mappings.value && save.mutate({ mappings: mappings.value }, { onSuccess: () => showDone("Saved") })
          }
        >
          Save
        </Button>
      </Group>
      {attempt.data && <Outcome outcome={attempt.data} />}
    </Stack>
  );
}

function Outcome({ outcome }: { outcome: WebhookOutcome }) {
  return (
    <Stack>
      {!outcome.signature.valid && (
        <Alert color="yellow" variant="outline" title="The signature would be refused">
          {outcome.signature.reason}
        </Alert>
      )}
      {outcome.problem && <Alert color="red">{outcome.problem}</Alert>}
      {outcome.mappings.map((mapping) => (
        <Stack key={mapping.index} gap="xs">
          {mapping.problem && <Alert color="red">{mapping.problem.message}</Alert>}
          <Preview
            title={`${mapping.operation} ${mapping.blueprint}`}
            counts={mapping.counts}
            items={mapping.items}
            empty="This mapping gave no items."
          />
        </Stack>
      ))}
    </Stack>
  );
}

function Security({ webhook }: { webhook: Data }) {
  const [text, setText] = useState(() => JSON.stringify(webhook.security ?? {}, null, 2));
  const save = useChangeWebhook(webhook.identifier);
  const { value, problem } = parsed(text);
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        With “secret”, “signatureHeaderName” and “signatureAlgorithm” (sha256, sha1 or plain) a payload without a valid
        signature is refused.
      </Text>
      <Code value={text} onChange={setText} language="json" label="Signature" height="220px" />
      {problem && <Alert color="red">{problem}</Alert>}
      {save.error && (
        <Alert color="red" role="alert">
          {save.error.message}
        </Alert>
      )}
      <Group>
        <Button
          disabled={value === null}
          loading={save.isPending}
          leftSection={<IconDeviceFloppy size={16} />}
          onClick={() => value && save.mutate({ security: value }, { onSuccess: () => showDone("Saved") })}
        >
          Save
        </Button>
      </Group>
    </Stack>
  );
}

function Payloads({ id }: { id: string }) {
  const events = useQuery(eventsQuery(id));
  return (
    <Loaded query={events}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title="No payload has come in yet">Send one to the address above; it is shown here.</Empty>
        ) : (
          <Accordion variant="separated">
            {rows.map((event) => (
              <Accordion.Item key={event.id} value={event.id}>
                <Accordion.Control>
                  <Group gap="sm">
                    <StateBadge state={event.state} />
                    <Ago at={event.receivedAt} />
                    <Text size="xs" c="dimmed">
                      {event.id}
                    </Text>
                  </Group>
                </Accordion.Control>
                <Accordion.Panel>
                  <Stack>
                    <JsonView value={event.body} label="Payload" height="240px" />
                    {event.outcome && <Outcome outcome={event.outcome} />}
                  </Stack>
                </Accordion.Panel>
              </Accordion.Item>
            ))}
          </Accordion>
        )
      }
    </Loaded>
  );
}
