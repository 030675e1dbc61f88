import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useUser } from "@/app/session";
import { PageHead } from "@/ui/states";
import { Letters } from "./letters";
import { RunList } from "./run-list";
import { WorkflowRuns } from "./workflow-runs";

export interface RunsSearch {
  view?: "mine" | "waiting" | "workflows" | "undelivered";
  status?: string[];
  action?: string[];
  source?: string;
  entity?: string;
  user?: string;
}

/** All runs: everybody's, one's own, those that wait for one's approval; workflow runs; deliveries that were given up. */
export function Runs() {
  const search = useSearch({ strict: false }) as RunsSearch;
  const navigate = useNavigate();
  const { isAdmin } = useUser();
  const change = (next: Partial<RunsSearch>) =>
    void navigate({
      to: ".",
      search: Object.fromEntries(
        Object.entries({ ...search, ...next }).filter(([, value]) => value && value.length > 0),
      ) as never,
      replace: true,
    });
  const view = search.view ?? "all";
  return (
    <>
      <PageHead title="Runs" sub="What was started, by whom, and what became of it." />
      <Tabs
        value={view}
        onChange={(next) => change({ view: next === "all" ? undefined : (next as RunsSearch["view"]) })}
        keepMounted={false}
      >
        <Tabs.List mb="sm">
          <Tabs.Tab value="all">All</Tabs.Tab>
          <Tabs.Tab value="mine">Mine</Tabs.Tab>
          <Tabs.Tab value="waiting">Waiting for my approval</Tabs.Tab>
          <Tabs.Tab value="workflows">Workflows</Tabs.Tab>
          {isAdmin && <Tabs.Tab value="undelivered">Not delivered</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value={view}>
          {view === "workflows" && <WorkflowRuns />}
          {view === "undelivered" && <Letters />}
          {view !== "workflows" && view !== "undelivered" && (
            <RunList search={search} onChange={change} view={view as "all" | "mine" | "waiting"} />
          )}
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
