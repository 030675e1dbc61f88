import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { showDone } from "@/ui/notify";
import { Empty, Loaded } from "@/ui/states";
import { SearchTable } from "@/ui/table";
import { Ago } from "@/ui/time";
import { RunLink } from "@/ui/value/links";
import { type Letter, lettersQuery, useRedrive } from "./api";

const EMPTY = (
  <Empty title="Everything was delivered">What the portal cannot deliver after several attempts is kept here.</Empty>
);

/** Deliveries that were given up: why, and a way to try once more. */
export function Letters() {
  const query = useQuery(lettersQuery);
  return (
    <Loaded query={query}>
      {(letters) => (
        <SearchTable<Letter>
          label="Not delivered"
          rows={letters}
          keyOf={(letter) => letter.id}
          empty={EMPTY}
          columns={[
            {
              title: "What",
              cell: (letter) => (letter.runId ? <RunLink id={letter.runId} /> : <Text size="sm">{letter.kind}</Text>),
              text: (letter) => `${letter.runId ?? ""} ${letter.kind}`,
            },
            {
              title: "Why",
              cell: (letter) => (
                <Text size="sm" lineClamp={2} title={letter.lastError}>
                  {letter.lastError}
                </Text>
              ),
              text: (letter) => letter.lastError,
            },
            { title: "Attempts", cell: (letter) => letter.attempts, wide: true, width: 90 },
            { title: "Given up", cell: (letter) => <Ago at={letter.diedAt} />, wide: true, width: 140 },
            { title: "", cell: (letter) => letter.runId && <Again run={letter.runId} />, width: 150 },
          ]}
        />
      )}
    </Loaded>
  );
}

function Again({ run }: { run: string }) {
  const redrive = useRedrive();
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={redrive.isPending}
      aria-label={`Hand over again: ${run}`}
      onClick={() => redrive.mutate(run, { onSuccess: () => showDone("Handed over again") })}
    >
      Hand over again
    </Button>
  );
}
