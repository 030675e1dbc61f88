import { Alert, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useBlueprints } from "@/app/queries";
import { EntityPicker } from "@/ui/entity-picker";
import { Loaded } from "@/ui/states";
import { ActionForm } from "./action-form";
import { type Action, formerRunQuery, type Values } from "./api";

interface Props {
  action: Action;
  entity: string | null;
  onEntity?: (entity: string | null) => void;
  /** A run whose values are filled in. */
  from?: string;
  onStarted: (run: string) => void;
  onCancel?: () => void;
}

const MASK = "***";

/** What of an earlier run can be filled in again: sealed values cannot. */
function again(raw: Values, properties: Values): Values {
  return Object.fromEntries(Object.entries(raw).filter(([name]) => properties[name] !== MASK));
}

/** The form of an action, with the entity that it is run on to be chosen first. */
export function RunForm(props: Props) {
  const former = useQuery({ ...formerRunQuery(props.from ?? ""), enabled: props.from !== undefined });
  if (props.from === undefined) return <Asked {...props} />;
  return (
    <Loaded query={former}>
      {(run) => <Asked {...props} initial={again(run.rawProperties ?? {}, run.properties)} />}
    </Loaded>
  );
}

function Asked({ action, entity, onEntity, onStarted, onCancel, initial }: Props & { initial?: Values }) {
  const blueprints = useBlueprints();
  const { operation, blueprintIdentifier: blueprint, condition, executeActionButtonText } = action.trigger;
  const about = operation !== "CREATE" && blueprint !== undefined;
  const word = blueprint ? blueprints.get(blueprint)?.title || blueprint : "";
  return (
    <>
      {about && onEntity && (
        <EntityPicker
          label={word}
          description={condition ? "Only those on which this action is offered" : undefined}
          required
          blueprint={blueprint}
          dataset={condition ? { combinator: condition.combinator, rules: condition.rules } : null}
          placeholder="Search by name"
          value={entity}
          onChange={onEntity}
          clearable
        />
      )}
      {about && entity === null ? (
        <Alert mt="md" color="gray" icon={<IconInfoCircle aria-hidden />}>
          <Text size="sm">Choose the {word.toLowerCase()} first: what is asked may depend on it.</Text>
        </Alert>
      ) : (
        <div style={{ marginTop: about && onEntity ? "var(--mantine-spacing-md)" : 0 }}>
          <ActionForm
            key={entity ?? ""}
            subject={{ kind: "action", identifier: action.identifier }}
            favourite={action.identifier}
            entity={about ? entity : null}
            initial={initial}
            submitText={executeActionButtonText || (operation === "DELETE" ? "Delete" : "Run")}
            danger={operation === "DELETE"}
            onStarted={onStarted}
            onCancel={onCancel}
          />
        </div>
      )}
    </>
  );
}
