import { ActionIcon, Button, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Blueprint, Entity } from "@/api/model";
import { useBlueprints } from "@/app/queries";
import { ManagedInGit } from "@/features/gitops/claims";
import type { Field } from "@/features/pages/fields";
import { fieldsOf, heldBy } from "@/features/pages/fields";
import { isEditable, QuickEdit } from "@/features/pages/quick-edit";
import { FieldValue, Level } from "@/features/pages/table/cells";
import { JsonView } from "@/ui/code";
import { Markdown } from "@/ui/markdown";
import { Loaded, LoadingRows } from "@/ui/states";
import { explainedQuery } from "./api";
import classes from "./entity.module.css";
import { overviewFields, specialOf } from "./model";
import { Card } from "./parts";

interface Props {
  entity: Entity;
  blueprint: Blueprint;
}

/** What an entity is, at a glance: its values, what it is related to, how it scores. */
export function Overview({ entity, blueprint }: Props) {
  const blueprints = useBlueprints();
  const [edited, setEdited] = useState<Field | null>(null);
  const { own, derived } = overviewFields(entity, blueprint, blueprints);
  const relations = fieldsOf(blueprint, blueprints).filter(({ source }) => source === "relation");
  const facts = (fields: Field[]) => <Facts entity={entity} blueprint={blueprint} fields={fields} onEdit={setEdited} />;
  return (
    <div className={classes.columns}>
      <Stack gap="md">
        <Card title="Properties">
          {own.length === 0 ? (
            <Text size="sm" c="dimmed">
              {blueprint.title} has no properties.
            </Text>
          ) : (
            facts(own)
          )}
        </Card>
        {derived.length > 0 && <Card title="Worked out by the portal">{facts(derived)}</Card>}
        <LongText entity={entity} blueprint={blueprint} />
      </Stack>
      <Stack gap="md">
        {relations.length > 0 && (
          <Card title="Relations" aside={<More tab="related">All related</More>}>
            {facts(relations)}
          </Card>
        )}
        <Scores entity={entity} />
        <ManagedInGit entity={entity} />
        <Card title="Record">
          {facts(fieldsOf(blueprint, blueprints).filter(({ id }) => /^\$(created|updated)/.test(id)))}
        </Card>
      </Stack>
      {edited && <QuickEdit blueprint={blueprint} entity={entity} field={edited} onClose={() => setEdited(null)} />}
    </div>
  );
}

function More({ tab, children }: { tab: string; children: string }) {
  return (
    <Button component={Link} to="." search={{ tab } as never} size="compact-xs" variant="subtle">
      {children}
    </Button>
  );
}

interface FactsProps extends Props {
  fields: Field[];
  onEdit: (field: Field) => void;
}

function Facts({ entity, blueprint, fields, onEdit }: FactsProps) {
  return (
    <dl className={classes.facts}>
      {fields.map((field) => (
        <div key={field.id} className={classes.fact}>
          <dt>
            <Tooltip label={field.description} disabled={!field.description} multiline maw={320}>
              <span>{field.title}</span>
            </Tooltip>
            {isEditable(field, blueprint) && (
              <ActionIcon
                className={classes.edit}
                size={24}
                variant="subtle"
                color="gray"
                aria-label={`Edit ${field.title}`}
                onClick={() => onEdit(field)}
              >
                <IconPencil size={14} />
              </ActionIcon>
            )}
          </dt>
          <dd>
            <Value entity={entity} field={field} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

const SMALL = 120;

function Value({ entity, field }: { entity: Entity; field: Field }) {
  const value = heldBy(entity, field);
  if (specialOf(field.definition) === "json" && value !== null && value !== undefined) {
    const lines = JSON.stringify(value, null, 2).split("\n").length;
    return (
      <div style={{ width: "100%" }}>
        <JsonView value={value} label={field.title} height={`${Math.min(lines * 22 + 16, 2 * SMALL)}px`} />
      </div>
    );
  }
  if (field.kind === "text" && field.definition && !field.definition.format && typeof value === "string") {
    return (
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {value || "—"}
      </Text>
    );
  }
  return <FieldValue entity={entity} field={field} />;
}

function LongText({ entity, blueprint }: Props) {
  const blueprints = useBlueprints();
  const field = fieldsOf(blueprint, blueprints).find(
    (each) => specialOf(each.definition) === "markdown" && Boolean(heldBy(entity, each)),
  );
  if (field === undefined) return null;
  return (
    <Card title={field.title}>
      <Markdown text={String(heldBy(entity, field))} />
    </Card>
  );
}

function Scores({ entity }: { entity: Entity }) {
  const query = useQuery(explainedQuery(entity.blueprint, entity.identifier));
  if (query.data?.length === 0) return null;
  return (
    <Card title="Scorecards" aside={<More tab="scorecards">Why</More>}>
      <Loaded query={query} loading={<LoadingRows rows={2} height={22} />}>
        {(cards) => (
          <Stack gap="xs">
            {cards.map(({ identifier, title, level, levels, rules, applies }) => (
              <Group key={identifier} justify="space-between" wrap="nowrap">
                <div>
                  <Text size="sm">{title}</Text>
                  <Text size="xs" c="dimmed">
                    {applies
                      ? `${rules.filter(({ status }) => status === "SUCCESS").length} of ${rules.length} rules pass`
                      : "does not apply"}
                  </Text>
                </div>
                {level && <Level level={level} levels={levels} />}
              </Group>
            ))}
          </Stack>
        )}
      </Loaded>
    </Card>
  );
}
