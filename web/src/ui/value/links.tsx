import { Anchor, Text } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

/** The address of an entity's page. */
export function entityPath(blueprint: string, identifier: string): string {
  return `/entities/${encodeURIComponent(blueprint)}/${encodeURIComponent(identifier)}`;
}

/** The address of a run's page. */
export function runPath(id: string): string {
  return `/runs/${encodeURIComponent(id)}`;
}

interface EntityLinkProps {
  blueprint: string;
  identifier: string;
  title?: string | null;
}

/** A way to an entity. */
export function EntityLink({ blueprint, identifier, title }: EntityLinkProps) {
  return (
    <Anchor component={Link} to={entityPath(blueprint, identifier)} size="sm" truncate title={identifier}>
      {title || identifier}
    </Anchor>
  );
}

/** A way to a run. */
export function RunLink({ id, title }: { id: string; title?: string | null }) {
  return (
    <Anchor component={Link} to={runPath(id)} size="sm" truncate title={id}>
      {title || id}
    </Anchor>
  );
}

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** Where a value of the catalog may lead; undefined for anything that could run in the page. */
export function safeHref(text: string): string | undefined {
  try {
    const url = new URL(text);
    return SCHEMES.has(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** A link out of the portal; text alone when the address is not one of the web. */
export function OutLink({ href, children }: { href: string; children?: string }) {
  const safe = safeHref(href);
  if (safe === undefined) {
    return (
      <Text size="sm" truncate>
        {children ?? href}
      </Text>
    );
  }
  return (
    <Anchor href={safe} target="_blank" rel="noopener noreferrer" size="sm" truncate title={href}>
      {children ?? href.replace(/^https?:\/\//, "")} <IconExternalLink size={12} aria-hidden />
    </Anchor>
  );
}
