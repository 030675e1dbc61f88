import { MultiSelect, Select, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "@/api/client";
import { searchSearchAll, searchSearchBlueprint, searchTopSearch } from "@/api/generated";
import type { Entity, Query, Rule } from "@/api/model";

const MOST = 30;

/** What may be chosen: entities of a blueprint, or of all of them; those that a query finds, in an order. */
interface Choice {
  /** Empty: of all blueprints. */
  blueprint: string;
  dataset?: Query | null;
  sort?: { property: string; order?: string };
}

/** Entities whose title or identifier contains a word. */
async function find({ blueprint, dataset, sort }: Choice, text: string): Promise<Entity[]> {
  const lower = text.toLowerCase();
  const words = [...new Set([text, lower, lower.charAt(0).toUpperCase() + lower.slice(1)])];
  const rules = ["$title", "$identifier"].flatMap((property) =>
    words.map((value) => ({ property, operator: "contains", value })),
  );
  const wanted: Rule[] = [
    ...(dataset ? [{ ...dataset }] : []),
    ...(text === "" ? [] : [{ combinator: "or" as const, rules }]),
  ];
  const query: Query | undefined = wanted.length === 0 ? undefined : { combinator: "and", rules: wanted };
  const include = ["identifier", "title"];
  if (blueprint === "") {
    const asked = { body: query ?? { combinator: "and", rules: [] }, query: { limit: MOST, include } };
    return (await call<{ entities: Entity[] }>(searchSearchAll(asked as never))).entities;
  }
  const body = { query, limit: MOST, include } as never;
  if (sort) {
    const sorted = { ...(body as object), sort: { ...sort, order: (sort.order ?? "asc").toLowerCase() } } as never;
    return (await call<{ entities: Entity[] }>(searchTopSearch({ path: { blueprint }, body: sorted }))).entities;
  }
  return (await call<{ entities: Entity[] }>(searchSearchBlueprint({ path: { blueprint }, body }))).entities;
}

interface Props extends Choice {
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

function useOptions(choice: Choice, text: string, chosen: string[], known: Record<string, string>) {
  const [asked] = useDebouncedValue(text.trim(), 200);
  const found = useQuery({
    queryKey: ["entities", choice.blueprint, "picker", asked, choice.dataset, choice.sort],
    queryFn: () => find(choice, asked),
    placeholderData: (before) => before,
  });
  const [seen, setSeen] = useState<Record<string, string>>({});
  const titles = Object.fromEntries((found.data ?? []).map((each) => [each.identifier, each.title || each.identifier]));
  const options = { ...Object.fromEntries(chosen.map((each) => [each, seen[each] ?? known[each] ?? each])), ...titles };
  return {
    renderOption,
    data: Object.entries(options).map(([value, label]) => ({ value, label })),
    remember: (value: string) => setSeen((before) => ({ ...before, [value]: options[value] ?? value })),
    loading: found.isFetching,
    nothing: found.isError ? found.error.message : found.isFetching ? "Searching…" : "Nothing matches",
  };
}

/** What was found may be called otherwise than what was typed, so nothing is filtered again. */
const asFound = ({ options }: { options: unknown }) => options as never;

/** A title with its identifier, because titles repeat. */
function renderOption({ option }: { option: { value: string; label: string } }) {
  return (
    <div style={{ minWidth: 0 }}>
      <Text size="sm" truncate>
        {option.label}
      </Text>
      {option.label !== option.value && (
        <Text size="xs" c="dimmed" truncate>
          {option.value}
        </Text>
      )}
    </div>
  );
}

/** Picks one entity of a blueprint by name; the portal searches. */
export function EntityPicker({
  blueprint,
  dataset,
  sort,
  known = {},
  value,
  onChange,
  ...rest
}: Props & { value: string | null; onChange: (value: string | null) => void }) {
  const [text, setText] = useState("");
  const label = value === null ? "" : (known[value] ?? value);
  const choice = { blueprint, dataset, sort };
  const options = useOptions(choice, text === label ? "" : text, value === null ? [] : [value], known);
  return (
    <Select
      {...rest}
      searchable
      value={value}
      data={options.data}
      filter={asFound}
      openOnFocus={false}
      renderOption={options.renderOption}
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
  dataset,
  sort,
  known = {},
  value,
  onChange,
  ...rest
}: Props & { value: string[]; onChange: (value: string[]) => void }) {
  const [text, setText] = useState("");
  const options = useOptions({ blueprint, dataset, sort }, text, value, known);
  return (
    <MultiSelect
      {...rest}
      searchable
      hidePickedOptions
      value={value}
      data={options.data}
      filter={asFound}
      openOnFocus={false}
      renderOption={options.renderOption}
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
