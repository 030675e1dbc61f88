import { Alert, Badge, Button, Group, ScrollArea, Stack, Table, Text, Title } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useBlueprints } from "@/app/queries";
import { useLive } from "@/ui/live";
import { Empty, Loaded } from "@/ui/states";
import { Ago } from "@/ui/time";
import { EntityLink, OutLink } from "@/ui/value/links";
import {
  type DefinedEntity,
  type RepositoryDetails,
  repositoryQuery,
  type SpecFile,
  sourceQuery,
  useReload,
} from "./api";
import { ClaimBadge, RepositoryBadge, StaleBadge } from "./badges";
import { Diagnostics } from "./diagnostics";
import { counted, filesOf, shortCommit, sourcePath } from "./model";
import { Crumbs, Part, PlaceLink } from "./parts";

/** One repository: its spec files, the entities that they define, and what is wrong with them. */
export function RepositoryScreen() {
  const { id, repository } = useParams({ strict: false }) as { id: string; repository: string };
  const details = useQuery(repositoryQuery(id, repository));
  const source = useQuery(sourceQuery(id));
  const reload = useReload();
  useLive({ resources: "gitopsSource" }, () => void reload(id));
  const steps = [
    { title: "Data sources", to: "/sources" },
    { title: source.data?.title ?? "Source", to: sourcePath(id) },
    { title: "Repositories", to: `${sourcePath(id)}?tab=repositories` },
  ];
  return (
    <>
      <Crumbs steps={steps} />
      <Loaded query={details}>
        {(data) => (
          <>
            <Head repository={data} />
            <Files repository={data} />
          </>
        )}
      </Loaded>
    </>
  );
}

function Head({ repository }: { repository: RepositoryDetails }) {
  const { label, state, url, branch, tip, lastSuccessAt, problem } = repository;
  return (
    <header>
      <Group gap="sm" mb={4}>
        <Title order={1} size="h3" style={{ overflowWrap: "anywhere" }}>
          {label}
        </Title>
        <RepositoryBadge state={state} problems={repository.problems} />
      </Group>
      <Group gap="md" mb="md">
        <OutLink href={url} />
        <Text size="sm" c="dimmed">
          {branch ? `branch ${branch}` : "no branch"}
          {tip && (
            <>
              {" "}
              at{" "}
              <Text span ff="monospace" size="xs">
                {shortCommit(tip)}
              </Text>
            </>
          )}
        </Text>
        <Text size="sm" c="dimmed">
          read <Ago at={lastSuccessAt} />
        </Text>
      </Group>
      {problem && (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title="The last attempt failed" mb="md">
          {problem}
          <Text size="sm" mt={4}>
            What is known of it stays as it was.
          </Text>
        </Alert>
      )}
    </header>
  );
}

function Files({ repository }: { repository: RepositoryDetails }) {
  const files = filesOf(repository);
  if (files.length === 0) {
    return repository.state === "excluded" ? (
      <Empty title="This repository is filtered out">The source's settings leave it out.</Empty>
    ) : (
      <Empty title="No spec file here">Add a port.yml to its branch, and its entities appear after the push.</Empty>
    );
  }
  return (
    <Stack gap="md">
      {files.map((file) => (
        <File key={file.path} file={file} />
      ))}
    </Stack>
  );
}

const SHOWN = 50;

function File({ file }: { file: SpecFile }) {
  const { path, url, status, entities, diagnostics } = file;
  return (
    <Part
      title={path}
      aside={
        <Group gap="sm">
          {status === "stale" && <StaleBadge />}
          <Text size="sm" c="dimmed">
            {counted(entities.length, "entity", "entities")}
          </Text>
          <PlaceLink href={url} words>
            Open at the forge
          </PlaceLink>
        </Group>
      }
    >
      <Stack gap="sm">
        {diagnostics.length > 0 && <Diagnostics found={diagnostics} label={`Problems of ${path}`} />}
        {entities.length > 0 ? (
          <Entities path={path} entities={entities} />
        ) : (
          diagnostics.length === 0 && (
            <Text size="sm" c="dimmed">
              It defines no entity.
            </Text>
          )
        )}
      </Stack>
    </Part>
  );
}

function Entities({ path, entities }: { path: string; entities: DefinedEntity[] }) {
  const [all, setAll] = useState(false);
  const blueprints = useBlueprints();
  const shown = all ? entities : entities.slice(0, SHOWN);
  return (
    <>
      <ScrollArea
        type="auto"
        viewportProps={{ tabIndex: 0, role: "group", "aria-label": `Entities of ${path}` } as never}
      >
        <Table aria-label={`Entities of ${path}`} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Entity</Table.Th>
              <Table.Th>Blueprint</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Line</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map(({ blueprint, identifier, line, url, state, stale, createdByGit }) => (
              <Table.Tr key={`${blueprint} ${identifier} ${line}`}>
                <Table.Td>
                  {state === "pending" ? (
                    <Text size="sm">{identifier}</Text>
                  ) : (
                    <EntityLink blueprint={blueprint} identifier={identifier} />
                  )}
                </Table.Td>
                <Table.Td>{blueprints.get(blueprint)?.title ?? blueprint}</Table.Td>
                <Table.Td>
                  <Group gap={6} wrap="nowrap">
                    <ClaimBadge state={state} />
                    {stale && <StaleBadge />}
                    {createdByGit && (
                      <Badge variant="default" tt="none" miw="max-content">
                        Created by git
                      </Badge>
                    )}
                  </Group>
                </Table.Td>
                <Table.Td>
                  <PlaceLink href={url}>{`${line}`}</PlaceLink>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {entities.length > shown.length && (
        <Button variant="subtle" size="xs" onClick={() => setAll(true)} style={{ alignSelf: "flex-start" }}>
          Show all {entities.length.toLocaleString()}
        </Button>
      )}
    </>
  );
}
