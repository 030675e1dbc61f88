import { Anchor, Paper, Stack, Text, Timeline, Title } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconCircle, IconLoader2 } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { usePersonName } from "@/app/people";
import { Ago } from "@/ui/time";
import { OutLink } from "@/ui/value/links";
import type { Run } from "./api";
import { type Stage, stagesOf } from "./model";
import classes from "./run.module.css";

const ICONS = { done: IconCheck, now: IconLoader2, failed: IconAlertTriangle, open: IconCircle };
const WORDS = { done: "done", now: "under way", failed: "failed", open: "to come" };

/** The way of a run, its links, and what else is known of it. */
export function RunAside({ run }: { run: Run }) {
  const nameOf = usePersonName();
  const stages = stagesOf(run, nameOf);
  const reached = stages.findLastIndex((stage) => stage.state !== "open");
  return (
    <Stack gap="md">
      <Paper withBorder p="md" component="section" aria-label="Timeline">
        <Title order={2} size="h6" mb="sm">
          Timeline
        </Title>
        <Timeline active={reached} bulletSize={22} lineWidth={2} classNames={{ itemTitle: classes.stage }}>
          {stages.map((stage) => (
            <Timeline.Item
              key={stage.key}
              title={
                <>
                  {stage.title}
                  <span className="visually-hidden">, {WORDS[stage.state]}</span>
                </>
              }
              bullet={<Bullet stage={stage} />}
              color={stage.state === "failed" ? "red" : undefined}
              lineVariant={stage.state === "now" ? "dashed" : "solid"}
            >
              {stage.detail && (
                <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                  {stage.detail}
                </Text>
              )}
              {stage.at && (
                <Text size="xs" c="dimmed">
                  <Ago at={stage.at} size="xs" />
                </Text>
              )}
            </Timeline.Item>
          ))}
        </Timeline>
      </Paper>
      {run.link.length > 0 && (
        <Paper withBorder p="md" component="section" aria-label="Links">
          <Title order={2} size="h6" mb="xs">
            Links
          </Title>
          <Stack gap={4}>
            {run.link.map((href) => (
              <div key={href} className={classes.link}>
                <OutLink href={href} />
              </div>
            ))}
          </Stack>
        </Paper>
      )}
      <Paper withBorder p="md" component="section" aria-label="Details">
        <dl className={classes.facts}>
          <dt>Action</dt>
          <dd>
            {run.action.deleted ? (
              <s>{run.action.identifier}</s>
            ) : (
              <Anchor
                component={Link}
                size="sm"
                underline="always"
                to={`/self-service/${encodeURIComponent(run.action.identifier)}`}
              >
                {run.action.identifier}
              </Anchor>
            )}
          </dd>
          {run.externalRunId && (
            <>
              <dt>At the backend</dt>
              <dd>{run.externalRunId}</dd>
            </>
          )}
          {run.installationId && (
            <>
              <dt>Executor</dt>
              <dd>{run.installationId.startsWith("_PORT_EXEC_AGENT") ? "Execution agent" : run.installationId}</dd>
            </>
          )}
          <dt>Changed</dt>
          <dd>
            <Ago at={run.updatedAt} />
          </dd>
        </dl>
      </Paper>
    </Stack>
  );
}

function Bullet({ stage }: { stage: Stage }) {
  const Icon = ICONS[stage.state];
  return <Icon size={13} aria-hidden />;
}
