import { Alert, Badge, Button, Checkbox, Group, List, Modal, ScrollArea, Stack, Table, Text } from "@mantine/core";
import { IconCheck, IconInfoCircle, IconShieldCheck, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useBlueprints } from "@/app/queries";
import { useUser } from "@/app/session";
import { Decision } from "@/ui/dialogs";
import { showDone } from "@/ui/notify";
import { Empty, Loaded } from "@/ui/states";
import { Ago } from "@/ui/time";
import { EntityLink } from "@/ui/value/links";
import { type Plan, plansQuery, type Source, useSettlePlan } from "./api";
import { EffectBadge } from "./badges";
import { changesText, counted, planText } from "./model";
import { Part } from "./parts";

/** Deletions that were too many to happen by themselves: what they are, and the buttons for whoever decides. */
export function Held({ source }: { source: Source }) {
  const plans = useQuery(plansQuery(source.id));
  return (
    <Loaded query={plans}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title="Nothing waits for approval" icon={<IconShieldCheck size={24} />}>
            When a pass would delete too much at once, it writes everything else and its deletions wait here.
          </Empty>
        ) : (
          <Stack gap="md">
            {rows.map((plan) => (
              <PlanPart key={plan.id} source={source} plan={plan} />
            ))}
          </Stack>
        )
      }
    </Loaded>
  );
}

function PlanPart({ source, plan }: { source: Source; plan: Plan }) {
  const [asking, setAsking] = useState<"approve" | "discard" | null>(null);
  const { isAdmin } = useUser();
  const refused = isAdmin ? {} : { disabled: true, title: "Only Admins decide about plans" };
  const { counts, samples } = plan;
  const total = counts.delete + counts.clear;
  return (
    <Part
      title={`Would ${planText(counts)}`}
      sub={
        <>
          {plan.reason} · held <Ago at={plan.createdAt} />
        </>
      }
      aside={
        <Group gap="xs">
          <Button
            size="xs"
            color="red.9"
            leftSection={<IconCheck size={15} aria-hidden />}
            onClick={() => setAsking("approve")}
            disabled={plan.stale}
            title={plan.stale ? "The settings have changed since" : undefined}
            {...refused}
          >
            Approve…
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconX size={15} aria-hidden />}
            onClick={() => setAsking("discard")}
            {...refused}
          >
            Discard…
          </Button>
        </Group>
      }
    >
      <Stack gap="sm">
        {plan.stale && (
          <Alert color="gray" icon={<IconInfoCircle aria-hidden />}>
            The settings have changed since this was held, so it can only be discarded. The next pass makes a new plan
            if it still has to.
          </Alert>
        )}
        <Blueprints counts={counts.byBlueprint} />
        <ScrollArea type="auto" viewportProps={{ tabIndex: 0, role: "group", "aria-label": "Samples" } as never}>
          <Table aria-label="Samples of the plan" verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Entity</Table.Th>
                <Table.Th>Effect</Table.Th>
                <Table.Th>Was defined in</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {samples.map(({ blueprint, identifier, effect, repository, path }) => (
                <Table.Tr key={`${blueprint} ${identifier}`}>
                  <Table.Td>
                    <EntityLink blueprint={blueprint} identifier={identifier} />
                  </Table.Td>
                  <Table.Td>
                    <EffectBadge effect={effect} />
                  </Table.Td>
                  <Table.Td>
                    <Text size="sm">{repository}</Text>
                    <Text size="xs" c="dimmed" ff="monospace">
                      {path}
                    </Text>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea>
        {total > samples.length && (
          <Text size="sm" c="dimmed">
            and {(total - samples.length).toLocaleString()} more
          </Text>
        )}
      </Stack>
      {asking === "approve" && <Approve source={source} plan={plan} onClose={() => setAsking(null)} />}
      {asking === "discard" && <Discard source={source} plan={plan} onClose={() => setAsking(null)} />}
    </Part>
  );
}

function Blueprints({ counts }: { counts: Record<string, number> }) {
  const blueprints = useBlueprints();
  return (
    <Group gap={6}>
      {Object.entries(counts)
        .sort(([, a], [, b]) => b - a)
        .map(([blueprint, count]) => (
          <Badge key={blueprint} variant="default" tt="none">
            {count.toLocaleString()} {blueprints.get(blueprint)?.title ?? blueprint}
          </Badge>
        ))}
    </Group>
  );
}

interface DialogProps {
  source: Source;
  plan: Plan;
  onClose: () => void;
}

function Approve({ source, plan, onClose }: DialogProps) {
  const [agreed, setAgreed] = useState(false);
  const approve = useSettlePlan(source.id, "approve");
  const blueprints = useBlueprints();
  const { counts } = plan;
  return (
    <Modal opened onClose={onClose} title="Approve the plan?" centered>
      <Stack gap="sm">
        <Text size="sm">It would {planText(counts)}:</Text>
        <List size="sm">
          {Object.entries(counts.byBlueprint).map(([blueprint, count]) => (
            <List.Item key={blueprint}>
              {counted(count, "entity", "entities")} of {blueprints.get(blueprint)?.title ?? blueprint}
            </List.Item>
          ))}
        </List>
        <Text size="sm">
          What a file defines again by now stays, and nothing goes that is not in this plan. Everything deleted can be
          restored under History for 30 days.
        </Text>
        <Checkbox
          label={`Yes, ${planText(counts)}`}
          checked={agreed}
          onChange={(event) => setAgreed(event.currentTarget.checked)}
        />
        <Decision
          confirm="Approve"
          danger
          pending={approve.isPending}
          error={approve.error}
          disabled={!agreed}
          onClose={onClose}
          onConfirm={() =>
            approve.mutate(plan.id, {
              onSuccess: ({ figures }) => {
                showDone(`Approved: ${changesText(figures)}`);
                onClose();
              },
            })
          }
        />
      </Stack>
    </Modal>
  );
}

function Discard({ source, plan, onClose }: DialogProps) {
  const discard = useSettlePlan(source.id, "discard");
  return (
    <Modal opened onClose={onClose} title="Discard the plan?" centered>
      <Stack gap="sm">
        <Text size="sm">
          Its entities stay in the catalog, marked as orphaned, until a file defines them again or somebody deletes
          them.
        </Text>
        <Decision
          confirm="Discard"
          pending={discard.isPending}
          error={discard.error}
          onClose={onClose}
          onConfirm={() =>
            discard.mutate(plan.id, {
              onSuccess: () => {
                showDone("Discarded; the entities stay");
                onClose();
              },
            })
          }
        />
      </Stack>
    </Modal>
  );
}
