import { Badge, Code, SegmentedControl, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import type { Json } from "@/api/model";
import { JsonView } from "@/ui/code";
import { Empty } from "@/ui/states";
import type { Run } from "./api";

const MASK = "***";

/** What was asked for, as people entered it; secrets stay masked. */
export function Inputs({ run }: { run: Run }) {
  const [raw, setRaw] = useState("shown");
  const names = Object.keys(run.properties);
  if (names.length === 0) return <Empty title="This run has no inputs">Its action asks for none.</Empty>;
  return (
    <Stack gap="sm" align="flex-start">
      <SegmentedControl
        size="xs"
        aria-label="Form of the inputs"
        data={[
          { value: "shown", label: "Values" },
          { value: "json", label: "JSON" },
        ]}
        value={raw}
        onChange={setRaw}
      />
      {raw === "json" ? (
        <div style={{ width: "100%" }}>
          <JsonView value={run.properties} label="Inputs" />
        </div>
      ) : (
        <Table aria-label="Inputs" layout="fixed" verticalSpacing={6}>
          <Table.Tbody>
            {names.map((name) => (
              <Table.Tr key={name}>
                <Table.Th w="30%" fw={400} c="dimmed" scope="row" style={{ overflowWrap: "anywhere" }}>
                  {name}
                </Table.Th>
                <Table.Td style={{ overflowWrap: "anywhere" }}>
                  <Value value={run.properties[name] ?? null} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}

function Value({ value }: { value: Json }) {
  if (value === null) return <Text c="dimmed">not set</Text>;
  if (value === MASK) {
    return (
      <Badge variant="default" tt="none">
        secret
      </Badge>
    );
  }
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value !== "object") return <Text style={{ whiteSpace: "pre-wrap" }}>{String(value)}</Text>;
  if (!Array.isArray(value) && typeof value.identifier === "string") {
    return `${value.title || value.identifier}`;
  }
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) return value.join(", ");
  return <Code block>{JSON.stringify(value, null, 2)}</Code>;
}

/** What was sent to the backend; secrets are masked by the portal. */
export function Payload({ run }: { run: Run }) {
  if (run.payload === null) {
    return <Empty title="There is no payload yet">It is worked out when the run goes to its backend.</Empty>;
  }
  return (
    <Stack gap={6}>
      <Text size="sm" c="dimmed">
        What the backend gets. Secrets are masked here, and nowhere else but in it.
      </Text>
      <JsonView value={run.payload} label="Payload" height="420px" />
    </Stack>
  );
}

/** What the backend answered. */
export function Response({ run }: { run: Run }) {
  if (typeof run.response === "string") return <Code block>{run.response}</Code>;
  return <JsonView value={run.response} label="Response" height="420px" />;
}
