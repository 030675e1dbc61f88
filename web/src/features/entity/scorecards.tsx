import { Alert, Badge, Code, Group, List, Paper, Progress, Stack, Text, Title } from "@mantine/core";
import { IconBulb, IconCircleCheck, IconCircleX, IconGauge } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Entity, Json } from "@/api/model";
import { Level } from "@/features/pages/table/cells";
import { Empty, Loaded } from "@/ui/states";
import { colorOf } from "@/ui/status";
import { type Condition, type ExplainedScorecard, explainedQuery, type RuleResult } from "./api";

/** How an entity scores, rule by rule, with the evidence and what would raise it. */
export function Scorecards({ entity }: { entity: Entity }) {
  const query = useQuery(explainedQuery(entity.blueprint, entity.identifier));
  return (
    <Loaded query={query}>
      {(cards) =>
        cards.length === 0 ? (
          <Empty title="There is no scorecard" icon={<IconGauge size={24} />}>
            No scorecard is about this blueprint yet.
          </Empty>
        ) : (
          <Stack gap="md" maw={1000}>
            {cards.map((card) => (
              <Scorecard key={card.identifier} card={card} />
            ))}
          </Stack>
        )
      }
    </Loaded>
  );
}

function Scorecard({ card }: { card: ExplainedScorecard }) {
  const passed = card.rules.filter(({ status }) => status === "SUCCESS").length;
  return (
    <Paper withBorder p="md" component="section" aria-label={card.title}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5">
          {card.title}
        </Title>
        {card.level && <Level level={card.level} levels={card.levels} />}
      </Group>
      {!card.applies ? (
        <Text size="sm" c="dimmed">
          It does not apply: {reasonOf(card.filter) ?? "its filter leaves this entity out"}.
        </Text>
      ) : (
        <>
          <Group gap="sm" mb="md" wrap="nowrap">
            <Progress
              value={(100 * passed) / Math.max(1, card.rules.length)}
              flex={1}
              aria-label={`Rules of ${card.title} that pass`}
            />
            <Text size="sm" c="dimmed">
              {passed} of {card.rules.length} rules pass
            </Text>
          </Group>
          {card.levels.map(({ title, color }) => {
            const rules = card.rules.filter(({ level }) => level === title);
            if (rules.length === 0) return null;
            return (
              <Stack key={title} gap={6} mb="sm">
                <Badge variant="light" color={colorOf(color)} tt="none">
                  {title}
                </Badge>
                {rules.map((rule) => (
                  <Rule key={rule.identifier} rule={rule} />
                ))}
              </Stack>
            );
          })}
        </>
      )}
    </Paper>
  );
}

function reasonOf(filter: Condition | undefined): string | undefined {
  return filter?.toPass?.replace(/\.$/, "");
}

function Rule({ rule }: { rule: RuleResult }) {
  const passes = rule.status === "SUCCESS";
  const Icon = passes ? IconCircleCheck : IconCircleX;
  return (
    <details open={!passes}>
      <summary>
        <Group component="span" display="inline-flex" gap={6} wrap="nowrap" style={{ verticalAlign: "middle" }}>
          <Text span c={passes ? "green" : "red"} lh={0}>
            <Icon size={18} aria-label={passes ? "passes" : "fails"} />
          </Text>
          <Text span size="sm" fw={passes ? 400 : 600}>
            {rule.title}
          </Text>
        </Group>
      </summary>
      <Stack gap={6} pl={36} py={6}>
        {rule.description && (
          <Text size="sm" c="dimmed">
            {rule.description}
          </Text>
        )}
        <Conditions node={rule.query} />
        {rule.toPass && (
          <Alert variant="outline" color="gray" p="xs" icon={<IconBulb size={18} aria-hidden />}>
            <Text size="sm">To pass: {rule.toPass}</Text>
          </Alert>
        )}
      </Stack>
    </details>
  );
}

function Conditions({ node }: { node: Condition }) {
  if (node.conditions !== undefined) {
    if (node.conditions.length === 1 && node.conditions[0]) return <Conditions node={node.conditions[0]} />;
    return (
      <div>
        <Text size="xs" c="dimmed">
          {node.combinator === "or" ? "Any of" : "All of"}
        </Text>
        <List size="sm" withPadding listStyleType="none">
          {node.conditions.map((each) => (
            <List.Item key={JSON.stringify(each.condition ?? each.conditions)}>
              <Conditions node={each} />
            </List.Item>
          ))}
        </List>
      </div>
    );
  }
  const { property, relation, scorecard, operator, value } = node.condition ?? {};
  return (
    <Group gap={6}>
      <Code>
        {[property ?? relation ?? scorecard, operator, value]
          .filter((each) => each !== undefined)
          .map(short)
          .join(" ")}
      </Code>
      <Text size="sm" c="dimmed">
        {node.passed ? "holds" : "does not hold"}; it is {node.actual === undefined ? "—" : short(node.actual)}
      </Text>
    </Group>
  );
}

function short(value: Json): string {
  if (value === null) return "empty";
  return typeof value === "string" ? value : JSON.stringify(value);
}
