import { Anchor, Badge, Box, Button, Group, Progress, Stack, Text } from "@mantine/core";
import { IconClockPause, IconGitBranch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useLive } from "@/ui/live";
import { Empty, Loaded, LoadingRows } from "@/ui/states";
import { SearchTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { type Source, sourcesQuery, useReload } from "./api";
import { KindIcon, ProblemCounts, StatusBadge } from "./badges";
import { KIND_NAMES, progressOf, progressText, sourcePath } from "./model";

const CONNECT = "/sources/gitops/new";

/** The way to connect another forge. */
export function ConnectButton({ isAdmin, light }: { isAdmin: boolean; light?: boolean }) {
  const shared = { leftSection: <IconGitBranch size={16} aria-hidden />, variant: light ? "light" : undefined };
  if (!isAdmin) {
    return (
      <Button {...shared} disabled title="Only Admins connect repositories">
        Connect repositories
      </Button>
    );
  }
  return (
    <Button component={Link} to={CONNECT} {...shared}>
      Connect repositories
    </Button>
  );
}

/** Forges whose repositories fill the catalog, and how each is doing. */
export function GitopsSources({ isAdmin }: { isAdmin: boolean }) {
  const sources = useQuery(sourcesQuery);
  const reload = useReload();
  useLive({ resources: "gitopsSource" }, () => void reload());
  return (
    <Loaded query={sources} loading={<LoadingRows rows={3} height={44} />}>
      {(rows) => (
        <SearchTable
          label="Git repositories"
          rows={rows}
          plain={rows.length < 8}
          keyOf={({ id }) => id}
          empty={
            <Empty
              title="No repositories are connected"
              icon={<IconGitBranch size={24} />}
              action={<ConnectButton isAdmin={isAdmin} light />}
            >
              Teams describe what they own in a port.yml beside their code, and the catalog follows every push. Connect
              GitHub, GitLab, Gitea, Bitbucket or plain git once, and all its repositories are read.
            </Empty>
          }
          columns={[
            {
              title: "Source",
              text: ({ title, url, kind }) => `${title} ${url} ${KIND_NAMES[kind]}`,
              cell: (row) => <Name source={row} />,
            },
            { title: "Last pass", cell: (row) => <LastPass source={row} /> },
            {
              title: "Repositories",
              cell: ({ state }) => (state.pass ? state.pass.progress.repositories.toLocaleString() : "—"),
              wide: true,
            },
            {
              title: "Problems",
              cell: ({ state }) => (state.status === "never" ? "—" : <ProblemCounts problems={state.problems} />),
              wide: true,
            },
            {
              title: "Next pass",
              cell: ({ enabled, state }) => (enabled && state.nextPassAt ? <Ago at={state.nextPassAt} /> : "—"),
              wide: true,
            },
          ]}
        />
      )}
    </Loaded>
  );
}

function Name({ source }: { source: Source }) {
  return (
    <Group gap="sm" wrap="nowrap" miw={0}>
      <Box visibleFrom="xs">
        <KindIcon kind={source.kind} />
      </Box>
      <div style={{ minWidth: 110 }}>
        <Anchor component={Link} to={sourcePath(source.id)} size="sm" fw={500} style={{ overflowWrap: "anywhere" }}>
          {source.title}
        </Anchor>
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {source.url.replace(/^https?:\/\//, "")}
        </Text>
      </div>
    </Group>
  );
}

function LastPass({ source: { id, enabled, state } }: { source: Source }) {
  const running = state.status === "running" && state.pass !== null;
  const percent = running && state.pass ? progressOf(state.pass.progress) : null;
  return (
    <Stack gap={4} align="flex-start">
      <Group gap={6}>
        {(state.status !== "held" || state.heldPlans === 0) && <StatusBadge status={state.status} enabled={enabled} />}
        {state.heldPlans > 0 && (
          <Badge
            component={Link}
            to={`${sourcePath(id)}?tab=held` as never}
            variant="light"
            color="orange"
            tt="none"
            mih={24}
            miw="max-content"
            leftSection={<IconClockPause size={13} aria-hidden />}
            style={{ cursor: "pointer" }}
          >
            {state.heldPlans === 1 ? "1 held plan" : `${state.heldPlans} held plans`}
          </Badge>
        )}
      </Group>
      {running && state.pass ? (
        <>
          {percent !== null && <Progress value={percent} w={120} size="sm" aria-label="Progress" />}
          <Text size="xs" c="dimmed">
            {progressText(state.pass.progress)}
          </Text>
        </>
      ) : (
        state.pass && <Ago at={state.pass.endedAt ?? state.pass.startedAt} size="xs" />
      )}
    </Stack>
  );
}
