import { Anchor, Button, CopyButton, Group, Menu, Text, Title, UnstyledButton } from "@mantine/core";
import { IconBan, IconDots, IconPencil, IconRefresh, IconSend } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { Who } from "@/app/people";
import { askBefore } from "@/ui/dialogs";
import { showDone } from "@/ui/notify";
import { RunBadge } from "@/ui/status";
import { Ago, durationText, useNow } from "@/ui/time";
import { EntityLink, runPath } from "@/ui/value/links";
import { type Run, useCancel, useRedrive, useRerun } from "./api";
import { canRedrive, hasEnded } from "./model";

/** What run, where it stands, for how long; and what can be done with it. */
export function RunHead({ run, onReopened }: { run: Run; onReopened: () => void }) {
  const title = run.action.title || run.action.identifier;
  return (
    <Group justify="space-between" align="flex-start" mb="md" gap="sm">
      <div style={{ minWidth: 0 }}>
        <Text size="sm">
          <Anchor component={Link} to="/runs" size="sm" underline="always">
            Runs
          </Anchor>
        </Text>
        <Group gap="sm">
          <Title order={1} size="h3" style={{ overflowWrap: "anywhere" }}>
            {title}
          </Title>
          <RunBadge status={run.status} label={run.statusLabel} />
        </Group>
        <Group gap={6} mt={2} c="dimmed">
          <Elapsed run={run} />
          <Dot />
          <Text size="sm">
            by <Who id={run.createdBy} />
          </Text>
          {run.entity && run.blueprint && (
            <>
              <Dot />
              <Text size="sm" component="div">
                on{" "}
                {run.entity.deleted ? (
                  <s>{run.entity.title || run.entity.identifier}</s>
                ) : (
                  <EntityLink
                    blueprint={run.blueprint.identifier}
                    identifier={run.entity.identifier}
                    title={run.entity.title}
                  />
                )}
              </Text>
            </>
          )}
          <Dot />
          <CopyButton value={run.id}>
            {({ copied, copy }) => (
              <UnstyledButton fz="sm" ff="monospace" onClick={copy} aria-label={`Copy the id ${run.id}`} mih={24}>
                {copied ? "Copied" : run.id}
              </UnstyledButton>
            )}
          </CopyButton>
        </Group>
      </div>
      <Buttons run={run} onReopened={onReopened} />
    </Group>
  );
}

function Dot() {
  return (
    <Text size="sm" aria-hidden>
      ·
    </Text>
  );
}

function Elapsed({ run }: { run: Run }) {
  const ended = hasEnded(run);
  const now = useNow(ended ? 60_000 : 1000);
  const time = durationText(run.createdAt, run.endedAt, now);
  return (
    <Text size="sm">
      {ended ? (
        <>
          <Ago at={run.createdAt} />, took {time}
        </>
      ) : (
        `for ${time}`
      )}
    </Text>
  );
}

/** The form of a run's action, filled in with its values. */
export function editTarget(run: Run): { to: string; search: never } {
  return {
    to: `/self-service/${encodeURIComponent(run.action.identifier)}`,
    search: { from: run.id, ...(run.entity ? { entity: run.entity.identifier } : {}) } as never,
  };
}

function Buttons({ run, onReopened }: { run: Run; onReopened: () => void }) {
  const navigate = useNavigate();
  const rerun = useRerun(run.id);
  const cancel = useCancel(run.id);
  const redrive = useRedrive();
  const isSelfService = run.source !== "AUTOMATION";
  const ask = () =>
    askBefore({
      title: run.status === "WAITING_FOR_APPROVAL" ? "Withdraw this run?" : "Cancel this run?",
      children: "It ends as failed. What its backend has begun goes on.",
      confirm: run.status === "WAITING_FOR_APPROVAL" ? "Withdraw" : "Cancel the run",
      onConfirm: () => cancel.mutate(),
    });
  return (
    <Group gap="xs">
      {!hasEnded(run) && (
        <Button variant="default" leftSection={<IconBan size={16} />} loading={cancel.isPending} onClick={ask}>
          {run.status === "WAITING_FOR_APPROVAL" ? "Withdraw" : "Cancel"}
        </Button>
      )}
      {isSelfService && (
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} />}
          loading={rerun.isPending}
          disabled={run.action.deleted}
          title={run.action.deleted ? "The action was deleted" : "A new run with the same inputs"}
          onClick={() => rerun.mutate(undefined, { onSuccess: ({ id }) => void navigate({ to: runPath(id) }) })}
        >
          Run again
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" px="xs" aria-label="More">
            <IconDots size={17} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {isSelfService && (
            <Menu.Item
              leftSection={<IconPencil size={15} />}
              disabled={run.action.deleted}
              onClick={() => void navigate(editTarget(run))}
            >
              Change the inputs and run again
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={<IconSend size={15} />}
            disabled={!canRedrive(run)}
            onClick={() =>
              redrive.mutate(run.id, {
                onSuccess: () => {
                  showDone("Handed over again");
                  onReopened();
                },
              })
            }
          >
            Hand over once more
          </Menu.Item>
          <Menu.Item component="a" href={`/v1/actions/runs/${encodeURIComponent(run.id)}`} target="_blank">
            As JSON
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
