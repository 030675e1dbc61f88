import { Anchor, Paper, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useBlueprints } from "@/app/queries";
import { EntityPicker } from "@/ui/entity-picker";
import { Empty, Loaded, PageHead } from "@/ui/states";
import { runPath } from "@/ui/value/links";
import { ActionForm } from "./action-form";
import { type WorkflowOffer, workflowOffersQuery } from "./api";
import classes from "./form.module.css";

/** The form of a workflow's trigger. */
export function WorkflowForm({ workflow, trigger }: { workflow: string; trigger: string }) {
  const query = useQuery(workflowOffersQuery);
  return (
    <Loaded query={query}>
      {(offers) => {
        const offer = offers.find((each) => each.workflow === workflow && each.trigger === trigger);
        return offer === undefined ? (
          <Empty title="There is nothing here">No workflow has a trigger of this name that can be pressed.</Empty>
        ) : (
          <Page offer={offer} />
        );
      }}
    </Loaded>
  );
}

function Page({ offer }: { offer: WorkflowOffer }) {
  const search = useSearch({ strict: false }) as { entity?: string };
  const navigate = useNavigate();
  const blueprints = useBlueprints();
  const entity = search.entity ?? null;
  return (
    <>
      <PageHead
        title={offer.title || offer.workflow}
        sub={
          <>
            <Anchor component={Link} to="/self-service" size="sm" underline="always">
              Self-service
            </Anchor>
            {offer.description ? ` · ${offer.description}` : ""}
          </>
        }
      />
      <div className={classes.page}>
        <Paper withBorder p="lg">
          {offer.blueprint && (
            <EntityPicker
              label={`${blueprints.get(offer.blueprint)?.title || offer.blueprint} (optional)`}
              blueprint={offer.blueprint}
              clearable
              value={entity}
              onChange={(next) =>
                void navigate({ to: ".", search: { ...search, entity: next ?? undefined } as never, replace: true })
              }
            />
          )}
          <ActionForm
            key={entity ?? ""}
            subject={{ kind: "workflow", identifier: offer.workflow, trigger: offer.trigger }}
            favourite={`workflow:${offer.workflow}:${offer.trigger}`}
            entity={entity}
            submitText="Run"
            onStarted={(run) => void navigate({ to: runPath(run) })}
            onCancel={() => void navigate({ to: "/self-service" as never })}
          />
        </Paper>
        <Paper withBorder p="md" component="aside" aria-label="What will happen">
          <Text size="sm">Starts the workflow; its page shows every step as it happens.</Text>
        </Paper>
      </div>
    </>
  );
}
