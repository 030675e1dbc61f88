import { useDebouncedValue } from "@mantine/hooks";
import { createSpotlight, Spotlight, useSpotlight } from "@mantine/spotlight";
import { IconBolt, IconBox, IconSearch, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { call } from "@/api/client";
import { actionsListAll, searchSearchAll } from "@/api/generated";
import type { Entity } from "@/api/model";
import { type SidebarItem, sidebarQuery, useBlueprints } from "@/app/queries";
import { BUILD, DAILY, SETTINGS } from "./places";

interface Hit {
  id: string;
  label: string;
  description?: string;
  to: string;
  icon: React.ReactNode;
}

const [store, spotlight] = createSpotlight();
const FEWEST = 2;
const MOST_ACTIONS = 8;

function flat(items: SidebarItem[]): SidebarItem[] {
  return items.flatMap((item) => (item.sidebarType === "folder" ? flat(item.items ?? []) : [item]));
}

interface Offered {
  identifier: string;
  title: string | null;
  trigger: { blueprintIdentifier?: string };
}

const actionsQuery = {
  queryKey: ["actions", "palette"],
  queryFn: () =>
    call<{ actions: Offered[] }>(
      actionsListAll({ query: { trigger_type: "self-service", published: true } as never }),
    ).then(({ actions }) => actions),
  staleTime: 60_000,
};

async function entities(text: string): Promise<Entity[]> {
  const matches = ["$title", "$identifier"].map((property) => ({ property, operator: "contains", value: text }));
  const body = { combinator: "or" as const, rules: matches };
  const query = { limit: 12, include: ["identifier", "title", "blueprint"] };
  const answer = await call<{ entities: Entity[] }>(searchSearchAll({ body, query } as never));
  return answer.entities;
}

/** Ctrl/Cmd-K: entities, pages and screens by name. Opens whenever `openings` grows. */
export function Palette({ openings, onNavigate }: { openings: number; onNavigate: (to: string) => void }) {
  useEffect(() => {
    if (openings > 0) spotlight.open();
  }, [openings]);
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim(), 150);
  const pages = useQuery(sidebarQuery).data ?? [];
  const blueprints = useBlueprints();
  const actions = useQuery(actionsQuery).data ?? [];
  const found = useQuery({
    queryKey: ["palette", asked],
    queryFn: () => entities(asked),
    enabled: asked.length >= FEWEST,
    placeholderData: (before) => before,
  });
  const wanted = text.trim().toLowerCase();
  const screens: Hit[] = [
    ...[...DAILY, ...BUILD, ...SETTINGS].map(({ label, to, icon }) => ({ id: `screen:${to}`, label, to, icon })),
    ...flat(pages).map((page) => ({
      id: `page:${page.identifier}`,
      label: page.title ?? page.identifier,
      description: "Page",
      to: `/pages/${encodeURIComponent(page.identifier)}`,
      icon: <IconTable size={17} />,
    })),
  ].filter(({ label }) => label.toLowerCase().includes(wanted));
  const startable: Hit[] = actions
    .filter(({ title, identifier }) => wanted !== "" && `${title ?? ""} ${identifier}`.toLowerCase().includes(wanted))
    .slice(0, MOST_ACTIONS)
    .map(({ identifier, title, trigger }) => ({
      id: `action:${identifier}`,
      label: title ?? identifier,
      description: blueprints.get(trigger.blueprintIdentifier ?? "")?.title ?? "Action",
      to: `/self-service/${encodeURIComponent(identifier)}`,
      icon: <IconBolt size={17} />,
    }));
  const things: Hit[] = (wanted.length >= FEWEST ? (found.data ?? []) : []).map((entity) => ({
    id: `entity:${entity.blueprint}:${entity.identifier}`,
    label: entity.title ?? entity.identifier,
    description: blueprints.get(entity.blueprint)?.title ?? entity.blueprint,
    to: `/entities/${encodeURIComponent(entity.blueprint)}/${encodeURIComponent(entity.identifier)}`,
    icon: <IconBox size={17} />,
  }));
  const { selected, listId } = useSpotlight(store);
  const chosen = [...things, ...startable, ...screens][selected];
  const group = (label: string, hits: Hit[]) =>
    hits.length === 0 ? null : (
      <Spotlight.ActionsGroup key={label} label={label} role="group" aria-label={label}>
        {hits.map((hit) => (
          <Spotlight.Action
            key={hit.id}
            // the component takes no id of its own
            ref={(button: HTMLButtonElement | null) => {
              if (button !== null) button.id = hit.id;
            }}
            role="option"
            aria-selected={hit === chosen}
            label={hit.label}
            description={hit.description}
            leftSection={hit.icon}
            onClick={() => onNavigate(hit.to)}
          />
        ))}
      </Spotlight.ActionsGroup>
    );
  return (
    <Spotlight.Root store={store} query={text} onQueryChange={setText} shortcut={null} scrollable maxHeight={420}>
      <Spotlight.Search
        placeholder="Search entities, actions, pages, settings…"
        leftSection={<IconSearch size={18} />}
        role="combobox"
        aria-label="Search"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={chosen?.id}
      />
      <Spotlight.ActionsList role="listbox" aria-label="Found">
        {group("Entities", things)}
        {group("Actions", startable)}
        {group("Go to", screens)}
        {things.length + startable.length + screens.length === 0 && (
          <Spotlight.Empty>{found.isFetching ? "Searching…" : "Nothing has that name"}</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
