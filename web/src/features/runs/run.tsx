import { Stack, Tabs, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Loaded, LoadingRows } from "@/ui/states";
import { AffectedList } from "./affected";
import { affectedQuery, type Run, runQuery } from "./api";
import { ApprovalBox } from "./approval";
import { Inputs, Payload, Response } from "./details";
import { Failure } from "./failure";
import { RunHead } from "./head";
import { LogView } from "./log/log-view";
import { useRunStream } from "./log/use-stream";
import { hasEnded, STATUS_WORDS } from "./model";
import classes from "./run.module.css";
import { RunAside } from "./timeline";
import { WorkflowRunScreen } from "./workflow-run";

/** The page of a run, of an action or of a workflow. */
export function RunScreen() {
  const { run } = useParams({ strict: false }) as { run: string };
  return run.startsWith("wfr_") ? <WorkflowRunScreen key={run} id={run} /> : <OfAction key={run} id={run} />;
}

function OfAction({ id }: { id: string }) {
  const query = useQuery(runQuery(id));
  return (
    <Loaded query={query} loading={<LoadingRows rows={10} height={36} />}>
      {(run) => <Page run={run} />}
    </Loaded>
  );
}

/** A change of a run, which does not tell what has been deleted since. */
function changedRun(before: Run | undefined, now: Run): Run {
  if (before === undefined) return now;
  const { action, blueprint, entity } = before;
  return { ...now, action, blueprint, entity };
}

function Page({ run }: { run: Run }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { tab = "log" } = useSearch({ strict: false }) as { tab?: string };
  const [said, setSaid] = useState("");
  const stream = useRunStream(run.id, (now) => {
    const before = queries.getQueryData<Run>(["run", run.id]);
    queries.setQueryData<Run>(["run", run.id], changedRun(before, now));
    if (before && before.updatedAt !== now.updatedAt) {
      void queries.invalidateQueries({ queryKey: ["run", run.id, "approvers"] });
      void queries.invalidateQueries({ queryKey: ["run", run.id, "entities"] });
    }
    if (before && before.status !== now.status) setSaid(`The run is now: ${STATUS_WORDS[now.status]}`);
  });
  const affected = useQuery(affectedQuery(run.id));
  const count = affected.data?.length ?? 0;
  return (
    <>
      <RunHead run={run} onReopened={stream.reopen} />
      <div className="visually-hidden" role="status">
        {said}
      </div>
      <div className={classes.page}>
        <Stack gap="md" miw={0}>
          <Failure run={run} lines={stream.lines} onReopened={stream.reopen} />
          <ApprovalBox run={run} />
          {run.summary && run.status === "SUCCESS" && <Text>{run.summary}</Text>}
          <Tabs
            value={tab}
            keepMounted={false}
            onChange={(next) =>
              void navigate({
                to: ".",
                search: (next === "log" ? {} : { tab: next }) as never,
                replace: true,
              })
            }
          >
            <Tabs.List mb="sm">
              <Tabs.Tab value="log">Log</Tabs.Tab>
              <Tabs.Tab value="inputs">Inputs</Tabs.Tab>
              <Tabs.Tab value="payload">Payload</Tabs.Tab>
              {run.response !== null && <Tabs.Tab value="response">Response</Tabs.Tab>}
              <Tabs.Tab value="entities">Entities{count > 0 ? ` (${count.toLocaleString()})` : ""}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="log">
              <LogView
                name={run.id}
                lines={stream.lines}
                state={stream.state}
                empty={hasEnded(run) ? "Nothing was written to the log." : "Nothing is written to the log yet."}
              />
            </Tabs.Panel>
            <Tabs.Panel value="inputs">
              <Inputs run={run} />
            </Tabs.Panel>
            <Tabs.Panel value="payload">
              <Payload run={run} />
            </Tabs.Panel>
            <Tabs.Panel value="response">
              <Response run={run} />
            </Tabs.Panel>
            <Tabs.Panel value="entities">
              <AffectedList query={affected} run={run} />
            </Tabs.Panel>
          </Tabs>
        </Stack>
        <RunAside run={run} />
      </div>
    </>
  );
}
