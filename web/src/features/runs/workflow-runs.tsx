import { Badge, Button, Group, Select, Text } from "@mantine/core";
import {
  IconBan,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconForms,
  IconHierarchy2,
  IconLoader2,
} from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePersonName, Who } from "@/app/people";
import { Grid } from "@/ui/grid/grid";
import type { Column, Line } from "@/ui/grid/model";
import { Empty, LoadingRows, Problem } from "@/ui/states";
import { Ago, durationText } from "@/ui/time";
import { RunLink, runPath } from "@/ui/value/links";
import { type NodeStatus, type WorkflowRun, workflowRunsQuery } from "./workflow-api";
import { NODE_WORDS, type NodeState } from "./workflow-model";

const LOOKS: Record<NodeState, { color: string; Icon: typeof IconBan }> = {
  waiting: { color: "gray", Icon: IconCircleDashed },
  skipped: { color: "gray", Icon: IconCircleDashed },
  running: { color: "blue", Icon: IconLoader2 },
  input: { color: "yellow", Icon: IconForms },
  success: { color: "green", Icon: IconCircleCheck },
  failed: { color: "red", Icon: IconCircleX },
  cancelled: { color: "gray", Icon: IconBan },
};

/** The state of a node or of a whole workflow run. */
export function NodeBadge({ state, label }: { state: NodeState; label?: string | null }) {
  const { color, Icon } = LOOKS[state];
  return (
    <Badge variant="light" color={color} tt="none" leftSection={<Icon size={13} aria-hidden />}>
      {label || NODE_WORDS[state]}
    </Badge>
  );
}

/** The state of a run as a whole, in the words of its nodes. */
export function runState(run: Pick<WorkflowRun, "status" | "result">): NodeState {
  if (run.status !== "COMPLETED") return "running";
  if (run.result === "SUCCESS") return "success";
  return run.result === "CANCELLED" ? "cancelled" : "failed";
}

const titleOf = (run: WorkflowRun) => run.workflow.title || run.workflow.identifier;

function columnsOf(nameOf: (id: string) => string): Column<WorkflowRun>[] {
  return [
    {
      id: "status",
      title: "Status",
      width: 180,
      cell: (run) => <NodeBadge state={runState(run)} label={run.statusLabel?.text} />,
      text: (run) => run.result ?? run.status,
    },
    {
      id: "workflow",
      title: "Workflow",
      width: 260,
      cell: (run) => <RunLink id={run.id} title={titleOf(run)} />,
      text: titleOf,
    },
    { id: "entity", title: "On", width: 180, cell: (run) => run.entity ?? "", text: (run) => run.entity ?? "" },
    {
      id: "by",
      title: "Started by",
      width: 180,
      cell: (run) => <Who id={run.createdBy} />,
      text: (run) => nameOf(run.createdBy),
    },
    { id: "at", title: "Started", width: 130, cell: (run) => <Ago at={run.createdAt} />, text: (run) => run.createdAt },
    {
      id: "took",
      title: "Took",
      width: 110,
      cell: (run) => <Text size="sm">{durationText(run.createdAt, run.endedAt, Date.now())}</Text>,
      text: (run) => durationText(run.createdAt, run.endedAt, Date.now()),
    },
  ];
}

/** Runs of workflows, the newest first. */
export function WorkflowRuns() {
  const navigate = useNavigate();
  const nameOf = usePersonName();
  const [status, setStatus] = useState<NodeStatus | null>(null);
  const query = useInfiniteQuery(workflowRunsQuery(status === null ? {} : { status }));
  const runs = (query.data?.pages ?? []).flatMap((page) => page.runs);
  const lines: Line<WorkflowRun>[] = runs.map((row) => ({ kind: "row", key: row.id, row }));
  return (
    <>
      <Group mb="sm">
        <Select
          aria-label="Status"
          placeholder="Any status"
          clearable
          data={[
            { value: "IN_PROGRESS", label: "In progress" },
            { value: "COMPLETED", label: "Ended" },
          ]}
          value={status}
          onChange={(next) => setStatus(next as NodeStatus | null)}
          w={170}
        />
      </Group>
      {query.isError ? (
        <Problem error={query.error} retry={() => void query.refetch()} />
      ) : query.isPending ? (
        <LoadingRows rows={10} />
      ) : runs.length === 0 ? (
        <Empty
          title={status === null ? "No workflow has run yet" : "Nothing matches"}
          icon={<IconHierarchy2 size={24} />}
          action={
            status === null ? (
              <Button component={Link} to="/self-service">
                Self-service
              </Button>
            ) : (
              <Button variant="default" onClick={() => setStatus(null)}>
                Show all
              </Button>
            )
          }
        >
          Runs of workflows that you may see are listed here, with each of their steps.
        </Empty>
      ) : (
        <Grid
          label="Workflow runs"
          columns={columnsOf(nameOf)}
          lines={lines}
          height="calc(100vh - 270px)"
          onOpen={(run) => void navigate({ to: runPath(run.id) })}
          onEnd={() => query.hasNextPage && !query.isFetchingNextPage && void query.fetchNextPage()}
          loadingMore={query.isFetchingNextPage}
        />
      )}
    </>
  );
}
