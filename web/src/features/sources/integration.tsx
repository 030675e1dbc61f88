import { Alert, Button, Group, Stack, Tabs, Text } from "@mantine/core";
import { IconDeviceFloppy, IconEye, IconPlayerStop, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useUser } from "@/app/session";
import { AddressTabs } from "@/ui/address-tabs";
import { Code } from "@/ui/code";
import { showDone } from "@/ui/notify";
import { Loaded, PageHead } from "@/ui/states";
import {
  type Integration as Data,
  integrationQuery,
  kindsQuery,
  type Sync,
  statusQuery,
  useAbort,
  useResync,
  useSaveMapping,
  useTryMapping,
} from "./api";
import { Lines } from "./lines";
import { isOn, parsed } from "./model";
import { Preview } from "./preview";
import { Syncs } from "./syncs";

/** One integration: how its syncs go, its mapping with a preview on raw examples, its log. */
export function Integration() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { tab = "syncs" } = useSearch({ strict: false }) as { tab?: string };
  const { isAdmin } = useUser();
  const status = useQuery(statusQuery(id));
  const resync = useResync();
  return (
    <Loaded query={status}>
      {(data) => (
        <>
          <PageHead
            title={data.title || id}
            sub={[data.installationAppType, data.version, id].filter(Boolean).join(" · ")}
          >
            <Abort id={id} sync={data.lastSync} />
            <Button
              leftSection={<IconRefresh size={16} />}
              loading={resync.isPending}
              disabled={!isAdmin}
              title={isAdmin ? undefined : "Only Admins ask for a resync"}
              onClick={() => resync.mutate(id, { onSuccess: () => showDone("A resync is asked for") })}
            >
              Resync
            </Button>
          </PageHead>
          <AddressTabs value={tab}>
            <Tabs.List mb="md">
              <Tabs.Tab value="syncs">Syncs</Tabs.Tab>
              <Tabs.Tab value="mapping">Mapping</Tabs.Tab>
              <Tabs.Tab value="log">Log</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="syncs">
              <Syncs status={data} />
            </Tabs.Panel>
            <Tabs.Panel value="mapping">
              <Mapping id={id} editable={isAdmin} />
            </Tabs.Panel>
            <Tabs.Panel value="log">
              <Lines lines={data.recentLogs} />
            </Tabs.Panel>
          </AddressTabs>
        </>
      )}
    </Loaded>
  );
}

/** Ends the sync that is on; the integration hears of it in the answer to its next sign of life. */
function Abort({ id, sync }: { id: string; sync: Sync | null }) {
  const { isAdmin } = useUser();
  const abort = useAbort();
  if (!sync || !isOn(sync)) return null;
  return (
    <Button
      variant="default"
      color="red"
      leftSection={<IconPlayerStop size={16} />}
      loading={abort.isPending}
      disabled={!isAdmin || sync.abortRequestedAt !== null}
      title={isAdmin ? undefined : "Only Admins end syncs"}
      onClick={() => abort.mutate(id, { onSuccess: () => showDone("The sync ends within seconds") })}
    >
      {sync.abortRequestedAt === null ? "Abort" : "Ending…"}
    </Button>
  );
}

function Mapping({ id, editable }: { id: string; editable: boolean }) {
  const integration = useQuery(integrationQuery(id));
  return <Loaded query={integration}>{(data) => <MappingEditor integration={data} editable={editable} />}</Loaded>;
}

function MappingEditor({ integration, editable }: { integration: Data; editable: boolean }) {
  const [text, setText] = useState(() => JSON.stringify(integration.config ?? { resources: [] }, null, 2));
  const kinds = useQuery(kindsQuery(integration.installationId));
  const attempt = useTryMapping(integration.installationId);
  const save = useSaveMapping(integration.installationId);
  const { value, problem } = parsed(text);
  const failed = attempt.error ?? save.error;
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        One entry of “resources” for each kind: a selector, and an expression in jq for every field of the entity.
        Saving it asks the integration for a resync.
      </Text>
      <Code value={text} onChange={setText} language="json" label="Mapping" readOnly={!editable} height="460px" />
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
          disabled={value === null || !editable}
          loading={attempt.isPending}
          onClick={() => value && attempt.mutate(value)}
        >
          Preview
        </Button>
        <Button
          leftSection={<IconDeviceFloppy size={16} />}
          disabled={value === null || !editable}
          loading={save.isPending}
          onClick={() => value && save.mutate(value, { onSuccess: () => showDone("Saved; a resync is asked for") })}
        >
          Save
        </Button>
        <Text size="xs" c="dimmed">
          {kinds.data &&
            (Object.keys(kinds.data).length === 0
              ? "The integration has handed in no raw examples."
              : `Raw examples of: ${Object.keys(kinds.data).join(", ")}`)}
        </Text>
      </Group>
      {attempt.data?.map((kind) => (
        <Preview
          key={kind.index}
          title={kind.kind}
          counts={{ kept: kind.kept, "filtered out": kind.dropped, failed: kind.failed }}
          items={kind.items}
          empty={`The integration has handed in no raw example of kind ${kind.kind}.`}
        />
      ))}
    </Stack>
  );
}
