import { Alert, Box, ScrollArea, Skeleton, Stack, Tabs } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import type { Blueprint, Entity } from "@/api/model";
import { blueprintsQuery, useBlueprints } from "@/app/queries";
import { fieldsOf, heldBy } from "@/features/pages/fields";
import { JsonView } from "@/ui/code";
import { useLive } from "@/ui/live";
import { rememberEntity } from "@/ui/recent";
import { Loaded, LoadingRows } from "@/ui/states";
import { entityQuery, plainEntityQuery } from "./api";
import { EntityGraph } from "./graph";
import { Head } from "./head";
import { tabFields } from "./model";
import { Overview } from "./overview";

const Related = lazy(() => import("./related").then(({ Related }) => ({ default: Related })));
const Scorecards = lazy(() => import("./scorecards").then(({ Scorecards }) => ({ default: Scorecards })));
const Runs = lazy(() => import("./runs").then(({ Runs }) => ({ default: Runs })));
const History = lazy(() => import("./history").then(({ History }) => ({ default: History })));
const SpecialValue = lazy(() => import("./special").then(({ SpecialValue }) => ({ default: SpecialValue })));

/** All about one entity; follows changes as they happen. */
export function EntityPage() {
  const { blueprint, identifier } = useParams({ strict: false }) as { blueprint: string; identifier: string };
  const query = useQuery(entityQuery(blueprint, identifier));
  const definitions = useQuery(blueprintsQuery);
  const gone = useFollowing(blueprint, identifier);
  return (
    <Loaded query={query} loading={<Waiting />}>
      {(entity) => (
        <Loaded query={definitions} loading={<Waiting />}>
          {(blueprints) => {
            const definition = blueprints.find((each) => each.identifier === blueprint);
            if (definition === undefined) return <Waiting />;
            return (
              <>
                {gone && (
                  <Alert color="red" title="This entity has just been deleted" mb="md" role="alert">
                    What is shown is what it was last.
                  </Alert>
                )}
                <Head entity={entity} blueprint={definition} />
                <Body entity={entity} blueprint={definition} />
              </>
            );
          }}
        </Loaded>
      )}
    </Loaded>
  );
}

function Waiting() {
  return (
    <Stack gap="md">
      <Skeleton height={28} width={260} />
      <LoadingRows rows={6} height={40} />
    </Stack>
  );
}

/** Loads again what changed; tells whether the entity was deleted meanwhile. */
function useFollowing(blueprint: string, entity: string): boolean {
  const queries = useQueryClient();
  const [gone, setGone] = useState<string | null>(null);
  const here = `${blueprint}/${entity}`;
  useLive({ blueprint, entity }, (events) => {
    const own = events.filter(({ resourceType }) => resourceType === "entity");
    const last = own.at(-1);
    void queries.invalidateQueries({ queryKey: ["audit"] });
    void queries.invalidateQueries({ queryKey: ["runs"] });
    setGone(last?.action === "DELETE" ? here : null);
    if (last?.action === "DELETE") return;
    void queries.invalidateQueries({ queryKey: ["entity", blueprint, entity] });
    void queries.invalidateQueries({ queryKey: ["gitops", "entity", blueprint, entity] });
  });
  return gone === here;
}

interface Tab {
  id: string;
  title: string;
  panel: () => ReactNode;
}

function useTabs(entity: Entity, blueprint: Blueprint): Tab[] {
  const blueprints = useBlueprints();
  const special = tabFields(entity, fieldsOf(blueprint, blueprints)).map(
    (field): Tab => ({
      id: `property.${field.name}`,
      title: field.title,
      panel: () => <SpecialValue field={field} value={heldBy(entity, field) ?? null} />,
    }),
  );
  return [
    { id: "overview", title: "Overview", panel: () => <Overview entity={entity} blueprint={blueprint} /> },
    { id: "related", title: "Related", panel: () => <Related entity={entity} /> },
    { id: "graph", title: "Graph", panel: () => <EntityGraph entity={entity} /> },
    ...special,
    { id: "scorecards", title: "Scorecards", panel: () => <Scorecards entity={entity} /> },
    { id: "runs", title: "Runs", panel: () => <Runs entity={entity} /> },
    { id: "audit", title: "Audit", panel: () => <History entity={entity} /> },
    { id: "json", title: "JSON", panel: () => <Plain entity={entity} /> },
  ];
}

/** Remembers for the home page that this entity was looked at. */
function useRemembering({ blueprint, identifier, title }: Entity): void {
  useEffect(() => rememberEntity({ blueprint, identifier, title }), [blueprint, identifier, title]);
}

function Body({ entity, blueprint }: { entity: Entity; blueprint: Blueprint }) {
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  useRemembering(entity);
  const tabs = useTabs(entity, blueprint);
  const active = tabs.find(({ id }) => id === tab) ?? tabs[0];
  if (active === undefined) return null;
  const open = (id: string | null) =>
    void navigate({
      to: ".",
      search: (id === null || id === "overview" ? {} : { tab: id }) as never,
      replace: true,
      resetScroll: false,
    });
  return (
    <Tabs value={active.id} onChange={open} keepMounted={false}>
      <ScrollArea type="never" scrollbars="x">
        <Tabs.List style={{ flexWrap: "nowrap" }} aria-label="About this entity">
          {tabs.map(({ id, title }) => (
            <Tabs.Tab key={id} value={id}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </ScrollArea>
      {tabs.map(({ id, panel }) => (
        <Tabs.Panel key={id} value={id} pt="md">
          {id === active.id && <Suspense fallback={<LoadingRows />}>{panel()}</Suspense>}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

function Plain({ entity }: { entity: Entity }) {
  const query = useQuery(plainEntityQuery(entity.blueprint, entity.identifier));
  return (
    <Loaded query={query}>
      {(plain) => (
        <Box>
          <JsonView value={plain} label="Entity as JSON" height="65vh" />
        </Box>
      )}
    </Loaded>
  );
}
