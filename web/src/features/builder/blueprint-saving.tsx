import { Alert, Anchor, Button, List, Modal, Stack, Table, Text } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Blueprint as Data } from "@/api/model";
import { showDone } from "@/ui/notify";
import { entityPath } from "@/ui/value/links";
import { type Plan, usePlan, useSaveBlueprint } from "./api";
import { SaveBar } from "./editor";
import type { Draft } from "./model";

interface SavingProps {
  blueprint: Data;
  draft: Draft | null;
  changed: boolean;
  onReset: () => void;
}

/** Asks the portal what saving would do, shows it, and saves. */
export function Saving({ blueprint, draft, changed, onReset }: SavingProps) {
  const plan = usePlan(blueprint.identifier);
  const save = useSaveBlueprint(blueprint.identifier);
  const [shown, setShown] = useState<Plan | null>(null);
  const navigate = useNavigate();
  const done = (identifier: string) => {
    setShown(null);
    showDone("Saved");
    if (identifier !== blueprint.identifier) void navigate({ to: `/builder/${encodeURIComponent(identifier)}` });
  };
  return (
    <>
      <SaveBar
        label="Review and save"
        onSave={() => draft && plan.mutate(draft, { onSuccess: setShown })}
        pending={plan.isPending}
        disabled={!changed || draft === null}
        error={plan.error}
      >
        <Button variant="default" onClick={onReset} disabled={!changed}>
          Undo the changes
        </Button>
      </SaveBar>
      <Modal opened={shown !== null} onClose={() => setShown(null)} title="What saving does" size="lg" centered>
        {shown && (
          <Stack>
            <PlanView plan={shown} blueprint={blueprint.identifier} />
            <SaveBar
              onSave={() => draft && save.mutate(draft, { onSuccess: () => done(draft.identifier) })}
              pending={save.isPending}
              error={save.error}
            >
              <Button variant="default" onClick={() => setShown(null)}>
                Back
              </Button>
            </SaveBar>
          </Stack>
        )}
      </Modal>
    </>
  );
}

const PARTS: Record<string, string> = {
  properties: "Properties",
  relations: "Relations",
  mirrorProperties: "Mirror properties",
  calculationProperties: "Calculations",
  aggregationProperties: "Aggregations",
};

function PlanView({ plan, blueprint }: { plan: Plan; blueprint: string }) {
  const parts = Object.entries(plan.changes);
  return (
    <Stack gap="sm">
      {parts.length === 0 && <Text size="sm">Titles and presentation change; no property and no relation does.</Text>}
      {parts.map(([part, { added, removed, changed }]) => (
        <div key={part}>
          <Text size="sm" fw={600}>
            {PARTS[part] ?? part}
          </Text>
          <List size="sm">
            {added.length > 0 && <List.Item>added: {added.join(", ")}</List.Item>}
            {changed.length > 0 && <List.Item>changed: {changed.join(", ")}</List.Item>}
            {removed.length > 0 && <List.Item>removed: {removed.join(", ")}</List.Item>}
          </List>
        </div>
      ))}
      {plan.lost.map(({ property, values }) => (
        <Alert key={property} color="orange" variant="outline">
          {values.toLocaleString()} values of “{property}” are lost.
        </Alert>
      ))}
      <Text size="sm">
        {plan.failing === 0
          ? `All ${plan.checked.toLocaleString()} entities fit.`
          : `${(plan.checked - plan.failing).toLocaleString()} entities fit, ${plan.failing.toLocaleString()} do not: they keep their values and are refused when they are next written.`}
        {plan.checked < plan.entities && ` Of ${plan.entities.toLocaleString()}, so many were looked at.`}
      </Text>
      {plan.examples.length > 0 && (
        <Table aria-label="Entities that would not fit">
          <Table.Tbody>
            {plan.examples.map((each) => (
              <Table.Tr key={each.identifier}>
                <Table.Td>
                  <Anchor component={Link} to={entityPath(blueprint, each.identifier)} size="sm" target="_blank">
                    {each.title || each.identifier}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <Text size="sm">{each.message}</Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}
