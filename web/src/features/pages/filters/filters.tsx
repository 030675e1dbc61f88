import { Alert, Button, Drawer, Group, Pill, SegmentedControl, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconFilter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Query } from "@/api/model";
import { useBlueprints } from "@/app/queries";
import { Code } from "@/ui/code";
import { countQuery } from "../api";
import type { Field } from "../fields";
import { NO_FILTER } from "../model";
import { QueryGroup } from "./builder";
import { countOf, describe, freshRule, whole } from "./model";

interface Props {
  blueprint: string;
  fields: Field[];
  filter: Query;
  onChange: (filter: Query) => void;
}

/** The button that opens the filter, and how many conditions are at work. */
export function FilterButton(props: Props) {
  const [opened, setOpened] = useState(false);
  const count = countOf(props.filter);
  return (
    <>
      <Button
        variant={count > 0 ? "light" : "default"}
        size="xs"
        leftSection={<IconFilter size={15} aria-hidden />}
        onClick={() => setOpened(true)}
      >
        {count > 0 ? `Filter · ${count}` : "Filter"}
      </Button>
      <Drawer
        opened={opened}
        onClose={() => setOpened(false)}
        position="right"
        size="min(100vw, 640px)"
        title="Filter"
        keepMounted={false}
      >
        <Draft {...props} onDone={() => setOpened(false)} />
      </Drawer>
    </>
  );
}

function Draft({ blueprint, fields, filter, onChange, onDone }: Props & { onDone: () => void }) {
  const first = fields.find(({ source }) => source === "property") ?? fields[0];
  const [draft, setDraft] = useState<Query>(() =>
    filter.rules.length > 0 || first === undefined ? filter : { combinator: "and", rules: [freshRule(first)] },
  );
  const [mode, setMode] = useState("form");
  const [problem, setProblem] = useState<string | null>(null);
  const blueprints = [...useBlueprints().values()].map(({ identifier, title }) => ({
    value: identifier,
    label: title || identifier,
  }));
  const ready = whole(draft, fields);
  const apply = (query: Query) => {
    onChange(query);
    onDone();
  };
  return (
    <Stack gap="md">
      <SegmentedControl
        size="xs"
        aria-label="How the filter is written"
        data={[
          { value: "form", label: "Conditions" },
          { value: "json", label: "JSON" },
        ]}
        value={mode}
        onChange={(next) => {
          setProblem(null);
          setMode(next);
        }}
        w={200}
      />
      {mode === "form" ? (
        <QueryGroup query={draft} fields={fields} blueprint={blueprint} blueprints={blueprints} onChange={setDraft} />
      ) : (
        <Json query={draft} onChange={setDraft} onProblem={setProblem} />
      )}
      {problem && (
        <Alert color="red" role="alert">
          {problem}
        </Alert>
      )}
      <Group justify="space-between">
        <Matches blueprint={blueprint} query={ready} />
        <Group gap="xs">
          <Button variant="default" onClick={() => apply(NO_FILTER)}>
            Remove all
          </Button>
          <Button onClick={() => apply(ready)} disabled={problem !== null}>
            Apply
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}

function Matches({ blueprint, query }: { blueprint: string; query: Query }) {
  const [asked] = useDebouncedValue(query, 300);
  const count = useQuery({ ...countQuery(blueprint, asked), placeholderData: (before) => before });
  return (
    <Text size="sm" c={count.isError ? "red" : "dimmed"} role="status">
      {count.isError ? count.error.message : count.data === undefined ? "…" : `${count.data.toLocaleString()} match`}
    </Text>
  );
}

interface JsonProps {
  query: Query;
  onChange: (query: Query) => void;
  onProblem: (problem: string | null) => void;
}

function Json({ query, onChange, onProblem }: JsonProps) {
  const [text, setText] = useState(() => JSON.stringify(query, null, 2));
  return (
    <Stack gap={4}>
      <Text size="xs" c="dimmed">
        The query of the search API; rules that the form does not know are kept.
      </Text>
      <Code
        value={text}
        language="json"
        label="Query"
        height="360px"
        onChange={(changed) => {
          setText(changed);
          try {
            const parsed = JSON.parse(changed) as Query;
            if (!Array.isArray(parsed?.rules)) throw new Error('A query has a "combinator" and a list of "rules"');
            onProblem(null);
            onChange(parsed);
          } catch (problem) {
            onProblem(problem instanceof Error ? problem.message : String(problem));
          }
        }}
      />
    </Stack>
  );
}

/** The conditions at work, each with a way to remove it. */
export function FilterChips({ fields, filter, onChange }: Omit<Props, "blueprint">) {
  if (filter.rules.length === 0) return null;
  const single = filter.combinator === "or" && filter.rules.length > 1;
  const chips = single ? [filter as unknown as Query["rules"][number]] : filter.rules;
  return (
    <Group gap={6} role="group" aria-label="Filters">
      {chips.map((rule, at) => {
        const text = describe(rule, fields);
        return (
          <Pill
            // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no identity but its place
            key={at}
            size="md"
            bd="1px solid var(--mantine-color-default-border)"
            bg="var(--mantine-color-default-hover)"
            withRemoveButton
            removeButtonProps={{ "aria-label": `Remove ${text}`, "aria-hidden": false, tabIndex: 0 }}
            onRemove={() =>
              onChange(single ? NO_FILTER : { ...filter, rules: filter.rules.filter((_, index) => index !== at) })
            }
          >
            {text}
          </Pill>
        );
      })}
    </Group>
  );
}
