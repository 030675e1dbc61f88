import { MultiSelect, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "@/api/client";
import { searchSearchBlueprint } from "@/api/generated";
import type { Entity, Query } from "@/api/model";

const MOST = 30;

/** Entities whose title or identifier contains a word. */
async function find(blueprint: string, text: string): Promise<Entity[]> {
  const lower = text.toLowerCase();
  const words = [...new Set([text, lower, lower.charAt(0).toUpperCase() + lower.slice(1)])];
  const rules = ["$title", "$identifier"].flatMap((property) =>
    words.map((value) => ({ property, operator: "contains", value })),
  );
  const query: Query | undefined = text === "" ? undefined : { combinator: "or", rules };
  const body = { query, limit: MOST, include: ["identifier", "title"] } as never;
  return (await call<{ entities: Entity[] }>(searchSearchBlueprint({ path: { blueprint }, body }))).entities;
}

interface Props {
  blueprint: string;
  label?: string;
  "aria-label"?: string;
  description?: string;
  placeholder?: string;
  error?: string;
  required?: boolean;
  disabled?: boolean;
  clearable?: boolean;
  size?: string;
  /** Titles of what is chosen already. */
  known?: Record<string, string>;
}

function useOptions(blueprint: string, text: string, chosen: string[], known: Record<string, string>) {
  const [asked] = useDebouncedValue(text.trim(), 200);
  const found = useQuery({
    queryKey: ["entities", blueprint, "picker", asked],
    queryFn: () => find(blueprint, asked),
    placeholderData: (before) => before,
  });
  const [seen, setSeen] = useState<Record<string, string>>({});
  const titles = Object.fromEntries((found.data ?? []).map((each) => [each.identifier, each.title || each.identifier]));
  const options = { ...Object.fromEntries(chosen.map((each) => [each, seen[each] ?? known[each] ?? each])), ...titles };
  return {
    data: Object.entries(options).map(([value, label]) => ({ value, label })),
    remember: (value: string) => setSeen((before) => ({ ...before, [value]: options[value] ?? value })),
    loading: found.isFetching,
    nothing: found.isError ? found.error.message : found.isFetching ? "Searching…" : "Nothing matches",
  };
}

/** What was found may be called otherwise than what was typed, so nothing is filtered again. */
const asFound = ({ options }: { options: unknown }) => options as never;

/** Picks one entity of a blueprint by name; the portal searches. */
export function EntityPicker({
  blueprint,
  known = {},
  value,
  onChange,
  ...rest
}: Props & { value: string | null; onChange: (value: string | null) => void }) {
  const [text, setText] = useState("");
  const label = value === null ? "" : (known[value] ?? value);
  const options = useOptions(blueprint, text === label ? "" : text, value === null ? [] : [value], known);
  return (
    <Select
      {...rest}
      searchable
      value={value}
      data={options.data}
      filter={asFound}
      onSearchChange={setText}
      onChange={(chosen) => {
        if (chosen !== null) options.remember(chosen);
        onChange(chosen);
      }}
      nothingFoundMessage={options.nothing}
    />
  );
}

/** Picks entities of a blueprint by name; the portal searches. */
export function EntitiesPicker({
  blueprint,
  known = {},
  value,
  onChange,
  ...rest
}: Props & { value: string[]; onChange: (value: string[]) => void }) {
  const [text, setText] = useState("");
  const options = useOptions(blueprint, text, value, known);
  return (
    <MultiSelect
      {...rest}
      searchable
      hidePickedOptions
      value={value}
      data={options.data}
      filter={asFound}
      searchValue={text}
      onSearchChange={setText}
      onChange={(chosen) => {
        for (const each of chosen) options.remember(each);
        onChange(chosen);
      }}
      nothingFoundMessage={options.nothing}
    />
  );
}
