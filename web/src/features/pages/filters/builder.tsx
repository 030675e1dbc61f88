import { ActionIcon, Box, Button, Group, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { IconFolderPlus, IconPlus, IconTrash } from "@tabler/icons-react";
import type { Json, Query, Rule } from "@/api/model";
import { EntityPicker } from "@/ui/entity-picker";
import type { Field, Source } from "../fields";
import classes from "./filters.module.css";
import { changedOperator, describe, fieldOf, freshRule, operatorOf, operatorsOf } from "./model";
import { RuleValue } from "./value";

const SECTIONS: Record<Source, string> = {
  meta: "Every entity",
  property: "Properties",
  relation: "Relations",
  mirror: "Of related entities",
  calculation: "Calculated",
  aggregation: "Counted",
  scorecard: "Scorecards",
};
const RELATED = "related";

/** Fields by where their values come from, for a list to choose from. */
export function sections(fields: Field[]) {
  return (Object.keys(SECTIONS) as Source[]).flatMap((source) => {
    const items = fields
      .filter((field) => field.source === source)
      .map(({ id, title }) => ({ value: id, label: title }));
    return items.length === 0 ? [] : [{ group: SECTIONS[source], items }];
  });
}

interface GroupProps {
  query: Query;
  fields: Field[];
  blueprint: string;
  blueprints: { value: string; label: string }[];
  onChange: (query: Query) => void;
  onRemove?: () => void;
}

/** Conditions that are joined by and or by or, groups of them within groups. */
export function QueryGroup({ query, fields, blueprint, blueprints, onChange, onRemove }: GroupProps) {
  const put = (at: number, rule: Rule | null) => {
    const rules = rule === null ? query.rules.filter((_, index) => index !== at) : query.rules.with(at, rule);
    onChange({ ...query, rules });
  };
  const add = (rule: Rule) => onChange({ ...query, rules: [...query.rules, rule] });
  const shared = { fields, blueprint, blueprints };
  const first = fields.find(({ source }) => source === "property") ?? fields[0];
  return (
    <Box className={onRemove ? classes.group : undefined} role="group" aria-label="Conditions">
      <Stack gap="xs">
        {(query.rules.length > 1 || onRemove) && (
          <Group justify="space-between" wrap="nowrap">
            <SegmentedControl
              size="xs"
              aria-label="How conditions are joined"
              data={[
                { value: "and", label: "All of these" },
                { value: "or", label: "Any of these" },
              ]}
              value={query.combinator}
              onChange={(combinator) => onChange({ ...query, combinator: combinator as "and" | "or" })}
            />
            {onRemove && <Remove label="Remove group" onClick={onRemove} />}
          </Group>
        )}
        {query.rules.map((rule, at) =>
          rule.rules !== undefined ? (
            <QueryGroup
              // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no identity but its place
              key={at}
              {...shared}
              query={rule as Query}
              onChange={(changed) => put(at, changed as Rule)}
              onRemove={() => put(at, null)}
            />
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no identity but its place
            <Condition key={at} {...shared} rule={rule} onChange={(changed) => put(at, changed)} />
          ),
        )}
        <Group gap="xs">
          <Button
            size="xs"
            variant="light"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => first && add(freshRule(first))}
          >
            Condition
          </Button>
          <Button
            size="xs"
            variant="subtle"
            leftSection={<IconFolderPlus size={14} aria-hidden />}
            onClick={() => first && add({ combinator: "or", rules: [freshRule(first)] })}
          >
            Group
          </Button>
        </Group>
      </Stack>
    </Box>
  );
}

interface ConditionProps extends Omit<GroupProps, "query" | "onChange" | "onRemove"> {
  rule: Rule;
  onChange: (rule: Rule | null) => void;
}

function Condition({ rule, fields, blueprint, blueprints, onChange }: ConditionProps) {
  const field = fieldOf(rule, fields);
  const operator = field && operatorOf(field, rule);
  const related = rule.operator === "relatedTo";
  const choose = (id: string | null) => {
    const chosen = fields.find((each) => each.id === id);
    if (chosen) onChange(freshRule(chosen));
    else if (id === RELATED) onChange({ operator: "relatedTo", blueprint: blueprints[0]?.value ?? blueprint });
  };
  if (field === undefined && !related) {
    return (
      <Group className={classes.condition} wrap="nowrap" justify="space-between">
        <Text size="sm" ff="monospace">
          {describe(rule, fields)}
        </Text>
        <Remove label="Remove condition" onClick={() => onChange(null)} />
      </Group>
    );
  }
  return (
    <fieldset className={classes.condition} aria-label={describe(rule, fields)}>
      <Select
        aria-label="Field"
        searchable
        allowDeselect={false}
        data={[...sections(fields), { group: "Graph", items: [{ value: RELATED, label: "Related to an entity" }] }]}
        value={field?.id ?? RELATED}
        onChange={choose}
      />
      {field && (
        <Select
          aria-label="Operator"
          allowDeselect={false}
          data={operatorsOf(field).map(({ id, label }) => ({ value: id, label }))}
          value={operator?.id ?? null}
          onChange={(id) => {
            const chosen = operatorsOf(field).find((each) => each.id === id);
            if (chosen) onChange(changedOperator(field, rule, chosen));
          }}
        />
      )}
      {field && operator && (
        <RuleValue
          field={field}
          rule={rule}
          wants={operator.wants}
          onChange={(value) => onChange(withValue(rule, value))}
        />
      )}
      {related && <RelatedTo rule={rule} blueprints={blueprints} onChange={onChange} />}
      <Remove label="Remove condition" onClick={() => onChange(null)} />
    </fieldset>
  );
}

function withValue(rule: Rule, value: Json | undefined): Rule {
  const { value: _, ...rest } = rule;
  return value === undefined ? rest : { ...rest, value };
}

const DIRECTIONS = [
  { value: "", label: "in any way" },
  { value: "upstream", label: "what it depends on" },
  { value: "downstream", label: "what depends on it" },
];

function RelatedTo({ rule, blueprints, onChange }: Pick<ConditionProps, "rule" | "blueprints" | "onChange">) {
  const blueprint = String(rule.blueprint ?? "");
  return (
    <Stack gap={4}>
      <Select
        aria-label="Blueprint"
        searchable
        allowDeselect={false}
        data={blueprints}
        value={blueprint}
        onChange={(chosen) => onChange({ operator: "relatedTo", blueprint: chosen ?? blueprint })}
      />
      <EntityPicker
        blueprint={blueprint}
        aria-label="Entity"
        placeholder="Pick one"
        value={typeof rule.value === "string" ? rule.value : null}
        onChange={(value) => onChange(withValue(rule, value ?? undefined))}
      />
      <Select
        aria-label="Direction"
        allowDeselect={false}
        data={DIRECTIONS}
        value={typeof rule.direction === "string" ? rule.direction : ""}
        onChange={(direction) => {
          const { direction: _, ...rest } = rule;
          onChange(direction ? { ...rest, direction } : rest);
        }}
      />
    </Stack>
  );
}

function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onClick}>
      <IconTrash size={16} />
    </ActionIcon>
  );
}
