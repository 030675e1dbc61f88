import { Alert, Anchor, Button, Stack } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import type { JsonObject } from "@/api/model";
import { askBefore } from "@/ui/dialogs";
import { Graph } from "@/ui/graph";
import { showDone, showProblem } from "@/ui/notify";
import { Loaded, PageHead } from "@/ui/states";
import { useDeleteWorkflow, useSaveWorkflow, type WorkflowSummary, workflowQuery } from "./api";
import { useDocument } from "./document";
import { Draft } from "./editor";
import { ACTIONS, withoutStamps } from "./model";

const BLANK = {
  identifier: "",
  title: "",
  nodes: [
    {
      identifier: "start",
      title: "Start",
      config: { type: "SELF_SERVE_TRIGGER", userInputs: { properties: {}, required: [], order: [] } },
    },
    { identifier: "call", title: "Call", config: { type: "WEBHOOK", url: "https://" } },
  ],
  connections: [{ sourceIdentifier: "start", targetIdentifier: "call" }],
};

/** One workflow: its steps as a graph that follows the text, and its definition. */
export function WorkflowScreen() {
  const { workflow: identifier } = useParams({ strict: false }) as { workflow: string };
  return identifier === "new" ? (
    <Editor was={null} stored={BLANK} title="New workflow" />
  ) : (
    <Existing identifier={identifier} />
  );
}

function Existing({ identifier }: { identifier: string }) {
  const workflow = useQuery(workflowQuery(identifier));
  return (
    <Loaded query={workflow}>
      {(data) => <Editor key={data.updatedAt} was={identifier} stored={data} title={data.title || identifier} />}
    </Loaded>
  );
}

function Editor({ was, stored, title }: { was: string | null; stored: object; title: string }) {
  const navigate = useNavigate();
  const clean = useMemo(() => withoutStamps(stored), [stored]);
  const document = useDocument(clean);
  const save = useSaveWorkflow(was);
  const remove = useDeleteWorkflow();
  const done = () => {
    showDone("Saved");
    const now = String(document.value?.identifier);
    if (now !== was) void navigate({ to: `/builder/workflows/${encodeURIComponent(now)}` });
  };
  const ask = (identifier: string) =>
    askBefore({
      title: `Delete ${identifier}?`,
      children: "Its runs stay; nothing starts it any more.",
      confirm: "Delete",
      onConfirm: () =>
        remove.mutate(identifier, {
          onSuccess: () => void navigate({ to: ACTIONS as never }),
          onError: showProblem,
        }),
    });
  return (
    <Stack>
      <PageHead
        title={title}
        sub={
          <Anchor component={Link} to={ACTIONS as never} size="sm" underline="always">
            Actions
          </Anchor>
        }
      >
        {was !== null && (
          <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => ask(was)}>
            Delete
          </Button>
        )}
      </PageHead>
      <Steps value={document.value} />
      <Draft label="Definition" document={document} operation={["post", "/v1/workflows"]} save={save} onSaved={done} />
    </Stack>
  );
}

function Steps({ value }: { value: JsonObject | null }) {
  const drawn = useMemo(() => graphOf(value), [value]);
  if (drawn === null) return <Alert color="gray">The graph is drawn as soon as the definition has nodes.</Alert>;
  return <Graph label="Steps" nodes={drawn.nodes} edges={drawn.edges} height={320} />;
}

function graphOf(value: JsonObject | null) {
  const { nodes, connections } = (value ?? {}) as unknown as Partial<WorkflowSummary>;
  if (!Array.isArray(nodes) || nodes.length === 0) return null;
  const known = new Set(nodes.map((node) => node?.identifier));
  const links = Array.isArray(connections) ? connections : [];
  return {
    nodes: nodes
      .filter((node) => typeof node?.identifier === "string")
      .map((node) => ({ id: node.identifier, label: node.title || node.identifier, sub: node.config?.type })),
    edges: links
      .filter((link) => known.has(link?.sourceIdentifier) && known.has(link?.targetIdentifier))
      .map((link, at) => ({
        id: `${at}:${link.sourceIdentifier}:${link.targetIdentifier}`,
        from: link.sourceIdentifier,
        to: link.targetIdentifier,
        label: link.description ?? undefined,
      })),
  };
}
