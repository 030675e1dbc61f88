import { Anchor, Box, Group, List, ScrollArea, Stack, Table, Text, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Empty, Loaded } from "@/ui/states";
import { Ago, durationText, useNow } from "@/ui/time";
import { type Pass, passesQuery, type Source, type SourceStatus, type Webhook } from "./api";
import { SeverityIcon, StatusBadge } from "./badges";
import classes from "./gitops.module.css";
import { changesText, counted, passKind, type Tile, tilesOf } from "./model";
import { Copied, Part } from "./parts";

/** The last pass in figures, how events come in, and the passes before. */
export function Overview({ source }: { source: Source }) {
  const { pass } = source.state;
  if (pass === null) {
    return (
      <Stack gap="md">
        <Empty title="No pass has run yet">
          {source.enabled
            ? "The first one begins by itself in a moment, or with Sync now."
            : "The source is disabled; enable it to read its repositories."}
        </Empty>
        <Events source={source} />
      </Stack>
    );
  }
  return (
    <div className={classes.columns}>
      <Stack gap="md" miw={0}>
        <Part
          title={pass.endedAt === null ? "Pass under way" : "Last pass"}
          aside={
            <Text size="sm" c="dimmed" component="span">
              {passKind(pass.kind)}, <Ago at={pass.endedAt ?? pass.startedAt} />
            </Text>
          }
        >
          <Tiles tiles={tilesOf(pass.figures)} />
          <Remarks pass={pass} told={["failed", "refused", "held"].includes(source.state.status)} />
        </Part>
        <Passes id={source.id} />
      </Stack>
      <Stack gap="md" miw={0}>
        <Part title="At the forge">
          <AtForge pass={pass} source={source} />
        </Part>
        <Events source={source} />
      </Stack>
    </div>
  );
}

function Tiles({ tiles }: { tiles: Tile[] }) {
  return (
    <dl className={classes.tiles}>
      {tiles.map(({ key, title, value, hint, tone }) => (
        <div key={key} className={classes.tile}>
          <dt>
            <Tooltip label={hint} multiline maw={260}>
              <span>{title}</span>
            </Tooltip>
          </dt>
          <dd data-quiet={value === 0 || undefined} data-tone={value === 0 ? undefined : tone}>
            {value.toLocaleString()}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const FAILURES = 10;

/** What the pass wants to be known: repositories that failed, and what else was noticed. */
function Remarks({ pass, told }: { pass: Pass; told: boolean }) {
  const { failures = [], progress, problem } = pass;
  const notices = [...(problem && !told ? [problem] : []), ...(pass.notices ?? [])];
  if (failures.length === 0 && notices.length === 0) return null;
  const more = progress.failed - Math.min(failures.length, FAILURES);
  return (
    <List size="sm" mt="sm" spacing={4} listStyleType="none" aria-label="Remarks">
      {notices.map((notice) => (
        <List.Item key={notice} icon={<SeverityIcon severity="notice" />}>
          {notice}
        </List.Item>
      ))}
      {failures.slice(0, FAILURES).map(({ repository, message }) => (
        <List.Item key={`${repository} ${message}`} icon={<SeverityIcon severity="error" />}>
          {repository && <b>{repository}: </b>}
          {message}
        </List.Item>
      ))}
      {failures.length > 0 && more > 0 && (
        <List.Item>
          <Anchor component={Link} to="." search={{ tab: "repositories", state: "failed" } as never} size="sm">
            and {more.toLocaleString()} more
          </Anchor>
        </List.Item>
      )}
    </List>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Group justify="space-between" gap="sm" wrap="nowrap" align="flex-start">
      <Text size="sm" c="dimmed" component="dt">
        {label}
      </Text>
      <Text size="sm" ta="right" component="dd" m={0}>
        {children}
      </Text>
    </Group>
  );
}

function AtForge({ pass, source }: { pass: Pass; source: Source }) {
  const now = useNow(pass.endedAt === null ? 1000 : 60_000);
  const { repositories, changed, failed } = pass.progress;
  return (
    <Stack gap={8} component="dl" m={0}>
      <Fact label="Repositories seen">{repositories.toLocaleString()}</Fact>
      <Fact label="Changed">{changed.toLocaleString()}</Fact>
      <Fact label="Failed">{failed.toLocaleString()}</Fact>
      <Fact label="Took">{durationText(pass.startedAt, pass.endedAt, now)}</Fact>
      {pass.requests !== null && <Fact label="Requests used">{pass.requests.toLocaleString()}</Fact>}
      {pass.budgetLeft !== null && pass.budgetLeft !== undefined && (
        <Fact label="Left of the budget">{pass.budgetLeft.toLocaleString()}</Fact>
      )}
      <Fact label="Next full pass">
        {source.enabled && source.state.nextPassAt ? <Ago at={source.state.nextPassAt} /> : "none planned"}
      </Fact>
    </Stack>
  );
}

/** How the forge's events come in. */
function Events({ source: { webhook, secrets } }: { source: Source }) {
  if (webhook === null) return null;
  return (
    <Part title="Events">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {eventsText(webhook, secrets.webhookSecret === true)}
        </Text>
        <Copied label="Address for events" value={webhook.url} />
        <Stack gap={8} component="dl" m={0}>
          <Fact label="Last event">
            <Ago at={webhook.lastEventAt} />
          </Fact>
          <Fact label="Accepted">{(webhook.accepted ?? 0).toLocaleString()}</Fact>
          <Fact label="Refused">{(webhook.refused ?? 0).toLocaleString()}</Fact>
          {webhook.lastBadSignatureAt && (
            <Fact label="Last bad signature">
              <Ago at={webhook.lastBadSignatureAt} />
            </Fact>
          )}
        </Stack>
      </Stack>
    </Part>
  );
}

function eventsText({ lastEventAt, lastBadSignatureAt }: Webhook, secret: boolean): string {
  if (!secret) return "Without a webhook secret no event is accepted; pushes wait for the next full pass.";
  if (lastBadSignatureAt && (!lastEventAt || lastBadSignatureAt > lastEventAt)) {
    return "The last event had a bad signature: the secret at the forge is another one than here.";
  }
  if (!lastEventAt) return "No event has come yet. Add the address to the forge, and pushes arrive within seconds.";
  return "Pushes arrive within seconds.";
}

function Passes({ id }: { id: string }) {
  const passes = useQuery(passesQuery(id));
  const now = useNow();
  return (
    <Part
      title="Passes"
      aside={
        passes.data && (
          <Text size="sm" c="dimmed">
            {lastText(passes.data.length)}
          </Text>
        )
      }
    >
      <Loaded query={passes}>
        {(rows) =>
          rows.length === 0 ? (
            <Text size="sm" c="dimmed">
              None has ended yet.
            </Text>
          ) : (
            <ScrollArea.Autosize
              mah={420}
              type="auto"
              viewportProps={{ tabIndex: 0, role: "group", "aria-label": "Passes" } as never}
            >
              <Table aria-label="Last passes" verticalSpacing={6} stickyHeader>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Began</Table.Th>
                    <Table.Th visibleFrom="sm">State</Table.Th>
                    <Table.Th visibleFrom="sm">Took</Table.Th>
                    <Table.Th>Changed</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map((pass) => (
                    <Table.Tr key={pass.id}>
                      <Table.Td style={{ whiteSpace: "nowrap" }}>
                        <Ago at={pass.startedAt} />
                        <Text size="xs" c="dimmed">
                          {passKind(pass.kind)}
                        </Text>
                        <Box hiddenFrom="sm" mt={4}>
                          <StatusBadge status={statusOf(pass)} />
                        </Box>
                      </Table.Td>
                      <Table.Td visibleFrom="sm">
                        <StatusBadge status={statusOf(pass)} />
                      </Table.Td>
                      <Table.Td visibleFrom="sm">{durationText(pass.startedAt, pass.endedAt, now)}</Table.Td>
                      <Table.Td>
                        <Text size="sm">{changesText(pass.figures)}</Text>
                        {pass.problem && (
                          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                            {pass.problem}
                          </Text>
                        )}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </ScrollArea.Autosize>
          )
        }
      </Loaded>
    </Part>
  );
}

function statusOf({ status, endedAt }: Pass): SourceStatus {
  return status ?? (endedAt === null ? "running" : "complete");
}

function lastText(count: number): string {
  return count < 50 ? counted(count, "pass", "passes") : "The last 50";
}
