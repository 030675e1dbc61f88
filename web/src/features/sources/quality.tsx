import { Badge, Button, List, Popover, Text } from "@mantine/core";
import type { IntegrationQuality } from "./api";

const COLORS: Record<string, string> = { bronze: "orange", silver: "gray", gold: "yellow" };

/** The step of the quality scale that an integration has reached, and what the next ones ask for. */
export function Quality({ quality }: { quality: IntegrationQuality | null }) {
  if (!quality) {
    return (
      <Text size="sm" c="dimmed">
        Not reported
      </Text>
    );
  }
  const { tier, broken } = quality;
  const badge = (
    <Badge variant="light" color={tier ? COLORS[tier] : "red"} tt="none">
      {tier ? tier[0]?.toUpperCase() + tier.slice(1) : "Below bronze"}
    </Badge>
  );
  if (broken.length === 0) return badge;
  return (
    <Popover width={360} position="bottom-start" withArrow>
      <Popover.Target>
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          ml={-8}
          rightSection={<Text size="xs">{broken.length} to do</Text>}
        >
          {badge}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm" mb="xs">
          What the next steps ask for:
        </Text>
        <List size="sm">
          {broken.map((each) => (
            <List.Item key={each.rule}>
              {each.asks} ({each.tier})
            </List.Item>
          ))}
        </List>
      </Popover.Dropdown>
    </Popover>
  );
}
