import { ActionIcon, Badge, Button, Group, Paper, Text, Title } from "@mantine/core";
import {
  IconBolt,
  IconHierarchy2,
  IconLock,
  IconPlus,
  IconShieldCheck,
  IconStar,
  IconStarFilled,
  IconTrash,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useId } from "react";
import classes from "./form.module.css";
import { type Card, formPath, formSearch, operationWord } from "./model";

const ICONS = { CREATE: IconPlus, "DAY-2": IconBolt, DELETE: IconTrash, WORKFLOW: IconHierarchy2 };

interface Props {
  card: Card;
  pinned: boolean;
  onPin: () => void;
  onRun: (action: string) => void;
}

/** One action of the hub. What somebody may not run stays in sight and says why. */
export function ActionCard({ card, pinned, onPin, onRun }: Props) {
  const id = useId();
  const Icon = ICONS[card.operation];
  const Star = pinned ? IconStarFilled : IconStar;
  return (
    <Paper withBorder p="md" className={classes.card} data-refused={!card.allowed || undefined} component="article">
      <Group gap={8} wrap="nowrap" align="flex-start">
        <Icon size={18} aria-hidden style={{ flex: "none", marginTop: 2 }} />
        <Title order={3} size="h6" flex={1} style={{ overflowWrap: "anywhere" }} id={`${id}t`}>
          {card.title}
        </Title>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={pinned ? `Unpin ${card.title}` : `Pin ${card.title}`}
          aria-pressed={pinned}
          onClick={onPin}
        >
          <Star size={16} />
        </ActionIcon>
      </Group>
      {card.description && (
        <Text size="sm" c="dimmed" lineClamp={2} title={card.description}>
          {card.description}
        </Text>
      )}
      {!card.allowed && (
        <Text size="xs" id={`${id}r`}>
          <IconLock size={12} aria-hidden /> {card.reason}
        </Text>
      )}
      <Group justify="space-between" gap="xs" mt="auto" wrap="nowrap">
        <Group gap={6}>
          <Badge variant="light" color={card.operation === "DELETE" ? "red" : "gray"} tt="none">
            {operationWord(card.operation)}
          </Badge>
          {card.approval && (
            <Badge variant="default" tt="none" leftSection={<IconShieldCheck size={12} aria-hidden />}>
              Approval
            </Badge>
          )}
        </Group>
        <RunButton card={card} id={id} onRun={onRun} />
      </Group>
    </Paper>
  );
}

function RunButton({ card, id, onRun }: { card: Card; id: string; onRun: (action: string) => void }) {
  const label = `${card.button}: ${card.title}`;
  if (!card.allowed) {
    return (
      <Button
        size="compact-sm"
        variant="default"
        aria-label={label}
        aria-describedby={`${id}r`}
        data-disabled
        aria-disabled
      >
        {card.button}
      </Button>
    );
  }
  if (card.subject.kind === "workflow") {
    return (
      <Button
        size="compact-sm"
        variant="light"
        component={Link}
        to={formPath(card.subject)}
        search={formSearch(card.subject) as never}
        aria-label={label}
      >
        {card.button}
      </Button>
    );
  }
  return (
    <Button size="compact-sm" variant="light" aria-label={label} onClick={() => onRun(card.subject.identifier)}>
      {card.button}
    </Button>
  );
}
