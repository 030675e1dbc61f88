import "@xyflow/react/dist/style.css";
import dagre from "@dagrejs/dagre";
import { useComputedColorScheme } from "@mantine/core";
import { Background, Controls, type Edge, MarkerType, type Node, ReactFlow } from "@xyflow/react";
import { useMemo } from "react";

export interface GraphNode {
  id: string;
  label: string;
  sub?: string;
}

export interface GraphEdge {
  id: string;
  from: string;
  to: string;
  label?: string;
}

interface Props {
  label: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  onOpen?: (id: string) => void;
  height?: number | string;
  direction?: "LR" | "TB";
}

const WIDTH = 190;
const HEIGHT = 54;

function laidOut(nodes: GraphNode[], edges: GraphEdge[], direction: string): Map<string, { x: number; y: number }> {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction, nodesep: 28, ranksep: 90 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, { width: WIDTH, height: HEIGHT });
  for (const edge of edges) graph.setEdge(edge.from, edge.to, {}, edge.id);
  dagre.layout(graph);
  return new Map(
    nodes.map(({ id }) => {
      const { x, y } = graph.node(id) as { x: number; y: number };
      return [id, { x: x - WIDTH / 2, y: y - HEIGHT / 2 }];
    }),
  );
}

/** Things and what connects them, in layers. Every node is a button: Tab reaches it, Enter opens it. */
export default function FlowGraph({ label, nodes, edges, onOpen, height = 520, direction = "LR" }: Props) {
  const dark = useComputedColorScheme("light") === "dark";
  const places = useMemo(() => laidOut(nodes, edges, direction), [nodes, edges, direction]);
  const drawn: Node[] = nodes.map((node) => ({
    id: node.id,
    position: places.get(node.id) ?? { x: 0, y: 0 },
    data: {
      label: (
        <>
          <strong>{node.label}</strong>
          {node.sub && <div style={{ fontSize: 11, opacity: 0.85 }}>{node.sub}</div>}
        </>
      ),
    },
    width: WIDTH,
    height: HEIGHT,
    sourcePosition: (direction === "LR" ? "right" : "bottom") as never,
    targetPosition: (direction === "LR" ? "left" : "top") as never,
    ariaLabel: node.sub ? `${node.label}, ${node.sub}` : node.label,
    connectable: false,
  }));
  const lines: Edge[] = edges.map((edge) => ({
    id: edge.id,
    source: edge.from,
    target: edge.to,
    label: edge.label,
    focusable: false,
    markerEnd: { type: MarkerType.ArrowClosed },
  }));
  return (
    <section style={{ height }} aria-label={label}>
      <ReactFlow
        nodes={drawn}
        edges={lines}
        colorMode={dark ? "dark" : "light"}
        fitView
        minZoom={0.2}
        nodesDraggable={false}
        onlyRenderVisibleElements
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, node) => onOpen?.(node.id)}
        onKeyDown={(event) => {
          const id = (event.target as HTMLElement).closest<HTMLElement>("[data-id]")?.dataset.id;
          if (event.key === "Enter" && id) onOpen?.(id);
        }}
      >
        <Background />
        <Controls showInteractive={false} />
      </ReactFlow>
    </section>
  );
}
