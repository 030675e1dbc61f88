import { Anchor, Group, Modal, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { LoadingRows, Problem } from "@/ui/states";
import { runPath } from "@/ui/value/links";
import { type Action, actionQuery } from "./api";
import { approvalOf, approvalText, callText } from "./model";
import { RunForm } from "./run-form";

interface Props {
  action: string;
  /** The entity to run it on; chosen in the dialog when there is none. */
  entity?: string | null;
  onClose: () => void;
  /** Told the run; leads to its page when absent. */
  onStarted?: (run: string) => void;
}

/** The form of an action over whatever is on the screen; used by the hub, entity pages and dashboards. */
export function ActionDialog({ action, entity, onClose, onStarted }: Props) {
  const query = useQuery(actionQuery(action));
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string | null>(entity ?? null);
  return (
    <Modal opened onClose={onClose} size="lg" title={query.data?.title || action} closeOnClickOutside={false}>
      {query.isError && <Problem error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <LoadingRows rows={4} height={40} />}
      {query.data && (
        <>
          <About action={query.data} entity={chosen} />
          <RunForm
            action={query.data}
            entity={chosen}
            onEntity={entity ? undefined : setChosen}
            onCancel={onClose}
            onStarted={(run) => (onStarted ? onStarted(run) : void navigate({ to: runPath(run) }))}
          />
        </>
      )}
    </Modal>
  );
}

function About({ action, entity }: { action: Action; entity: string | null }) {
  const approval = approvalOf(action.requiredApproval);
  return (
    <div style={{ marginBottom: "var(--mantine-spacing-md)" }}>
      {action.description && <Text size="sm">{action.description}</Text>}
      <Group justify="space-between" gap="xs" align="flex-start">
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }} flex={1} miw={180}>
          {callText(action.invocationMethod)}
          {entity === null ? "" : ` for ${entity}`}.{approval ? ` ${approvalText(approval)} first.` : ""}
        </Text>
        <Anchor
          component={Link}
          size="sm"
          to={`/self-service/${encodeURIComponent(action.identifier)}`}
          search={(entity === null ? {} : { entity }) as never}
        >
          Open as a page
        </Anchor>
      </Group>
    </div>
  );
}
