import { Alert, Anchor, Group, Paper, Stack, Table, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import type { Json } from "@/api/model";
import type { Field } from "@/features/pages/fields";
import { Code } from "@/ui/code";
import { Markdown } from "@/ui/markdown";
import { OutLink, safeHref } from "@/ui/value/links";
import classes from "./entity.module.css";
import { apiOf, specialOf } from "./model";
import { Verb } from "./parts";

/** A property that is read rather than glanced at, in a tab of its own. */
export function SpecialValue({ field, value }: { field: Field; value: Json }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  switch (specialOf(field.definition)) {
    case "markdown":
      return (
        <Paper withBorder p="lg" maw={900}>
          <Markdown text={text} />
        </Paper>
      );
    case "embedded-url":
      return <Embedded title={field.title} url={text} />;
    case "open-api":
    case "async-api":
      return safeHref(text) === undefined ? <ApiDescription field={field} value={value} /> : <Elsewhere url={text} />;
    case "yaml":
      return <Code value={text} language="yaml" label={field.title} readOnly height="60vh" />;
    default:
      return <Code value={text} language="json" label={field.title} readOnly height="60vh" />;
  }
}

function Elsewhere({ url }: { url: string }) {
  return (
    <Alert icon={<IconInfoCircle aria-hidden />} title="The description is kept elsewhere">
      <OutLink href={url} />
    </Alert>
  );
}

/**
 * A page of another site. It may run scripts but not reach the portal: a page of the portal's own origin gets an
 * origin of its own, others keep theirs so that their sessions work.
 */
function Embedded({ title, url }: { title: string; url: string }) {
  const safe = safeHref(url);
  if (safe === undefined || !safe.startsWith("http")) {
    return (
      <Alert color="yellow" variant="outline" title="This address cannot be shown here">
        {url}
      </Alert>
    );
  }
  const own = new URL(safe).origin === window.location.origin;
  return (
    <Stack gap="xs">
      <Text size="sm">
        Shown from <OutLink href={safe} />
      </Text>
      <iframe
        className={classes.embedded}
        title={title}
        src={safe}
        sandbox={`allow-scripts allow-forms allow-popups${own ? "" : " allow-same-origin"}`}
        referrerPolicy="no-referrer"
        loading="lazy"
      />
    </Stack>
  );
}

function ApiDescription({ field, value }: { field: Field; value: Json }) {
  const api = apiOf(value);
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const source = text.trimStart().startsWith("{") ? pretty(text) : text;
  return (
    <Stack gap="md">
      {api && (
        <Paper withBorder p="md">
          <Group gap="xs" mb="xs">
            <Text fw={600}>{api.title || field.title}</Text>
            {api.version && <Text c="dimmed">version {api.version}</Text>}
          </Group>
          {api.description && <Markdown text={api.description} />}
          {api.servers.map((server) => (
            <Text key={server} size="sm">
              {safeHref(server) ? <OutLink href={server} /> : server}
            </Text>
          ))}
          {api.operations.length === 0 ? (
            <Text size="sm" c="dimmed">
              It describes no operation.
            </Text>
          ) : (
            <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
              <Table aria-label={`Operations of ${field.title}`}>
                <Table.Tbody>
                  {api.operations.map(({ method, path, summary, deprecated }) => (
                    <Table.Tr key={`${method} ${path} ${summary}`}>
                      <Table.Td w={120}>
                        <Verb verb={method} />
                      </Table.Td>
                      <Table.Td ff="monospace">{path}</Table.Td>
                      <Table.Td>
                        {summary}
                        {deprecated && " (deprecated)"}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )}
        </Paper>
      )}
      <Code
        value={source}
        language={source.startsWith("{") ? "json" : "yaml"}
        label={`${field.title}, source`}
        readOnly
        height="50vh"
      />
      <Anchor component="span" size="xs" c="dimmed" underline="never">
        {source.length.toLocaleString()} characters
      </Anchor>
    </Stack>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
