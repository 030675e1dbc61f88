import { Alert, Badge, Card, Code, Group, ScrollArea, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Empty } from "@/ui/states";
import type { PreviewItem } from "./api";
import { StateBadge } from "./state";

interface Props {
  title: string;
  counts: Record<string, number>;
  items: PreviewItem[];
  /** Shown when there is nothing to preview. */
  empty: string;
}

const SHOWN = 20;

/** What went in, what it became, and what went wrong, side by side. */
export function Preview({ title, counts, items, empty }: Props) {
  return (
    <Card withBorder padding="sm">
      <Stack gap="sm">
        <Group gap="xs">
          <Title order={3} size="h6">
            {title}
          </Title>
          {Object.entries(counts).map(([name, count]) => (
            <Badge key={name} variant="default" tt="none">
              {count} {name}
            </Badge>
          ))}
        </Group>
        {items.length === 0 ? <Empty title="Nothing to show">{empty}</Empty> : <Items items={items} />}
      </Stack>
    </Card>
  );
}

function Items({ items }: { items: PreviewItem[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? items : items.slice(0, SHOWN);
  return (
    <>
      {shown.map((item, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items of a preview never move
        <Item key={at} item={item} />
      ))}
      {items.length > shown.length && (
        <Text size="sm" component="button" type="button" onClick={() => setAll(true)}>
          Show all {items.length}
        </Text>
      )}
    </>
  );
}

function Item({ item }: { item: PreviewItem }) {
  return (
    <SimpleGrid cols={{ base: 1, md: 3 }} spacing="sm">
      <Side title="Raw" value={item.raw} />
      <Side title="Mapped" value={item.mapped} badge={<StateBadge state={item.result} />} />
      <div>
        <Text size="xs" fw={600} mb={4}>
          Errors
        </Text>
        {item.errors.length === 0 && (
          <Text size="sm" c="dimmed">
            None
          </Text>
        )}
        <Stack gap={6}>
          {item.errors.map((error) => (
            <Alert key={`${error.field}${error.message}`} color="red" p="xs">
              <Text size="sm">
                {error.field && <Code>{error.field}</Code>} {error.message}
              </Text>
              {error.program && <Code block>{error.program}</Code>}
            </Alert>
          ))}
        </Stack>
      </div>
    </SimpleGrid>
  );
}

function Side({ title, value, badge }: { title: string; value: unknown; badge?: React.ReactNode }) {
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="xs" fw={600}>
          {title}
        </Text>
        {badge}
      </Group>
      <ScrollArea.Autosize mah={260} type="auto" viewportProps={{ tabIndex: 0, "aria-label": title } as never}>
        <Code block>{value === null || value === undefined ? "—" : JSON.stringify(value, null, 2)}</Code>
      </ScrollArea.Autosize>
    </div>
  );
}
