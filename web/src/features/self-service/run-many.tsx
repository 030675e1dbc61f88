import { Alert, Anchor, Button, Group, Modal, Progress, Select, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { onEach, type Refusal } from "@/api/lanes";
import { RefusedList } from "@/ui/refused";
import { LoadingRows, Problem } from "@/ui/states";
import { ActionForm } from "./action-form";
import { type Action, actionQuery, startAction, type Values } from "./api";
import { callText } from "./model";

interface Props {
  actions: { identifier: string; title?: string | null }[];
  entities: string[];
  onClose: () => void;
}

interface Progressing {
  started: number;
  refused: Refusal[];
  isOver: boolean;
}

/** One action on many entities: the form is asked once, and a run is started for each. */
export function RunMany({ actions, entities, onClose }: Props) {
  const [action, setAction] = useState(actions[0]?.identifier ?? "");
  const [progress, setProgress] = useState<Progressing | null>(null);
  const stopped = useRef(false);
  const queries = useQueryClient();
  const startOthers = async (values: Values) => {
    let started = 1;
    setProgress({ started, refused: [], isOver: entities.length === 1 });
    const refused = await onEach(
      entities.slice(1),
      async (entity) => {
        await startAction(action, values, entity);
        started += 1;
        setProgress({ started, refused: [], isOver: false });
      },
      () => stopped.current,
    );
    void queries.invalidateQueries({ queryKey: ["runs"] });
    setProgress({ started, refused, isOver: true });
  };
  const close = () => {
    stopped.current = true;
    onClose();
  };
  const title = `Run an action on ${entities.length.toLocaleString()} entities`;
  return (
    <Modal opened onClose={close} size="lg" title={title} closeOnClickOutside={false}>
      {progress === null ? (
        <Stack gap="md">
          <Select
            label="Action"
            searchable
            allowDeselect={false}
            data={actions.map((each) => ({ value: each.identifier, label: each.title || each.identifier }))}
            value={action}
            onChange={(chosen) => setAction(chosen ?? action)}
          />
          <Asked key={action} action={action} entities={entities} onStarted={startOthers} onCancel={close} />
        </Stack>
      ) : (
        <Started
          action={action}
          of={entities.length}
          progress={progress}
          onStop={() => {
            stopped.current = true;
          }}
          onClose={close}
        />
      )}
    </Modal>
  );
}

interface AskedProps {
  action: string;
  entities: string[];
  onStarted: (values: Values) => Promise<void>;
  onCancel: () => void;
}

function Asked({ action, entities, onStarted, onCancel }: AskedProps) {
  const query = useQuery(actionQuery(action));
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (query.isPending) return <LoadingRows rows={4} height={40} />;
  return <Form action={query.data} entities={entities} onStarted={onStarted} onCancel={onCancel} />;
}

function Form({ action, entities, onStarted, onCancel }: Omit<AskedProps, "action"> & { action: Action }) {
  const first = entities[0] ?? "";
  return (
    <>
      <Text size="sm" c="dimmed">
        {callText(action.invocationMethod)}. What is asked is worked out for {first}; the same values go to all{" "}
        {entities.length.toLocaleString()}, with a run and, where it is asked for, an approval for each.
      </Text>
      <ActionForm
        subject={{ kind: "action", identifier: action.identifier }}
        favourite={action.identifier}
        entity={first}
        submitText={`Run on ${entities.length.toLocaleString()}`}
        danger={action.trigger.operation === "DELETE"}
        onStarted={(_, values) => void onStarted(values)}
        onCancel={onCancel}
      />
    </>
  );
}

interface StartedProps {
  action: string;
  of: number;
  progress: Progressing;
  onStop: () => void;
  onClose: () => void;
}

function Started({ action, of, progress, onStop, onClose }: StartedProps) {
  const { started, refused, isOver } = progress;
  return (
    <Stack gap="md">
      <Progress value={(100 * (started + refused.length)) / of} aria-label="Runs started" />
      <Text role="status">
        {started.toLocaleString()} of {of.toLocaleString()} runs started
        {isOver && started + refused.length < of ? "; stopped before the others" : ""}
      </Text>
      {refused.length > 0 && <RefusedList refused={refused} />}
      {refused.length === 0 && isOver && started === of && (
        <Alert color="green" title="All are started">
          Each run is followed on a page of its own.
        </Alert>
      )}
      <Group justify="flex-end" gap="sm">
        <Anchor component={Link} to="/runs" search={{ action: [action] } as never} size="sm">
          Show the runs
        </Anchor>
        {isOver ? (
          <Button onClick={onClose}>Close</Button>
        ) : (
          <Button variant="default" onClick={onStop}>
            Stop
          </Button>
        )}
      </Group>
    </Stack>
  );
}
