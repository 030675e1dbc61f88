import type { GraphEdge, GraphNode } from "@/ui/graph/flow-graph";
import type { FullRun, NodeRun } from "./workflow-api";

export type NodeState = "waiting" | "running" | "input" | "success" | "failed" | "cancelled" | "skipped";

export const NODE_WORDS: Record<NodeState, string> = {
  waiting: "Not reached",
  running: "In progress",
  input: "Waits for input",
  success: "Success",
  failed: "Failed",
  cancelled: "Cancelled",
  skipped: "Not needed",
};

/** The state of a node that a run came to. */
export function stateOf(node: Pick<NodeRun, "status" | "result" | "node">): NodeState {
  if (node.status !== "COMPLETED") return node.node.type === "INPUT" ? "input" : "running";
  if (node.result === "SUCCESS") return "success";
  return node.result === "CANCELLED" ? "cancelled" : "failed";
}

/** The node runs of a run by node; the last one where a node ran more than once. */
export function latestOf(run: FullRun): Map<string, NodeRun> {
  return new Map(run.nodeRuns.map((each) => [each.node.identifier, each]));
}

/** The state of any node of a run's definition. */
export function nodeState(run: FullRun, node: string): NodeState {
  const found = latestOf(run).get(node);
  if (found) return stateOf(found);
  return run.status === "COMPLETED" ? "skipped" : "waiting";
}

/** The run as a graph: what is each node's state is part of its words. */
export function graphOf(run: FullRun): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const nodes = run.definition.nodes.map((node) => ({
    id: node.identifier,
    label: node.title || node.identifier,
    sub: NODE_WORDS[nodeState(run, node.identifier)],
  }));
  const edges = (run.definition.connections ?? []).map((each, at) => ({
    id: String(at),
    from: each.sourceIdentifier,
    to: each.targetIdentifier,
    label: each.sourceOutletIdentifier ?? (each.fallback ? "otherwise" : undefined),
  }));
  return { nodes, edges };
}

/** The buttons of a node that waits for input: its own, or its outlets. */
export function buttonsOf(config: Record<string, unknown> | null): { identifier: string; label: string }[] {
  const own = (config?.userInputs as { buttons?: unknown } | undefined)?.buttons;
  const found = Array.isArray(own) && own.length > 0 ? own : (config?.outlets ?? config?.options);
  if (!Array.isArray(found)) return [];
  return found.flatMap((each: Record<string, unknown>) =>
    typeof each.identifier === "string"
      ? [{ identifier: each.identifier, label: String(each.title ?? each.text ?? each.label ?? each.identifier) }]
      : [],
  );
}
