import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconBan } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useUser } from "@/app/session";
import { showDone } from "@/ui/notify";
import { runPath } from "@/ui/value/links";
import { type LogLine, type Run, useRedrive, useRerun } from "./api";
import { editTarget } from "./head";
import { adviceOf, type Remedy } from "./model";

interface Props {
  run: Run;
  lines: LogLine[];
  onReopened: () => void;
}

/** Why a run failed and what to do about it, with the button for it. */
export function Failure({ run, lines, onReopened }: Props) {
  const advice = adviceOf(run, lines);
  const { isAdmin } = useUser();
  if (advice === null) return null;
  const declined = run.status === "DECLINED";
  const remedies = advice.remedies.filter((each) => each !== "action" || isAdmin);
  return (
    <Alert
      color={declined ? "gray" : "red"}
      icon={declined ? <IconBan aria-hidden /> : <IconAlertTriangle aria-hidden />}
      title={declined ? "This run was declined" : "This run failed"}
    >
      <Text size="sm" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
        {advice.cause}
      </Text>
      <Text size="sm" mt={4}>
        {advice.todo}
      </Text>
      {run.source !== "AUTOMATION" && !run.action.deleted && (
        <Group gap="xs" mt="xs">
          {remedies.map((remedy, at) => (
            <RemedyButton key={remedy} remedy={remedy} run={run} first={at === 0} onReopened={onReopened} />
          ))}
        </Group>
      )}
    </Alert>
  );
}

interface RemedyProps {
  remedy: Remedy;
  run: Run;
  first: boolean;
  onReopened: () => void;
}

function RemedyButton({ remedy, run, first, onReopened }: RemedyProps) {
  const navigate = useNavigate();
  const rerun = useRerun(run.id);
  const redrive = useRedrive();
  const look = { size: "xs", variant: first ? "filled" : "default" } as const;
  switch (remedy) {
    case "rerun":
      return (
        <Button
          {...look}
          loading={rerun.isPending}
          onClick={() => rerun.mutate(undefined, { onSuccess: ({ id }) => void navigate({ to: runPath(id) }) })}
        >
          Run again with the same inputs
        </Button>
      );
    case "redrive":
      return (
        <Button
          {...look}
          loading={redrive.isPending}
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
        </Button>
      );
    case "edit":
      return (
        <Button {...look} onClick={() => void navigate(editTarget(run))}>
          Change the inputs
        </Button>
      );
    default:
      return (
        <Button {...look} component={Link} to={`/builder/actions/${encodeURIComponent(run.action.identifier)}`}>
          Open the action
        </Button>
      );
  }
}
