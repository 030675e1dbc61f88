import { Button, Group, Select, Switch, Text, TextInput, Title } from "@mantine/core";
import { IconBolt, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useBlueprints } from "@/app/queries";
import { useUser } from "@/app/session";
import { Empty, LoadingRows, PageHead, Problem } from "@/ui/states";
import { ActionDialog } from "./action-dialog";
import { actionsQuery, offersQuery, workflowOffersQuery } from "./api";
import { ActionCard } from "./card";
import classes from "./form.module.css";
import { useFavourites } from "./memory";
import { type Card, cardsOf, filtered, grouped, type HubFilter, operationWord } from "./model";

interface Search extends HubFilter {
  /** The action whose form is open. */
  action?: string;
}

const KINDS = (["CREATE", "DAY-2", "DELETE", "WORKFLOW"] as const).map((value) => ({
  value,
  label: operationWord(value),
}));

/** Everything that can be run, by what it is about: searchable, with what was pinned and used last on top. */
export function SelfService() {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const actions = useQuery(actionsQuery);
  const offers = useQuery(offersQuery);
  const workflows = useQuery(workflowOffersQuery);
  const blueprints = useBlueprints();
  const { isAdmin } = useUser();
  const cards = useMemo(
    () => cardsOf(actions.data ?? [], offers.data ?? [], workflows.data ?? [], blueprints),
    [actions.data, offers.data, workflows.data, blueprints],
  );
  const shown = filtered(cards, search);
  const narrow = (change: Partial<Search>) =>
    void navigate({
      to: ".",
      search: Object.fromEntries(Object.entries({ ...search, ...change }).filter(([, value]) => value)) as never,
      replace: true,
    });
  const failed = [actions, offers, workflows].find((query) => query.isError);
  const pending = actions.isPending || offers.isPending || workflows.isPending;
  const isNarrowed = Boolean(search.q || search.blueprint || search.kind || search.mine);
  const about = [...new Set(cards.flatMap((card) => card.blueprint ?? []))].map((value) => ({
    value,
    label: blueprints.get(value)?.title || value,
  }));
  return (
    <>
      <PageHead title="Self-service" sub="What you can have done, without asking anybody.">
        {isAdmin && (
          <Button component={Link} to="/builder/actions" variant="default">
            Manage actions
          </Button>
        )}
      </PageHead>
      {failed ? (
        <Problem error={failed.error} retry={() => void failed.refetch()} />
      ) : pending ? (
        <LoadingRows rows={4} height={110} />
      ) : cards.length === 0 ? (
        <NoActions isAdmin={isAdmin} />
      ) : (
        <>
          <Group gap="sm" mb="md" align="flex-end">
            <TextInput
              aria-label="Search actions"
              placeholder="Search"
              leftSection={<IconSearch size={16} aria-hidden />}
              value={search.q ?? ""}
              onChange={(event) => narrow({ q: event.currentTarget.value })}
              flex="1 1 220px"
              maw={360}
            />
            <Select
              aria-label="About"
              placeholder="About anything"
              data={about}
              clearable
              searchable
              value={search.blueprint ?? null}
              onChange={(blueprint) => narrow({ blueprint: blueprint ?? undefined })}
              w={180}
            />
            <Select
              aria-label="Kind"
              placeholder="Any kind"
              data={KINDS}
              clearable
              value={search.kind ?? null}
              onChange={(kind) => narrow({ kind: kind ?? undefined })}
              w={140}
            />
            <Switch
              label="Only what I may run"
              checked={search.mine === true}
              onChange={(event) => narrow({ mine: event.currentTarget.checked })}
              mb={6}
            />
          </Group>
          {shown.length === 0 ? (
            <Empty
              title="Nothing matches"
              action={
                <Button variant="default" onClick={() => void navigate({ to: ".", search: {} as never })}>
                  Show all
                </Button>
              }
            >
              None of the {cards.length} actions fits the search and filters.
            </Empty>
          ) : (
            <Shelves cards={shown} isNarrowed={isNarrowed} onRun={(action) => narrow({ action })} />
          )}
        </>
      )}
      {search.action && <ActionDialog action={search.action} onClose={() => narrow({ action: undefined })} />}
    </>
  );
}

function NoActions({ isAdmin }: { isAdmin: boolean }) {
  return (
    <Empty
      title="There are no actions yet"
      icon={<IconBolt size={24} />}
      action={
        isAdmin && (
          <Button component={Link} to="/builder/actions">
            Make the first action
          </Button>
        )
      }
    >
      {isAdmin
        ? "An action asks for a few values and has a pipeline, a webhook or the portal itself do the rest."
        : "The platform team has not published any. Once it has, you find them here."}
    </Empty>
  );
}

interface ShelvesProps {
  cards: Card[];
  isNarrowed: boolean;
  onRun: (action: string) => void;
}

function Shelves({ cards, isNarrowed, onRun }: ShelvesProps) {
  const { pinned, recent, pin } = useFavourites();
  const byKey = new Map(cards.map((card) => [card.key, card]));
  const pick = (keys: string[]) => keys.flatMap((key) => byKey.get(key) ?? []);
  const shelves: [string, Card[]][] = [
    ["Pinned", pick(pinned)],
    ["Recently used", isNarrowed ? [] : pick(recent.filter((key) => !pinned.includes(key)))],
    ...grouped(cards),
  ];
  return shelves
    .filter(([, held]) => held.length > 0)
    .map(([title, held]) => (
      <section key={title} aria-label={title} style={{ marginBottom: "var(--mantine-spacing-lg)" }}>
        <Group gap={8} mb="xs">
          <Title order={2} size="h5">
            {title}
          </Title>
          <Text size="sm" c="dimmed">
            {held.length}
          </Text>
        </Group>
        <div className={classes.cards}>
          {held.map((card) => (
            <ActionCard
              key={card.key}
              card={card}
              pinned={pinned.includes(card.key)}
              onPin={() => pin(card.key)}
              onRun={onRun}
            />
          ))}
        </div>
      </section>
    ));
}
