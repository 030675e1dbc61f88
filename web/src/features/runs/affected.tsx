import { Badge, Table } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { useBlueprints } from "@/app/queries";
import { Empty, Loaded } from "@/ui/states";
import { Ago } from "@/ui/time";
import { EntityLink } from "@/ui/value/links";
import type { Affected, Run } from "./api";
import { hasEnded } from "./model";

const WORDS = {
  CREATE: { word: "Created", color: "green" },
  UPDATE: { word: "Changed", color: "blue" },
  DELETE: { word: "Deleted", color: "red" },
};

/** The entities that a run created, changed or deleted. */
export function AffectedList({ query, run }: { query: UseQueryResult<Affected[]>; run: Run }) {
  const blueprints = useBlueprints();
  return (
    <Loaded query={query}>
      {(entities) =>
        entities.length === 0 ? (
          <Empty title={hasEnded(run) ? "No entity was touched" : "No entity was touched yet"}>
            Entities that are written with this run's id while it is in progress are listed here.
          </Empty>
        ) : (
          <Table.ScrollContainer minWidth={420}>
            <Table aria-label="Entities" verticalSpacing={6}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Entity</Table.Th>
                  <Table.Th>Blueprint</Table.Th>
                  <Table.Th>What happened</Table.Th>
                  <Table.Th>When</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {entities.map((each) => (
                  <Table.Tr key={`${each.blueprint} ${each.identifier}`}>
                    <Table.Td>
                      {each.action === "DELETE" ? (
                        each.title || each.identifier
                      ) : (
                        <EntityLink blueprint={each.blueprint} identifier={each.identifier} title={each.title} />
                      )}
                    </Table.Td>
                    <Table.Td>{blueprints.get(each.blueprint)?.title || each.blueprint}</Table.Td>
                    <Table.Td>
                      <Badge variant="light" color={WORDS[each.action].color} tt="none">
                        {WORDS[each.action].word}
                      </Badge>
                    </Table.Td>
                    <Table.Td>
                      <Ago at={each.updatedAt} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )
      }
    </Loaded>
  );
}
