import { ActionIcon, Anchor, CopyButton, Group, Paper, Text, TextInput, Title, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy, IconExternalLink } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { safeHref } from "@/ui/value/links";
import classes from "./gitops.module.css";

interface PartProps {
  title: string;
  children: ReactNode;
  aside?: ReactNode;
  sub?: ReactNode;
}

/** A part of a screen with a headline. */
export function Part({ title, children, aside, sub }: PartProps) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Group justify="space-between" mb={sub === undefined ? "sm" : 2} gap="xs">
        <Title order={2} size="h5">
          {title}
        </Title>
        {aside}
      </Group>
      {sub !== undefined && (
        <Text size="sm" c="dimmed" mb="sm">
          {sub}
        </Text>
      )}
      {children}
    </Paper>
  );
}

/** The way back up. */
export function Crumbs({ steps }: { steps: { title: string; to: string }[] }) {
  return (
    <Group component="nav" aria-label="Breadcrumb" gap={6} mb={2}>
      {steps.map(({ title, to }, at) => (
        <Group key={to} gap={6} wrap="nowrap" miw={0}>
          {at > 0 && (
            <Text size="sm" c="dimmed" aria-hidden>
              /
            </Text>
          )}
          <Anchor component={Link} to={to} size="sm" underline="always" truncate>
            {title}
          </Anchor>
        </Group>
      ))}
    </Group>
  );
}

interface PlaceProps {
  href: string | null | undefined;
  children: string;
  /** Words rather than a path. */
  words?: boolean;
}

/** A place in a file as a link to the forge; plain when there is no page of it. */
export function PlaceLink({ href, children, words }: PlaceProps) {
  const safe = href ? safeHref(href) : undefined;
  const look = words ? undefined : classes.place;
  if (safe === undefined) return words ? null : <span className={look}>{children}</span>;
  return (
    <span className={look}>
      <Anchor href={safe} target="_blank" rel="noopener noreferrer" className={look} size="sm" underline="always">
        {children}
        <span className="visually-hidden"> (opens in a new tab)</span>
      </Anchor>
      <IconExternalLink size={12} aria-hidden className={classes.out} />
    </span>
  );
}

/** A value to be taken elsewhere. */
export function Copied({ label, value, description }: { label: string; value: string; description?: string }) {
  return (
    <Group gap="xs" wrap="nowrap" align="flex-end">
      <TextInput
        label={label}
        description={description}
        value={value}
        readOnly
        flex={1}
        miw={0}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        onFocus={(event) => event.currentTarget.select()}
      />
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? "Copied" : "Copy"}>
            <ActionIcon variant="default" size={36} onClick={copy} aria-label={`Copy ${label.toLowerCase()}`}>
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}
