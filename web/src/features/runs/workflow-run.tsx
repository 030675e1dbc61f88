import { Accordion, Alert, Anchor, Button, Group, Paper, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconBan } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { Who } from "@/app/people";
import { askBefore } from "@/ui/dialogs";
import { Graph } from "@/ui/graph";
import { Loaded, LoadingRows } from "@/ui/states";
import { Ago, durationText, useNow } from "@/ui/time";
import { EntityLink } from "@/ui/value/links";
import { NodeRunBody } from "./node-run";
import { type FullRun, useCancelWorkflow, workflowRunQuery } from "./workflow-api";
import { graphOf, latestOf, NODE_WORDS, nodeState } from "./workflow-model";
import { NodeBadge, runState } from "./workflow-runs";

interface Search {
  show?: "graph";
  node?: string;
}

/** The page of a workflow run: its nodes as a list with their logs, or as a graph. */
export function WorkflowRunScreen({ id }: { id: string }) {
  const query = useQuery(workflowRunQuery(id));
  return (
    <Loaded query={query} loading={<LoadingRows rows={8} height={36} />}>
      {(run) => <Page run={run} />}
    </Loaded>
  );
}

function Page({ run }: { run: FullRun }) {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const change = (next: Partial<Search>) =>
    void navigate({
      to: ".",
      search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, value]) => value)) as never,
      replace: true,
    });
  const graph = useMemo(() => graphOf(run), [run]);
  const state = runState(run);
  return (
    <Stack gap="md">
      <Head run={run} />
      <div className="visually-hidden" role="status">
        {run.status === "COMPLETED" ? `The run is now: ${NODE_WORDS[state]}` : ""}
      </div>
      {state === "failed" && (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title="This run failed">
          {run.summary || "One of its steps failed; its log tells why."}
        </Alert>
      )}
      {run.summary && state !== "failed" && <Text>{run.summary}</Text>}
      <SegmentedControl
        aria-label="Show as"
        data={[
          { value: "list", label: "Steps" },
          { value: "graph", label: "Graph" },
        ]}
        value={search.show ?? "list"}
        onChange={(show) => change({ show: show === "graph" ? "graph" : undefined })}
        style={{ alignSelf: "flex-start" }}
      />
      {search.show === "graph" ? (
        <Paper withBorder>
          <Graph
            label="Steps of the run"
            nodes={graph.nodes}
            edges={graph.edges}
            height={460}
            onOpen={(node) => change({ node, show: undefined })}
          />
        </Paper>
      ) : (
        <Nodes run={run} opened={search.node} onOpen={(node) => change({ node: node ?? undefined })} />
      )}
    </Stack>
  );
}

function Head({ run }: { run: FullRun }) {
  const cancel = useCancelWorkflow(run.id);
  const now = useNow(run.endedAt === null ? 1000 : 60_000);
  return (
    <Group justify="space-between" align="flex-start" gap="sm">
      <div style={{ minWidth: 0 }}>
        <Anchor component={Link} to="/runs" search={{ view: "workflows" } as never} size="sm" underline="always">
          Workflow runs
        </Anchor>
        <Group gap="sm">
          <Title order={1} size="h3" style={{ overflowWrap: "anywhere" }}>
            {run.workflow.title || run.workflow.identifier}
          </Title>
          <NodeBadge state={runState(run)} label={run.statusLabel?.text} />
        </Group>
        <Text size="sm" c="dimmed" component="div">
          <Ago at={run.createdAt} /> by <Who id={run.createdBy} />, {run.endedAt ? "took" : "for"}{" "}
          {durationText(run.createdAt, run.endedAt, now)}
          {run.blueprint && run.entity && (
            <>
              , on <EntityLink blueprint={run.blueprint} identifier={run.entity} />
            </>
          )}
        </Text>
      </div>
      {run.status !== "COMPLETED" && (
        <Button
          variant="default"
          leftSection={<IconBan size={16} />}
          loading={cancel.isPending}
          onClick={() =>
            askBefore({
              title: "Cancel this run?",
              children: "No further step is taken. What its backends have begun goes on.",
              confirm: "Cancel the run",
              onConfirm: () => cancel.mutate(),
            })
          }
        >
          Cancel
        </Button>
      )}
    </Group>
  );
}

interface NodesProps {
  run: FullRun;
  opened?: string;
  onOpen: (node: string | null) => void;
}

function Nodes({ run, opened, onOpen }: NodesProps) {
  const reached = latestOf(run);
  const urgent = run.nodeRuns.find((each) => ["input", "failed"].includes(nodeState(run, each.node.identifier)));
  const order = [
    ...run.nodeRuns.map((each) => each.node.identifier),
    ...run.definition.nodes.map((node) => node.identifier),
  ];
  const titles = new Map(run.definition.nodes.map((node) => [node.identifier, node.title || node.identifier]));
  return (
    <Accordion variant="separated" value={opened ?? urgent?.node.identifier ?? null} onChange={onOpen} order={2}>
      {[...new Set(order)].map((name) => {
        const node = reached.get(name);
        return (
          <Accordion.Item key={name} value={name}>
            <Accordion.Control disabled={node === undefined}>
              <Group justify="space-between" gap="xs" pr="sm">
                <Text fw={500}>{titles.get(name) ?? name}</Text>
                <Group gap="xs">
                  {node && (
                    <Text size="sm" c="dimmed">
                      {durationText(node.createdAt, node.endedAt, Date.now())}
                    </Text>
                  )}
                  <NodeBadge state={nodeState(run, name)} label={node?.statusLabel?.text} />
                </Group>
              </Group>
            </Accordion.Control>
            <Accordion.Panel>{node && <NodeRunBody node={node} run={run} />}</Accordion.Panel>
          </Accordion.Item>
        );
      })}
    </Accordion>
  );
}
