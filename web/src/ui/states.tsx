import { Alert, Button, Center, Code, Group, Skeleton, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle, IconLock, IconMoodEmpty, IconRefresh } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "@/api/errors";

interface EmptyProps {
  title: string;
  children?: ReactNode;
  icon?: ReactNode;
  action?: ReactNode;
}

/** Nothing to show, why, and what to do about it. */
export function Empty({ title, children, icon, action }: EmptyProps) {
  return (
    <Center mih={200} p="lg">
      <Stack align="center" gap="xs" maw={460}>
        <ThemeIcon size={44} radius="xl" variant="light" color="gray" aria-hidden>
          {icon ?? <IconMoodEmpty size={24} />}
        </ThemeIcon>
        <Title order={2} size="h4" ta="center">
          {title}
        </Title>
        {children !== undefined && (
          <Text c="dimmed" ta="center" component="div">
            {children}
          </Text>
        )}
        {action}
      </Stack>
    </Center>
  );
}

/** A problem in the portal's own words, with a way to try again. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  if (error instanceof ApiError && error.isForbidden) {
    return (
      <Empty title="You may not see this" icon={<IconLock size={24} />}>
        {error.message}
      </Empty>
    );
  }
  if (error instanceof ApiError && error.isMissing) {
    return <Empty title="There is nothing here">{error.message}</Empty>;
  }
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title="This could not be loaded" role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{error instanceof Error ? error.message : String(error)}</Text>
        {error instanceof ApiError && error.code !== "unknown" && <Code>{error.code}</Code>}
        {retry !== undefined && (
          <Button size="xs" variant="light" color="red" leftSection={<IconRefresh size={14} />} onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Grey lines where a list is about to be. */
export function LoadingRows({ rows = 8, height = 28 }: { rows?: number; height?: number }) {
  return (
    <Stack gap="xs" aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: rows }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: grey lines have no identity
        <Skeleton key={at} height={height} radius="sm" />
      ))}
    </Stack>
  );
}

interface LoadedProps<T> {
  query: UseQueryResult<T>;
  loading?: ReactNode;
  children: (data: T) => ReactNode;
}

/** What a query gave, or that it is under way, or what went wrong: the three states that every screen has. */
export function Loaded<T>({ query, loading, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  return loading ?? <LoadingRows />;
}

/** A screen's headline with its buttons. */
export function PageHead({ title, children, sub }: { title: ReactNode; children?: ReactNode; sub?: ReactNode }) {
  return (
    <Group justify="space-between" align="flex-start" mb="md" gap="sm">
      <div>
        <Title order={1} size="h3">
          {title}
        </Title>
        {sub !== undefined && (
          <Text c="dimmed" size="sm" component="div">
            {sub}
          </Text>
        )}
      </div>
      {children !== undefined && <Group gap="xs">{children}</Group>}
    </Group>
  );
}
