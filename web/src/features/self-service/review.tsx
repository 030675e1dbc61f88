import { Badge, Button, Group, Table, Text, Title } from "@mantine/core";
import type { Form, Values } from "./api";
import { reviewOf } from "./model";

interface Props {
  form: Form;
  values: Values;
  onEdit: (name: string) => void;
}

/** What will be sent, before it is. */
export function ReviewList({ form, values, onEdit }: Props) {
  const rows = reviewOf(form, values);
  return (
    <div>
      <Title order={2} size="h5" mb="xs">
        Review
      </Title>
      {rows.length === 0 ? (
        <Text c="dimmed">Nothing is filled in.</Text>
      ) : (
        <Table aria-label="Values" verticalSpacing={6} layout="fixed">
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.name}>
                <Table.Th w="32%" fw={400} c="dimmed" scope="row">
                  {row.title}
                </Table.Th>
                <Table.Td style={{ overflowWrap: "anywhere" }}>
                  <Group gap={6} justify="space-between" wrap="nowrap">
                    <span>
                      {row.value}{" "}
                      {row.isDefault && (
                        <Badge size="xs" variant="default" tt="none">
                          default
                        </Badge>
                      )}
                    </span>
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      flex="none"
                      aria-label={`Change ${row.title}`}
                      onClick={() => onEdit(row.name)}
                    >
                      Change
                    </Button>
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </div>
  );
}
