import { Anchor, Paper } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Loaded, PageHead } from "@/ui/states";
import { runPath } from "@/ui/value/links";
import { type Action, actionQuery } from "./api";
import classes from "./form.module.css";
import { RunForm } from "./run-form";
import { Summary } from "./summary";
import { WorkflowForm } from "./workflow-form";

interface Search {
  entity?: string;
  from?: string;
  trigger?: string;
}

const HUB = (
  <Anchor component={Link} to="/self-service" size="sm" underline="always">
    Self-service
  </Anchor>
);

/** The form of an action as a page: `entity` and the run that it is filled in from are in the address. */
export function ActionPage() {
  const { action } = useParams({ strict: false }) as { action: string };
  const { trigger } = useSearch({ strict: false }) as Search;
  return trigger === undefined ? (
    <OfAction key={action} identifier={action} />
  ) : (
    <WorkflowForm key={action} workflow={action} trigger={trigger} />
  );
}

function OfAction({ identifier }: { identifier: string }) {
  const query = useQuery(actionQuery(identifier));
  return <Loaded query={query}>{(action) => <Page action={action} />}</Loaded>;
}

function Page({ action }: { action: Action }) {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const entity = search.entity ?? null;
  return (
    <>
      <PageHead
        title={action.title || action.identifier}
        sub={
          <>
            {HUB}
            {action.description ? ` · ${action.description}` : ""}
          </>
        }
      />
      <div className={classes.page}>
        <Paper withBorder p="lg">
          <RunForm
            action={action}
            entity={entity}
            from={search.from}
            onEntity={(next) =>
              void navigate({
                to: ".",
                search: { ...search, entity: next ?? undefined } as never,
                replace: true,
              })
            }
            onStarted={(run) => void navigate({ to: runPath(run) })}
            onCancel={() => void navigate({ to: "/self-service" as never })}
          />
        </Paper>
        <Summary action={action} entity={entity} />
      </div>
    </>
  );
}
