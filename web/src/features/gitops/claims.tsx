import { Anchor, Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconGitBranch, IconPin, IconPinnedOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Entity } from "@/api/model";
import { useUser } from "@/app/session";
import { showDone } from "@/ui/notify";
import { type Claim, claimsQuery, usePin } from "./api";
import { ClaimBadge, StaleBadge } from "./badges";
import { Diagnostics } from "./diagnostics";
import { fieldName, repositoryPath, shortCommit, sourcePath } from "./model";
import { PlaceLink } from "./parts";

/** Where an entity is defined in git, and how that stands; nothing when git does not know it. */
export function ManagedInGit({ entity }: { entity: Entity }) {
  const { data: claims = [] } = useQuery(claimsQuery(entity.blueprint, entity.identifier));
  if (claims.length === 0) return null;
  const active = claims.filter(({ state }) => state !== "shadowed");
  const shadowed = claims.filter(({ state }) => state === "shadowed");
  return (
    <Paper withBorder p="md" component="section" aria-label="Managed in git" id="managed-in-git">
      <Group gap={8} mb="sm">
        <IconGitBranch size={18} aria-hidden />
        <Title order={2} size="h5">
          Managed in git
        </Title>
      </Group>
      <Stack gap="md">
        {active.map((claim) => (
          <ClaimFacts key={keyOf(claim)} claim={claim} entity={entity} pinnable={claims.length > 1} />
        ))}
        {shadowed.length > 0 && (
          <>
            <Text size="sm" fw={600}>
              Also defined in
            </Text>
            {shadowed.map((claim) => (
              <ClaimFacts key={keyOf(claim)} claim={claim} entity={entity} pinnable />
            ))}
          </>
        )}
      </Stack>
    </Paper>
  );
}

/** Says in the head of an entity's page that git looks after it, and leads to the place. */
export function GitBadge({ entity }: { entity: Entity }) {
  const { data: claims = [] } = useQuery(claimsQuery(entity.blueprint, entity.identifier));
  const claim = claims.find(({ state }) => state !== "shadowed");
  if (claim === undefined) return null;
  const trouble =
    claim.stale || claim.state === "orphaned" || claim.diagnostics.some(({ severity }) => severity !== "notice");
  return (
    <Badge
      component={Link}
      to={"." as never}
      search={{} as never}
      hash="managed-in-git"
      variant="light"
      color={trouble ? "orange" : "gray"}
      tt="none"
      mih={24}
      leftSection={<IconGitBranch size={13} aria-hidden />}
      style={{ cursor: "pointer" }}
    >
      {trouble ? "Managed in git, with problems" : "Managed in git"}
    </Badge>
  );
}

function keyOf({ source, repository, path }: Claim): string {
  return `${source.id} ${repository.label} ${path}`;
}

function ClaimFacts({ claim, entity, pinnable }: { claim: Claim; entity: Entity; pinnable: boolean }) {
  const { source, repository, path, line, url, commit, state, stale, contested, createdByGit, diagnostics } = claim;
  return (
    <Stack gap={6}>
      <Group gap={6}>
        <Anchor
          component={Link}
          to={repository.id === undefined ? sourcePath(source.id) : repositoryPath(source.id, repository.id)}
          size="sm"
          fw={500}
          style={{ overflowWrap: "anywhere" }}
        >
          {repository.label}
        </Anchor>
        {state !== "active" && <ClaimBadge state={state} />}
        {stale && <StaleBadge />}
      </Group>
      <div>
        <PlaceLink href={url}>{`${path}:${line}`}</PlaceLink>
        <Text size="xs" c="dimmed">
          {commit && (
            <>
              commit{" "}
              <Text span ff="monospace" size="xs">
                {shortCommit(commit)}
              </Text>
              {" · "}
            </>
          )}
          {createdByGit ? "created from this file" : "enriched by this file"}
          {" · "}
          {source.title}
        </Text>
      </div>
      {contested.length > 0 && <Text size="sm">Also written by others: {contested.map(fieldName).join(", ")}</Text>}
      {diagnostics.length > 0 && <Diagnostics found={diagnostics} label={`Problems in ${path}`} plain />}
      {pinnable && <Pin claim={claim} entity={entity} />}
    </Stack>
  );
}

function Pin({ claim, entity }: { claim: Claim; entity: Entity }) {
  const { isAdmin } = useUser();
  const pin = usePin(entity);
  const pinned = claim.pinned === true;
  if (!isAdmin || (!pinned && claim.state !== "shadowed")) return null;
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={pinned ? <IconPinnedOff size={15} aria-hidden /> : <IconPin size={15} aria-hidden />}
      loading={pin.isPending}
      style={{ alignSelf: "flex-start" }}
      onClick={() =>
        pin.mutate(
          {
            source: claim.source.id,
            repository: claim.repository.id ?? claim.repository.label,
            pinned: !pinned,
          },
          { onSuccess: () => showDone(pinned ? "Unpinned" : "This file defines the entity from now on") },
        )
      }
    >
      {pinned ? "Unpin" : "Let this file define it"}
    </Button>
  );
}
