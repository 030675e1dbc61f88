import { Anchor, Badge, Button, Group, Menu, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useBlueprints } from "@/app/queries";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { colorOf } from "@/ui/status";
import { SearchTable } from "@/ui/table";
import { scorecardsQuery } from "./api";

/** What entities are measured by. */
export function Scorecards() {
  const scorecards = useQuery(scorecardsQuery);
  const blueprints = useBlueprints();
  return (
    <Stack>
      <PageHead title="Scorecards" sub="Rules that entities pass, and the levels they reach.">
        <Menu position="bottom-end">
          <Menu.Target>
            <Button leftSection={<IconPlus size={16} />}>New scorecard</Button>
          </Menu.Target>
          <Menu.Dropdown mah={360} style={{ overflowY: "auto" }}>
            <Menu.Label>For entities of</Menu.Label>
            {[...blueprints.values()]
              .filter((blueprint) => !blueprint.identifier.startsWith("_"))
              .map((blueprint) => (
                <Menu.Item
                  key={blueprint.identifier}
                  component={Link}
                  to={`/builder/scorecards/${encodeURIComponent(blueprint.identifier)}/new`}
                >
                  {blueprint.title}
                </Menu.Item>
              ))}
          </Menu.Dropdown>
        </Menu>
      </PageHead>
      <Loaded query={scorecards}>
        {(rows) => (
          <SearchTable
            label="Scorecards"
            rows={rows}
            keyOf={(row) => `${row.blueprint}:${row.identifier}`}
            empty={<Empty title="No scorecards yet">A scorecard says what good looks like, in rules.</Empty>}
            columns={[
              {
                title: "Scorecard",
                text: (row) => `${row.title} ${row.identifier}`,
                cell: (row) => (
                  <Anchor
                    component={Link}
                    to={`/builder/scorecards/${encodeURIComponent(row.blueprint)}/${encodeURIComponent(row.identifier)}`}
                    size="sm"
                    fw={500}
                  >
                    {row.title}
                  </Anchor>
                ),
              },
              {
                title: "Measures",
                text: (row) => row.blueprint,
                cell: (row) => <Text size="sm">{blueprints.get(row.blueprint)?.title ?? row.blueprint}</Text>,
              },
              { title: "Rules", cell: (row) => row.rules.length, wide: true },
              {
                title: "Levels",
                cell: (row) => (
                  <Group gap={4}>
                    {row.levels.map((level) => (
                      <Badge key={level.title} variant="light" color={colorOf(level.color)} tt="none">
                        {level.title}
                      </Badge>
                    ))}
                  </Group>
                ),
                wide: true,
              },
            ]}
          />
        )}
      </Loaded>
    </Stack>
  );
}
