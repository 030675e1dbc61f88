import { Alert, Anchor, Badge, Button, Group, Stack, Table, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { call } from "@/api/client";
import { scorecardsResults } from "@/api/generated";
import { useBlueprints } from "@/app/queries";
import { askBefore } from "@/ui/dialogs";
import { showDone, showProblem } from "@/ui/notify";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { EntityLink } from "@/ui/value/links";
import { scorecardsQuery, useDeleteScorecard, useSaveScorecard } from "./api";
import { useDocument } from "./document";
import { Draft } from "./editor";
import { SCORECARDS, withoutStamps } from "./model";

const BLANK = {
  identifier: "",
  title: "",
  levels: [
    { title: "Basic", color: "paleBlue" },
    { title: "Bronze", color: "bronze" },
    { title: "Silver", color: "silver" },
    { title: "Gold", color: "gold" },
  ],
  rules: [
    {
      identifier: "has_title",
      title: "Has a title",
      level: "Bronze",
      query: { combinator: "and", conditions: [{ property: "$title", operator: "isNotEmpty" }] },
    },
  ],
};

interface Results {
  results: { entity: string; level: string; rules: { identifier: string; status: string }[] }[];
  counts: { levels: { level: string; count: number }[] } | null;
}

const resultsQuery = (blueprint: string, identifier: string) =>
  queryOptions({
    queryKey: ["scorecards", blueprint, identifier, "results"],
    queryFn: () => call<Results>(scorecardsResults({ path: { blueprint, identifier } } as never)),
    // a new scorecard is worked out in the background
    refetchInterval: ({ state }) => (state.data?.results.length === 0 ? 2_000 : false),
  });

/** One scorecard: its rules, and how the entities stand. */
export function ScorecardScreen() {
  const { blueprint, scorecard } = useParams({ strict: false }) as { blueprint: string; scorecard: string };
  const scorecards = useQuery(scorecardsQuery);
  if (scorecard === "new") return <Editor blueprint={blueprint} was={null} stored={BLANK} title="New scorecard" />;
  return (
    <Loaded query={scorecards}>
      {(all) => {
        const found = all.find((each) => each.blueprint === blueprint && each.identifier === scorecard);
        if (!found) return <Empty title="There is nothing here">No scorecard is called “{scorecard}”.</Empty>;
        return (
          <Editor key={found.updatedAt} blueprint={blueprint} was={scorecard} stored={found} title={found.title} />
        );
      }}
    </Loaded>
  );
}

interface EditorProps {
  blueprint: string;
  was: string | null;
  stored: object;
  title: string;
}

function Editor({ blueprint, was, stored, title }: EditorProps) {
  const navigate = useNavigate();
  const blueprints = useBlueprints();
  const clean = useMemo(() => {
    const { blueprint: _blueprint, ...kept } = withoutStamps(stored);
    return kept;
  }, [stored]);
  const document = useDocument(clean);
  const save = useSaveScorecard(blueprint, was);
  const remove = useDeleteScorecard(blueprint);
  const home = `/builder/scorecards/${encodeURIComponent(blueprint)}`;
  const done = () => {
    showDone("Saved");
    const now = String(document.value?.identifier);
    if (now !== was) void navigate({ to: `${home}/${encodeURIComponent(now)}` });
  };
  return (
    <Stack>
      <PageHead
        title={title}
        sub={
          <>
            <Anchor component={Link} to={SCORECARDS as never} size="sm" underline="always">
              Scorecards
            </Anchor>{" "}
            · {blueprints.get(blueprint)?.title ?? blueprint}
          </>
        }
      >
        {was !== null && (
          <Button
            variant="default"
            leftSection={<IconTrash size={16} />}
            onClick={() =>
              askBefore({
                title: `Delete scorecard ${title}?`,
                children: "Its results go with it.",
                confirm: "Delete",
                onConfirm: () =>
                  remove.mutate(was, {
                    onSuccess: () => void navigate({ to: SCORECARDS as never }),
                    onError: showProblem,
                  }),
              })
            }
          >
            Delete
          </Button>
        )}
      </PageHead>
      <Draft
        label="Scorecard"
        document={document}
        operation={["post", "/v1/blueprints/{blueprint}/scorecards"]}
        height="460px"
        save={save}
        onSaved={done}
      />
      {was !== null && <Standing blueprint={blueprint} identifier={was} />}
    </Stack>
  );
}

function Standing({ blueprint, identifier }: { blueprint: string; identifier: string }) {
  const results = useQuery(resultsQuery(blueprint, identifier));
  return (
    <Loaded query={results}>
      {({ results: rows, counts }) =>
        rows.length === 0 ? (
          <Alert color="gray">No entity is measured by it.</Alert>
        ) : (
          <Stack gap="xs">
            <Group gap="xs">
              {(counts?.levels ?? []).map(({ level, count }) => (
                <Badge key={level} variant="default" tt="none">
                  {level}: {count}
                </Badge>
              ))}
            </Group>
            <Table aria-label="Results">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Entity</Table.Th>
                  <Table.Th>Level</Table.Th>
                  <Table.Th>Rules passed</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((row) => (
                  <Table.Tr key={row.entity}>
                    <Table.Td>
                      <EntityLink blueprint={blueprint} identifier={row.entity} />
                    </Table.Td>
                    <Table.Td>
                      <Text size="sm">{row.level}</Text>
                    </Table.Td>
                    <Table.Td>
                      {row.rules.filter(({ status }) => status === "SUCCESS").length} of {row.rules.length}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Stack>
        )
      }
    </Loaded>
  );
}
