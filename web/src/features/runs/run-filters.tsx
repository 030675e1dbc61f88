import { Group, MultiSelect, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { EntityPicker } from "@/ui/entity-picker";
import { actionNamesQuery } from "./api";
import { STATUS_WORDS } from "./model";
import type { RunsSearch } from "./runs";

const STATUSES = Object.entries(STATUS_WORDS).map(([value, label]) => ({ value, label }));
const SOURCES = [
  { value: "UI", label: "Portal" },
  { value: "API", label: "API" },
  { value: "AUTOMATION", label: "Automation" },
];
const TYPING_MS = 300;

interface Props {
  search: RunsSearch;
  view: "all" | "mine" | "waiting";
  onChange: (change: Partial<RunsSearch>) => void;
}

/** The filters of the list of runs; they are kept in the address. */
export function RunFilters({ search, view, onChange }: Props) {
  const actions = useQuery(actionNamesQuery).data ?? [];
  const [entity, setEntity] = useState(search.entity ?? "");
  const say = useDebouncedCallback((text: string) => onChange({ entity: text.trim() || undefined }), TYPING_MS);
  const known = new Set(actions.map((action) => action.value));
  const gone = (search.action ?? []).filter((each) => !known.has(each)).map((value) => ({ value, label: value }));
  return (
    <Group gap="xs" mb="sm" align="flex-start">
      {view !== "waiting" && (
        <MultiSelect
          aria-label="Status"
          placeholder={search.status?.length ? undefined : "Any status"}
          data={STATUSES}
          clearable
          value={search.status ?? []}
          onChange={(status) => onChange({ status })}
          miw={170}
          maw={320}
        />
      )}
      <MultiSelect
        aria-label="Action"
        placeholder={search.action?.length ? undefined : "Any action"}
        data={[...actions, ...gone]}
        searchable
        clearable
        value={search.action ?? []}
        onChange={(action) => onChange({ action })}
        miw={190}
        maw={360}
      />
      <TextInput
        aria-label="Entity"
        placeholder="Entity identifier"
        value={entity}
        onChange={(event) => {
          setEntity(event.currentTarget.value);
          say(event.currentTarget.value);
        }}
        w={180}
      />
      {view === "all" && (
        <EntityPicker
          aria-label="Started by"
          placeholder="Started by anybody"
          blueprint="_user"
          clearable
          value={search.user ?? null}
          onChange={(user) => onChange({ user: user ?? undefined })}
        />
      )}
      <Select
        aria-label="Through"
        placeholder="Through anything"
        data={SOURCES}
        clearable
        value={search.source ?? null}
        onChange={(source) => onChange({ source: source ?? undefined })}
        w={170}
      />
    </Group>
  );
}
