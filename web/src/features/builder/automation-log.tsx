import { Badge, Table, Text } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { call } from "@/api/client";
import { automationsEvaluations } from "@/api/generated";
import { Empty, Loaded } from "@/ui/states";
import { Ago } from "@/ui/time";
import { RunLink } from "@/ui/value/links";

interface Evaluation {
  event: string;
  outcome: string;
  message: string | null;
  runId: string | null;
  at: string;
}

const logQuery = (identifier: string) =>
  queryOptions({
    queryKey: ["automations", identifier, "log"],
    queryFn: () => call<{ evaluations: Evaluation[] }>(automationsEvaluations({ path: { identifier } })),
    refetchInterval: 10_000,
  });

const WORDS: Record<string, { word: string; color: string }> = {
  fired: { word: "Started", color: "green" },
  condition: { word: "Condition not met", color: "gray" },
  problem: { word: "Problem", color: "red" },
  stopped: { word: "Stopped", color: "red" },
  gone: { word: "Gone", color: "gray" },
};

/** The last events that an automation heard, and why each did or did not start it. */
export function AutomationLog({ identifier }: { identifier: string }) {
  const log = useQuery(logQuery(identifier));
  return (
    <Loaded query={log}>
      {({ evaluations }) =>
        evaluations.length === 0 ? (
          <Empty title="It has heard nothing yet">Events that fit its trigger are listed here.</Empty>
        ) : (
          <Table aria-label="Events">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>When</Table.Th>
                <Table.Th>Outcome</Table.Th>
                <Table.Th>Run or reason</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {evaluations.map((each) => (
                <Table.Tr key={each.event}>
                  <Table.Td>
                    <Ago at={each.at} />
                  </Table.Td>
                  <Table.Td>
                    <Badge variant="light" color={WORDS[each.outcome]?.color ?? "gray"} tt="none">
                      {WORDS[each.outcome]?.word ?? each.outcome}
                    </Badge>
                  </Table.Td>
                  <Table.Td>
                    {each.runId ? <RunLink id={each.runId} /> : <Text size="sm">{each.message}</Text>}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )
      }
    </Loaded>
  );
}
