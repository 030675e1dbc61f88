import { Anchor, Button, Tabs, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { AddressTabs } from "@/ui/address-tabs";
import { askBefore } from "@/ui/dialogs";
import { showDone, showProblem } from "@/ui/notify";
import { Loaded, PageHead } from "@/ui/states";
import { actionQuery, useDeleteAction, useSaveAction } from "./api";
import { AutomationLog } from "./automation-log";
import { useDocument } from "./document";
import { Draft } from "./editor";
import { ACTIONS, withoutStamps } from "./model";
import { ActionPermissions } from "./permissions";

const BLANK = {
  "self-service": {
    identifier: "",
    title: "",
    trigger: { type: "self-service", operation: "CREATE", userInputs: { properties: {}, required: [], order: [] } },
    invocationMethod: { type: "WEBHOOK", url: "https://", body: {} },
    publish: true,
  },
  automation: {
    identifier: "",
    title: "",
    trigger: {
      type: "automation",
      event: { type: "ENTITY_UPDATED", blueprintIdentifier: "" },
      condition: { type: "JQ", expressions: ["true"], combinator: "and" },
    },
    invocationMethod: { type: "WEBHOOK", url: "https://", body: {} },
    publish: true,
  },
};

/** One action or automation: its definition, who may run it, and what its events came to. */
export function ActionScreen() {
  const { action: identifier } = useParams({ strict: false }) as { action: string };
  const { kind = "self-service" } = useSearch({ strict: false }) as { kind?: keyof typeof BLANK };
  if (identifier === "new") {
    return (
      <>
        <Head title={kind === "automation" ? "New automation" : "New action"} />
        <Definition was={null} stored={BLANK[kind] ?? BLANK["self-service"]} />
      </>
    );
  }
  return <Existing identifier={identifier} />;
}

function Head({ title, sub, children }: { title: string; sub?: string; children?: React.ReactNode }) {
  return (
    <PageHead
      title={title}
      sub={
        <>
          <Anchor component={Link} to={ACTIONS as never} size="sm" underline="always">
            Actions
          </Anchor>
          {sub && ` · ${sub}`}
        </>
      }
    >
      {children}
    </PageHead>
  );
}

function Existing({ identifier }: { identifier: string }) {
  const { tab = "definition" } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const action = useQuery(actionQuery(identifier));
  const remove = useDeleteAction();
  const ask = () =>
    askBefore({
      title: `Delete ${identifier}?`,
      children: "Its runs stay; nobody can start it any more.",
      confirm: "Delete",
      onConfirm: () =>
        remove.mutate(identifier, {
          onSuccess: () => void navigate({ to: ACTIONS as never }),
          onError: showProblem,
        }),
    });
  return (
    <Loaded query={action}>
      {(data) => (
        <>
          <Head title={data.title || identifier} sub={identifier}>
            <Button variant="default" leftSection={<IconTrash size={16} />} onClick={ask}>
              Delete
            </Button>
          </Head>
          <AddressTabs value={tab}>
            <Tabs.List mb="md">
              <Tabs.Tab value="definition">Definition</Tabs.Tab>
              {data.trigger.type === "automation" ? (
                <Tabs.Tab value="events">Events</Tabs.Tab>
              ) : (
                <Tabs.Tab value="permissions">Permissions</Tabs.Tab>
              )}
            </Tabs.List>
            <Tabs.Panel value="definition">
              <Definition key={data.updatedAt} was={identifier} stored={data} />
            </Tabs.Panel>
            <Tabs.Panel value="permissions">
              <ActionPermissions action={identifier} />
            </Tabs.Panel>
            <Tabs.Panel value="events">
              <AutomationLog identifier={identifier} />
            </Tabs.Panel>
          </AddressTabs>
        </>
      )}
    </Loaded>
  );
}

function Definition({ was, stored }: { was: string | null; stored: object }) {
  const navigate = useNavigate();
  const clean = useMemo(() => withoutStamps(stored), [stored]);
  const document = useDocument(clean);
  const save = useSaveAction(was);
  const done = () => {
    showDone("Saved");
    const now = String(document.value?.identifier);
    if (now !== was) void navigate({ to: `/builder/actions/${encodeURIComponent(now)}`, search: {} as never });
  };
  return (
    <>
      <Text size="sm" c="dimmed" mb="xs">
        Ctrl Space suggests what can stand at the cursor. The portal checks the whole definition when it is saved.
      </Text>
      <Draft label="Definition" document={document} operation={["post", "/v1/actions"]} save={save} onSaved={done} />
    </>
  );
}
