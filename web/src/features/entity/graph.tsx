import { Alert, Stack, Text } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { call } from "@/api/client";
import { searchSearchAll } from "@/api/generated";
import type { Blueprint, Entity } from "@/api/model";
import { useBlueprints } from "@/app/queries";
import { queryOf } from "@/features/pages/model";
import { Graph } from "@/ui/graph";
import { Empty, Loaded } from "@/ui/states";
import { entityPath } from "@/ui/value/links";
import { farRule, graphOf } from "./model";

/** In each direction: a layout of more is slow to make and impossible to read. */
const MOST = 120;

const neighboursQuery = (entity: Entity, direction: "up" | "down") =>
  queryOptions({
    queryKey: ["entities", entity.blueprint, "graph", entity.identifier, direction],
    queryFn: () =>
      call<{ entities: Entity[] }>(
        searchSearchAll({ body: queryOf(farRule(entity, direction)) as never, query: { limit: MOST } as never }),
      ).then(({ entities }) => entities),
  });

/** What an entity depends on and what depends on it, along every relation; a node opens the entity. */
export function EntityGraph({ entity }: { entity: Entity }) {
  const blueprints = useBlueprints();
  const up = useQuery(neighboursQuery(entity, "up"));
  const down = useQuery(neighboursQuery(entity, "down"));
  return (
    <Loaded query={up}>
      {(above) => <Loaded query={down}>{(below) => <Drawn {...{ entity, above, below, blueprints }} />}</Loaded>}
    </Loaded>
  );
}

interface DrawnProps {
  entity: Entity;
  above: Entity[];
  below: Entity[];
  blueprints: Map<string, Blueprint>;
}

function Drawn({ entity, above, below, blueprints }: DrawnProps) {
  const navigate = useNavigate();
  const { nodes, edges } = graphOf(entity, [...above, ...below], blueprints);
  if (nodes.length === 1) {
    return <Empty title="Nothing is related">Entities that it names, or that name it, are drawn here.</Empty>;
  }
  const cut = above.length === MOST || below.length === MOST;
  return (
    <Stack gap="xs">
      {cut && (
        <Alert color="gray">
          Only the first {MOST} in each direction are drawn. The tab “Related” lists all of them.
        </Alert>
      )}
      <Text size="sm" c="dimmed">
        Arrows lead to what an entity depends on. {nodes.length - 1} related entities.
      </Text>
      <Graph
        label="Related entities"
        nodes={nodes}
        edges={edges}
        height="62vh"
        onOpen={(id) => {
          const found = nodes.find((node) => node.id === id);
          if (found) void navigate({ to: entityPath(found.blueprint, found.identifier) });
        }}
      />
    </Stack>
  );
}
