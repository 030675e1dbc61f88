import { Alert, Avatar, Badge, Button, Group, Paper, Progress, Stack, Text, Textarea, Title } from "@mantine/core";
import { IconCircleCheck, IconCircleX, IconClockPause } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePersonName } from "@/app/people";
import { useUser } from "@/app/session";
import { showDone } from "@/ui/notify";
import { Loaded, LoadingRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { type Approver, approversQuery, type Run, useDecide } from "./api";
import { answerOf, expiryOf, quorumOf } from "./model";

/** Who was asked, what they said, how many are needed; and the buttons for whoever is to decide. */
export function ApprovalBox({ run }: { run: Run }) {
  const query = useQuery({ ...approversQuery(run.id), enabled: run.requiredApproval !== false });
  if (run.requiredApproval === false) return null;
  return (
    <Paper withBorder p="md" component="section" aria-label="Approval">
      <Loaded query={query} loading={<LoadingRows rows={2} />}>
        {(approvers) => <Asked run={run} approvers={approvers} />}
      </Loaded>
    </Paper>
  );
}

function Asked({ run, approvers }: { run: Run; approvers: Approver[] }) {
  const user = useUser();
  const waits = run.status === "WAITING_FOR_APPROVAL";
  const { given, needed } = quorumOf(run, approvers);
  const mine = answerOf(approvers, user);
  const expiry = expiryOf(run);
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs">
        <Title order={2} size="h6">
          Approval
        </Title>
        <Text size="sm" c="dimmed">
          {given} of {needed} {needed === 1 ? "approval" : "approvals"}
          {waits && expiry !== null && (
            <>
              {" "}
              · expires <Ago at={expiry} />
            </>
          )}
        </Text>
      </Group>
      {needed > 1 && (
        <Progress value={(100 * given) / needed} aria-label={`${given} of ${needed} approvals`} size="sm" />
      )}
      <Stack gap={6} component="ul" m={0} p={0} style={{ listStyle: "none" }}>
        {approvers.map((each) => (
          <Answer key={each.userId ?? each.email} approver={each} />
        ))}
      </Stack>
      {waits && mine?.state === "PENDING" && <Decide run={run} />}
      {waits && mine === undefined && (
        <Text size="sm" c="dimmed">
          {run.createdBy === user.id
            ? "You started this run; those above decide about it."
            : "You are not among those who were asked."}
        </Text>
      )}
    </Stack>
  );
}

const STATES = {
  PENDING: { word: "Not decided", color: "gray", Icon: IconClockPause },
  APPROVED: { word: "Approved", color: "green", Icon: IconCircleCheck },
  DECLINED: { word: "Declined", color: "red", Icon: IconCircleX },
};

function Answer({ approver }: { approver: Approver }) {
  const nameOf = usePersonName();
  const name = nameOf(approver.userId) || approver.email || "";
  const { word, color, Icon } = STATES[approver.state] ?? STATES.PENDING;
  return (
    <Group component="li" gap="xs" wrap="nowrap" align="flex-start">
      <Avatar size={24} radius="xl" name={name} color="gray" aria-hidden />
      <div style={{ flex: 1, minWidth: 0 }}>
        <Group gap={8}>
          <Text size="sm" title={approver.email ?? undefined} style={{ overflowWrap: "anywhere" }}>
            {name}
          </Text>
          <Badge variant="light" color={color} tt="none" leftSection={<Icon size={12} aria-hidden />}>
            {word}
          </Badge>
        </Group>
        {approver.description && (
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
            {approver.description}
          </Text>
        )}
      </div>
    </Group>
  );
}

function Decide({ run }: { run: Run }) {
  const [comment, setComment] = useState("");
  const decide = useDecide(run.id);
  const say = (status: "APPROVE" | "DECLINE") =>
    decide.mutate(
      { status, ...(comment.trim() ? { description: comment.trim() } : {}) },
      { onSuccess: () => showDone(status === "APPROVE" ? "Approved" : "Declined") },
    );
  return (
    <Stack gap="xs">
      <Textarea
        label="Comment"
        description="Seen by everybody who sees the run"
        autosize
        minRows={2}
        maxLength={4000}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      {decide.isError && (
        <Alert color="red" role="alert">
          {decide.error.message}
        </Alert>
      )}
      <Group gap="xs">
        <Button
          leftSection={<IconCircleCheck size={16} />}
          loading={decide.isPending && decide.variables.status === "APPROVE"}
          disabled={decide.isPending}
          onClick={() => say("APPROVE")}
        >
          Approve
        </Button>
        <Button
          variant="default"
          leftSection={<IconCircleX size={16} />}
          loading={decide.isPending && decide.variables.status === "DECLINE"}
          disabled={decide.isPending}
          onClick={() => say("DECLINE")}
        >
          Decline
        </Button>
      </Group>
    </Stack>
  );
}
