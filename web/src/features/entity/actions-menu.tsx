import { Button, Menu, Text, TextInput } from "@mantine/core";
import { IconBolt, IconChevronDown } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Entity } from "@/api/model";
import { decisionQuery } from "@/app/decisions";
import { type ActionSummary, actionsQuery } from "./api";

/** Above so many there is a search. */
const MANY = 6;

/** The self-service actions for an entity; one opens its form with the entity filled in. */
export function ActionsMenu({ entity }: { entity: Entity }) {
  const actions = useQuery(actionsQuery(entity.blueprint)).data ?? [];
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const shown = actions.filter(({ title, identifier }) => `${title} ${identifier}`.toLowerCase().includes(wanted));
  if (actions.length === 0) return null;
  return (
    <Menu position="bottom-end" withinPortal width={300} opened={opened} onChange={setOpened}>
      <Menu.Target>
        <Button
          size="xs"
          leftSection={<IconBolt size={15} aria-hidden />}
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          Actions
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: "auto" }}>
        {actions.length > MANY && (
          <TextInput
            size="xs"
            m={4}
            aria-label="Search actions"
            placeholder="Search actions"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        {opened && shown.map((action) => <Choice key={action.identifier} action={action} entity={entity} />)}
        {shown.length === 0 && (
          <Text size="sm" c="dimmed" p="xs">
            Nothing matches
          </Text>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function Choice({ action, entity }: { action: ActionSummary; entity: Entity }) {
  const navigate = useNavigate();
  const { data: decision } = useQuery(
    decisionQuery({ verb: "execute", action: action.identifier, entity: entity.identifier }),
  );
  const refused = decision?.allowed === false;
  const to = `/self-service/${encodeURIComponent(action.identifier)}`;
  return (
    <Menu.Item
      disabled={refused}
      color={action.trigger.operation === "DELETE" ? "red" : undefined}
      onClick={() => void navigate({ to, search: { entity: entity.identifier } as never })}
    >
      {action.title || action.identifier}
      {(refused || action.description) && (
        <Text size="xs" c="dimmed">
          {refused ? decision.reason : action.description}
        </Text>
      )}
    </Menu.Item>
  );
}
