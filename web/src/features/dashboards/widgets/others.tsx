import { Anchor, Button, List, ScrollArea, Stack, Table, Text } from "@mantine/core";
import { IconBolt } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useBlueprints } from "@/app/queries";
import { useUser } from "@/app/session";
import { Markdown } from "@/ui/markdown";
import { recentEntities } from "@/ui/recent";
import { Empty, Loaded } from "@/ui/states";
import { EntityLink, OutLink, safeHref } from "@/ui/value/links";
import { PropertyValue } from "@/ui/value/property-value";
import { someEntitiesQuery } from "../api";
import { queryOf, type Widget } from "../model";

const ROWS = 100;
const SHOWN = 5;

/** The first entities of a query with their first properties; the whole table is a page of its own. */
export function TableWidget({ widget }: { widget: Widget }) {
  const blueprints = useBlueprints();
  const entities = useQuery(someEntitiesQuery(queryOf(widget), ROWS));
  const blueprint = blueprints.get(String(widget.blueprint));
  const columns = Object.entries(blueprint?.schema.properties ?? {}).slice(0, SHOWN);
  return (
    <Loaded query={entities}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title="No entities" />
        ) : (
          <ScrollArea h="100%" type="auto" viewportProps={{ tabIndex: 0, "aria-label": widget.title } as never}>
            <Table aria-label={widget.title ?? "Entities"} stickyHeader>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{blueprint?.title ?? "Entity"}</Table.Th>
                  {columns.map(([name, definition]) => (
                    <Table.Th key={name}>{definition.title ?? name}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((entity) => (
                  <Table.Tr key={`${entity.blueprint}:${entity.identifier}`}>
                    <Table.Td>
                      <EntityLink blueprint={entity.blueprint} identifier={entity.identifier} title={entity.title} />
                    </Table.Td>
                    {columns.map(([name, definition]) => (
                      <Table.Td key={name} maw={260}>
                        <PropertyValue value={entity.properties[name]} definition={definition} />
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </ScrollArea>
        )
      }
    </Loaded>
  );
}

/** A text. */
export function MarkdownWidget({ widget }: { widget: Widget }) {
  return (
    <ScrollArea h="100%" type="auto" viewportProps={{ tabIndex: 0, "aria-label": widget.title ?? "Text" } as never}>
      <Markdown text={String(widget.markdown ?? "")} />
    </ScrollArea>
  );
}

/** A page of somebody else, in a sandbox: it has neither our cookies nor our origin. */
export function FrameWidget({ widget }: { widget: Widget }) {
  const url = safeHref(String(widget.url ?? ""));
  if (url === undefined || !url.startsWith("http")) {
    return <Empty title="This address cannot be shown">{String(widget.url ?? "It is empty.")}</Empty>;
  }
  return (
    <iframe
      src={url}
      title={widget.title ?? url}
      sandbox="allow-scripts allow-forms allow-popups"
      referrerPolicy="no-referrer"
      loading="lazy"
      style={{ border: 0, width: "100%", height: "100%" }}
    />
  );
}

/** Actions to start from here. */
export function ActionsWidget({ widget }: { widget: Widget }) {
  const actions = (Array.isArray(widget.actions) ? widget.actions : []).map((each) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? String(each.action ?? each.identifier)
      : String(each),
  );
  if (actions.length === 0) return <Empty title="No actions are chosen" />;
  return (
    <Stack gap="xs">
      {actions.map((action) => (
        <Button
          key={action}
          component={Link}
          to={`/self-service/${encodeURIComponent(action)}`}
          variant="light"
          justify="flex-start"
          leftSection={<IconBolt size={16} />}
        >
          {action}
        </Button>
      ))}
    </Stack>
  );
}

/** Links. */
export function LinksWidget({ widget }: { widget: Widget }) {
  const links = (Array.isArray(widget.links) ? widget.links : []) as { title?: string; name?: string; url?: string }[];
  return (
    <List size="sm" spacing={4}>
      {links.map(({ title, name, url }) => (
        <List.Item key={url}>
          <OutLink href={String(url ?? "")}>{title ?? name}</OutLink>
        </List.Item>
      ))}
    </List>
  );
}

/** What the user's teams own. */
export function MyEntities() {
  const { teamNames } = useUser();
  const query = {
    combinator: "or" as const,
    rules: [{ property: "$team", operator: "containsAny", value: teamNames }],
  };
  const entities = useQuery({ ...someEntitiesQuery(query, 50), enabled: teamNames.length > 0 });
  if (teamNames.length === 0) {
    return <Empty title="You are in no team yet">What your teams own is shown here.</Empty>;
  }
  return (
    <Loaded query={entities}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title="Your teams own nothing yet" />
        ) : (
          <Entities rows={rows.map(({ blueprint, identifier, title }) => ({ blueprint, identifier, title }))} />
        )
      }
    </Loaded>
  );
}

/** What was looked at in this browser. */
export function RecentlyViewed() {
  const rows = recentEntities();
  if (rows.length === 0) return <Empty title="Nothing yet">Entities that you open are listed here.</Empty>;
  return <Entities rows={rows} />;
}

function Entities({ rows }: { rows: { blueprint: string; identifier: string; title: string | null }[] }) {
  const blueprints = useBlueprints();
  return (
    <ScrollArea h="100%" type="auto">
      <Stack gap={4}>
        {rows.map((row) => (
          <Text key={`${row.blueprint}:${row.identifier}`} size="sm" truncate component="div">
            <EntityLink {...row} />{" "}
            <Text span c="dimmed" size="xs">
              {blueprints.get(row.blueprint)?.title ?? row.blueprint}
            </Text>
          </Text>
        ))}
      </Stack>
    </ScrollArea>
  );
}

/** A kind of widget that Fairway does not draw. */
export function UnknownWidget({ widget }: { widget: Widget }) {
  return (
    <Empty title="Not drawn here">
      Fairway keeps widgets of the kind “{widget.type}”, and does not draw them. See{" "}
      <Anchor href="/docs" inherit underline="always">
        the documentation
      </Anchor>
      .
    </Empty>
  );
}
