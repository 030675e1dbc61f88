import {
  Alert,
  Anchor,
  Badge,
  Button,
  Group,
  Menu,
  Progress,
  ScrollArea,
  Stack,
  Tabs,
  Text,
  Title,
} from "@mantine/core";
import {
  IconAlertTriangle,
  IconClockPause,
  IconLock,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconRefresh,
  IconTrash,
} from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useUser } from "@/app/session";
import { useLive } from "@/ui/live";
import { showDone } from "@/ui/notify";
import { RowMenu } from "@/ui/row-menu";
import { Loaded } from "@/ui/states";
import { durationText, useNow } from "@/ui/time";
import { OutLink } from "@/ui/value/links";
import { type Pass, type Source, sourceQuery, useAbort, useChangeSource, useReload, useSync } from "./api";
import { KindIcon, StatusBadge } from "./badges";
import { DeleteSource } from "./delete-source";
import { Held } from "./held";
import { Journal } from "./journal";
import { attentionOf, counted, KIND_NAMES, passKind, progressOf, progressText } from "./model";
import { Overview } from "./overview";
import { Crumbs } from "./parts";
import { Repositories } from "./repositories";
import { Settings } from "./settings";

/** One connected forge: how its passes go, its repositories, what waits for approval, what was deleted, its settings. */
export function GitopsSource() {
  const { id } = useParams({ strict: false }) as { id: string };
  const source = useQuery(sourceQuery(id));
  useFollowing(id, source.data);
  return (
    <Loaded query={source}>
      {(data) => (
        <>
          <Head source={data} />
          <Attention source={data} />
          <Body source={data} />
        </>
      )}
    </Loaded>
  );
}

/** Loads what a pass changed, when it has changed it. */
function useFollowing(id: string, source: Source | undefined): void {
  const queries = useQueryClient();
  const reload = useReload();
  useLive({ resources: "gitopsSource" }, (events) => {
    if (events.some(({ context }) => context.gitopsSource === id)) void reload(id);
  });
  const status = source?.state.status;
  const before = useRef(status);
  useEffect(() => {
    if (before.current === "running" && status !== "running") {
      void queries.invalidateQueries({ queryKey: ["gitops", "source", id], refetchType: "active" });
    }
    before.current = status;
  }, [status, id, queries]);
}

function Head({ source }: { source: Source }) {
  const { title, kind, url, enabled, state } = source;
  return (
    <header>
      <Crumbs steps={[{ title: "Data sources", to: "/sources" }]} />
      <Group justify="space-between" align="flex-start" mb="md" gap="sm">
        <Group gap="sm" wrap="nowrap" miw={0} align="flex-start">
          <KindIcon kind={kind} size={40} />
          <div style={{ minWidth: 0 }}>
            <Group gap="sm">
              <Title order={1} size="h3" style={{ overflowWrap: "anywhere" }}>
                {title}
              </Title>
              <div role="status">
                <StatusBadge status={state.status} enabled={enabled} />
              </div>
            </Group>
            <Group gap={6} c="dimmed">
              <Text size="sm">{KIND_NAMES[kind] ?? kind}</Text>
              <Text size="sm" aria-hidden>
                ·
              </Text>
              <OutLink href={url} />
            </Group>
          </div>
        </Group>
        <Buttons source={source} />
      </Group>
      {state.status === "running" && state.pass && <Running pass={state.pass} />}
    </header>
  );
}

const ADMINS = "Only Admins do this";

function Buttons({ source }: { source: Source }) {
  const { id, enabled, title, state } = source;
  const { isAdmin } = useUser();
  const [deleting, setDeleting] = useState(false);
  const sync = useSync(id);
  const abort = useAbort(id);
  const change = useChangeSource(id, false);
  const refused = isAdmin ? {} : { disabled: true, title: ADMINS };
  const running = state.status === "running";
  return (
    <Group gap="xs">
      {running ? (
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={16} aria-hidden />}
          loading={abort.isPending}
          onClick={() => abort.mutate(undefined, { onSuccess: () => showDone("The pass is being stopped") })}
          {...refused}
        >
          Abort
        </Button>
      ) : (
        <Button
          leftSection={<IconRefresh size={16} aria-hidden />}
          loading={sync.isPending}
          disabled={!enabled || Boolean(source.removal)}
          title={enabled ? undefined : "The source is disabled"}
          onClick={() => sync.mutate(undefined, { onSuccess: () => showDone("A pass is asked for") })}
          {...refused}
        >
          Sync now
        </Button>
      )}
      {isAdmin && !source.removal && (
        <RowMenu label={title}>
          <Menu.Item
            leftSection={enabled ? <IconPlayerPause size={15} /> : <IconPlayerPlay size={15} />}
            onClick={() =>
              change.mutate(
                { enabled: !enabled },
                { onSuccess: () => showDone(enabled ? "Disabled; its entities stay" : "Enabled") },
              )
            }
          >
            {enabled ? "Disable" : "Enable"}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => setDeleting(true)}>
            Disconnect…
          </Menu.Item>
        </RowMenu>
      )}
      {deleting && <DeleteSource source={source} onClose={() => setDeleting(false)} />}
    </Group>
  );
}

function Running({ pass }: { pass: Pass }) {
  const now = useNow(1000);
  const percent = progressOf(pass.progress);
  return (
    <Stack gap={6} mb="md">
      <Progress
        value={percent ?? 100}
        animated={percent === null}
        striped={percent === null}
        aria-label={percent === null ? "A pass is under way" : `${percent} % of the repositories`}
      />
      <Text size="sm" c="dimmed">
        {passKind(pass.kind)}, {durationText(pass.startedAt, null, now)} · {progressText(pass.progress)}
      </Text>
    </Stack>
  );
}

/** What somebody should look at first. */
function Attention({ source }: { source: Source }) {
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const problem = source.state.pass?.problem;
  if (source.removal) {
    return (
      <Alert color="gray" icon={<IconTrash aria-hidden />} title="This source is being disconnected" mb="md">
        It goes when its entities are dealt with.
      </Alert>
    );
  }
  switch (attentionOf(source)) {
    case "refused":
      return (
        <Alert color="red" icon={<IconLock aria-hidden />} title="The forge refuses the credentials" mb="md">
          {problem ? `${problem}. ` : ""}Nothing is tried again by itself, so that no account is locked.{" "}
          <ToTab tab="settings">Change the credentials</ToTab>
        </Alert>
      );
    case "failed":
      return (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title="The last pass failed" mb="md">
          {problem ?? "Nothing was deleted, and what is in the catalog stays."}
        </Alert>
      );
    case "held":
      return tab === "held" ? null : (
        <Alert color="orange" icon={<IconClockPause aria-hidden />} title="Deletions wait for an administrator" mb="md">
          {problem ? `${problem}. ` : ""}Everything else was written.{" "}
          <ToTab tab="held">See what would be deleted</ToTab>
        </Alert>
      );
    default:
      return null;
  }
}

function ToTab({ tab, children }: { tab: string; children: string }) {
  return (
    <Anchor component={Link} to="." search={{ tab } as never} underline="always" inherit c="inherit" fw={500}>
      {children}
    </Anchor>
  );
}

function Body({ source }: { source: Source }) {
  const { tab = "overview" } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const { heldPlans, problems } = source.state;
  const tabs: { id: string; title: ReactNode; panel: () => ReactNode }[] = [
    { id: "overview", title: "Overview", panel: () => <Overview source={source} /> },
    {
      id: "repositories",
      title: <Counted count={problems.errors} color="red" word={["error", "errors"]} title="Repositories" />,
      panel: () => <Repositories source={source} />,
    },
    {
      id: "held",
      title: <Counted count={heldPlans} color="orange" word={["plan", "plans"]} title="Held" />,
      panel: () => <Held source={source} />,
    },
    { id: "history", title: "History", panel: () => <Journal source={source} /> },
    { id: "settings", title: "Settings", panel: () => <Settings source={source} /> },
  ];
  const active = tabs.find(({ id }) => id === tab) ?? tabs[0];
  if (active === undefined) return null;
  return (
    <Tabs
      value={active.id}
      keepMounted={false}
      onChange={(next) =>
        void navigate({ to: ".", search: (next === "overview" ? {} : { tab: next }) as never, replace: true })
      }
    >
      <ScrollArea type="never" scrollbars="x">
        <Tabs.List style={{ flexWrap: "nowrap" }} aria-label="About this source">
          {tabs.map(({ id, title }) => (
            <Tabs.Tab key={id} value={id}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </ScrollArea>
      {tabs.map(({ id, panel }) => (
        <Tabs.Panel key={id} value={id} pt="md">
          {id === active.id && panel()}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

interface CountedProps {
  title: string;
  count: number;
  color: string;
  word: [string, string];
}

function Counted({ title, count, color, word }: CountedProps) {
  if (count === 0) return title;
  return (
    <Group gap={6} wrap="nowrap">
      {title}
      <Badge size="sm" variant="light" color={color} tt="none" miw="max-content">
        {count.toLocaleString()}
        <span className="visually-hidden"> {counted(count, word[0], word[1]).replace(/^\S+ /, "")}</span>
      </Badge>
    </Group>
  );
}
