import { Badge, Button, Drawer, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconCircleCheck, IconCircleX, IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { JsonDiff } from "@/ui/diff";
import { saveFile } from "@/ui/files";
import { Grid } from "@/ui/grid/grid";
import type { Column, Line } from "@/ui/grid/model";
import { Empty, LoadingRows, PageHead, Problem } from "@/ui/states";
import { Ago } from "@/ui/time";
import { EntityLink, RunLink } from "@/ui/value/links";
import { type AuditFilter, type AuditRecord, actorOf, auditQuery, objectOf, recordsOf } from "./api";

const RESOURCES = [
  "entity",
  "blueprint",
  "run",
  "action",
  "scorecard",
  "webhook",
  "integration",
  "page",
  "user",
  "team",
  "secret",
];
const VERBS = ["CREATE", "UPDATE", "DELETE"];

interface Search {
  entity?: string;
  blueprint?: string;
  run?: string;
  resource?: string;
  action?: string;
  status?: "SUCCESS" | "FAILURE";
}

function filterOf(search: Search): AuditFilter {
  return {
    entity: search.entity,
    blueprint: search.blueprint,
    run_id: search.run,
    resources: search.resource ? [search.resource] : undefined,
    action: search.action,
    status: search.status,
  };
}

const COLUMNS: Column<AuditRecord>[] = [
  {
    id: "at",
    title: "When",
    width: 130,
    cell: (record) => <Ago at={record.trigger.at} />,
    text: (record) => record.trigger.at,
  },
  {
    id: "actor",
    title: "Who",
    width: 220,
    cell: (record) => (
      <Text size="sm" truncate title={actorOf(record)}>
        {actorOf(record)}
      </Text>
    ),
    text: actorOf,
  },
  { id: "action", title: "Did", width: 100, cell: (record) => record.action, text: (record) => record.action },
  {
    id: "resource",
    title: "To a",
    width: 120,
    cell: (record) => record.resourceType,
    text: (record) => record.resourceType,
  },
  { id: "object", title: "Object", width: 260, cell: (record) => <Subject record={record} />, text: objectOf },
  {
    id: "origin",
    title: "Through",
    width: 130,
    cell: (record) => (
      <Text size="sm" truncate>
        {record.trigger.origin}
      </Text>
    ),
    text: (record) => record.trigger.origin,
  },
  {
    id: "status",
    title: "Result",
    width: 120,
    cell: (record) => <Result status={record.status} />,
    text: (record) => record.status,
  },
];

function Subject({ record }: { record: AuditRecord }) {
  const { blueprint, entity, runId } = record.context;
  if (record.resourceType === "entity" && blueprint && entity && record.action !== "DELETE") {
    return <EntityLink blueprint={blueprint} identifier={entity} />;
  }
  if (record.resourceType === "run" && runId) return <RunLink id={runId} />;
  return (
    <Text size="sm" truncate>
      {objectOf(record)}
    </Text>
  );
}

function Result({ status }: { status: string }) {
  const good = status === "SUCCESS";
  const Icon = good ? IconCircleCheck : IconCircleX;
  return (
    <Badge variant="light" color={good ? "green" : "red"} tt="none" leftSection={<Icon size={13} aria-hidden />}>
      {good ? "Success" : "Failure"}
    </Badge>
  );
}

/** Who changed what, when and through what: newest first, filters in the address. */
export function Audit() {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const [opened, setOpened] = useState<AuditRecord | null>(null);
  const query = useInfiniteQuery(auditQuery(filterOf(search)));
  const records = useMemo(() => recordsOf(query.data?.pages ?? []), [query.data]);
  const lines: Line<AuditRecord>[] = records.map((row) => ({ kind: "row", key: row.identifier, row }));
  const narrow = (change: Partial<Search>) =>
    void navigate({
      to: ".",
      search: Object.fromEntries(Object.entries({ ...search, ...change }).filter(([, value]) => value)) as never,
      replace: true,
    });
  const filtered = Object.keys(filterOf(search)).some(
    (key) => filterOf(search)[key as keyof AuditFilter] !== undefined,
  );
  return (
    <Stack gap="sm">
      <PageHead title="Audit log" sub="Every change, by whom, and what it was before.">
        <Button
          variant="default"
          leftSection={<IconDownload size={16} />}
          disabled={records.length === 0}
          onClick={() => saveFile("audit.json", JSON.stringify(records, null, 2), "application/json")}
        >
          Export what is loaded
        </Button>
      </PageHead>
      <Filters search={search} narrow={narrow} />
      {query.isError && records.length === 0 && <Problem error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <LoadingRows rows={12} />}
      {query.isSuccess && records.length === 0 && (
        <Empty
          title={filtered ? "Nothing matches these filters" : "Nothing has been changed yet"}
          action={
            filtered ? (
              <Button variant="light" onClick={() => void navigate({ to: ".", search: {} as never })}>
                Remove the filters
              </Button>
            ) : undefined
          }
        />
      )}
      {records.length > 0 && (
        <Grid
          label="Audit log"
          columns={COLUMNS}
          lines={lines}
          height="calc(100vh - 230px)"
          onOpen={setOpened}
          onEnd={() => {
            if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
          }}
          loadingMore={query.isFetchingNextPage}
        />
      )}
      <Drawer
        opened={opened !== null}
        onClose={() => setOpened(null)}
        position="right"
        size="xl"
        title={opened && `${opened.action} ${opened.resourceType} ${objectOf(opened)}`}
      >
        {opened && <Details record={opened} />}
      </Drawer>
    </Stack>
  );
}

function Details({ record }: { record: AuditRecord }) {
  return (
    <Stack gap="sm">
      <Text size="sm">
        {actorOf(record)}, <Ago at={record.trigger.at} />, through {record.trigger.origin}
      </Text>
      {record.message && <Text size="sm">{record.message}</Text>}
      {record.context.runId && (
        <Text size="sm">
          In the name of run <RunLink id={record.context.runId} />
        </Text>
      )}
      <JsonDiff before={record.diff.before} after={record.diff.after} label="Change" />
    </Stack>
  );
}

function Filters({ search, narrow }: { search: Search; narrow: (change: Partial<Search>) => void }) {
  const later = useDebouncedCallback(narrow, 300);
  return (
    <Group gap="xs" align="flex-end">
      <Select
        label="Kind"
        placeholder="Any"
        clearable
        data={RESOURCES}
        value={search.resource ?? null}
        onChange={(resource) => narrow({ resource: resource ?? undefined })}
        w={140}
      />
      <Select
        label="Verb"
        placeholder="Any"
        clearable
        data={VERBS}
        value={search.action ?? null}
        onChange={(action) => narrow({ action: action ?? undefined })}
        w={130}
      />
      <Select
        label="Result"
        placeholder="Any"
        clearable
        data={["SUCCESS", "FAILURE"]}
        value={search.status ?? null}
        onChange={(status) => narrow({ status: (status as Search["status"]) ?? undefined })}
        w={130}
      />
      <TextInput
        label="Blueprint"
        defaultValue={search.blueprint ?? ""}
        onChange={(event) => later({ blueprint: event.currentTarget.value.trim() })}
        w={160}
      />
      <TextInput
        label="Entity"
        defaultValue={search.entity ?? ""}
        onChange={(event) => later({ entity: event.currentTarget.value.trim() })}
        w={180}
      />
      <TextInput
        label="Run"
        defaultValue={search.run ?? ""}
        onChange={(event) => later({ run: event.currentTarget.value.trim() })}
        w={180}
      />
    </Group>
  );
}
