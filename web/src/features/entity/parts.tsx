import { Badge, Box, Group, Paper, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { colorOf } from "@/ui/status";

/** A part of a page with a headline. */
export function Card({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Group justify="space-between" mb="sm" wrap="nowrap">
        <Title order={2} size="h5">
          {title}
        </Title>
        {aside}
      </Group>
      <Box>{children}</Box>
    </Paper>
  );
}

const METHOD_COLORS: Record<string, string> = {
  GET: "blue",
  SUBSCRIBE: "blue",
  RECEIVE: "blue",
  POST: "green",
  PUBLISH: "green",
  SEND: "green",
  PUT: "orange",
  PATCH: "yellow",
  DELETE: "red",
};

/** A verb of an API. */
export function Verb({ verb }: { verb: string }) {
  return (
    <Badge variant="light" radius="sm" color={colorOf(METHOD_COLORS[verb] ?? "gray")} w={92}>
      {verb}
    </Badge>
  );
}
