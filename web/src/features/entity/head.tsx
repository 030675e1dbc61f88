import { ActionIcon, Anchor, Breadcrumbs, Button, CopyButton, Group, Menu, Text, Title, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy, IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Blueprint, Entity } from "@/api/model";
import { usePermitted } from "@/app/decisions";
import { GitBadge } from "@/features/gitops/claims";
import { pagesQuery, scorecardsQuery } from "@/features/pages/api";
import { Level, Teams } from "@/features/pages/table/cells";
import { Ago } from "@/ui/time";
import { ActionsMenu } from "./actions-menu";
import { DeleteDialog } from "./delete-dialog";
import { EntityForm } from "./form/entity-form";

interface Props {
  entity: Entity;
  blueprint: Blueprint;
}

/** What an entity is, whose it is, how fresh it is, and what can be done with it. */
export function Head({ entity, blueprint }: Props) {
  const [dialog, setDialog] = useState<"edit" | "delete" | null>(null);
  const resource = { blueprint: blueprint.identifier, entity: entity.identifier };
  const update = usePermitted({ action: "update", resource });
  const remove = usePermitted({ action: "unregister", resource });
  const page = useCatalogPage(blueprint.identifier);
  const navigate = useNavigate();
  const name = entity.title || entity.identifier;
  return (
    <header>
      <Crumbs blueprint={blueprint} page={page} name={name} />
      <Group justify="space-between" align="flex-start" gap="sm" mb={6}>
        <Title order={1} size="h3" style={{ overflowWrap: "anywhere" }}>
          {name}
        </Title>
        <Group gap={6}>
          <ActionsMenu entity={entity} />
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPencil size={15} aria-hidden />}
            onClick={() => setDialog("edit")}
            {...update}
          >
            Edit
          </Button>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="default" size={30} aria-label="More">
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item component={Link} to="." search={{ tab: "json" } as never}>
                Show as JSON
              </Menu.Item>
              <Menu.Item
                color="red"
                leftSection={<IconTrash size={15} />}
                onClick={() => setDialog("delete")}
                {...remove}
              >
                Delete…
                {remove.title && (
                  <Text size="xs" c="dimmed">
                    {remove.title}
                  </Text>
                )}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      </Group>
      <Line entity={entity} />
      {dialog === "edit" && (
        <EntityForm
          blueprint={blueprint}
          entity={entity}
          onClose={() => setDialog(null)}
          onDone={() => setDialog(null)}
        />
      )}
      {dialog === "delete" && (
        <DeleteDialog
          blueprint={blueprint.identifier}
          identifiers={[entity.identifier]}
          name={name}
          onClose={() => setDialog(null)}
          onDone={() => void navigate({ to: page === undefined ? "/" : pagePath(page.identifier) })}
        />
      )}
    </header>
  );
}

function pagePath(identifier: string): string {
  return `/pages/${encodeURIComponent(identifier)}`;
}

/** The first page of the catalog about a blueprint. */
function useCatalogPage(blueprint: string) {
  const pages = useQuery(pagesQuery).data;
  return pages?.find((page) => page.blueprint === blueprint && page.type === "blueprint-entities");
}

interface CrumbsProps {
  blueprint: Blueprint;
  page: ReturnType<typeof useCatalogPage>;
  name: string;
}

function Crumbs({ blueprint, page, name }: CrumbsProps) {
  const title = page?.title ?? blueprint.title ?? blueprint.identifier;
  return (
    <nav aria-label="Breadcrumb">
      <Breadcrumbs mb={6} separatorMargin={6} style={{ flexWrap: "wrap" }}>
        {page ? (
          <Anchor component={Link} to={pagePath(page.identifier)} size="sm">
            {title}
          </Anchor>
        ) : (
          <Text size="sm">{title}</Text>
        )}
        <Text size="sm" c="dimmed" aria-current="page" truncate>
          {name}
        </Text>
      </Breadcrumbs>
    </nav>
  );
}

function Line({ entity }: { entity: Entity }) {
  const cards = useQuery(scorecardsQuery(entity.blueprint)).data ?? [];
  return (
    <Group gap="sm" mb="md">
      <Group gap={2} wrap="nowrap" miw={0}>
        <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {entity.identifier}
        </Text>
        <CopyButton value={entity.identifier}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? "Copied" : "Copy"}>
              <ActionIcon variant="subtle" color="gray" size={24} onClick={copy} aria-label="Copy identifier">
                {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </Group>
      <GitBadge entity={entity} />
      {(entity.team?.length ?? 0) > 0 && <Teams teams={entity.team} />}
      {cards.map(({ identifier, title, levels }) => {
        const level = entity.scorecards?.[identifier]?.level;
        if (!level) return null;
        return (
          <Group key={identifier} gap={6} wrap="nowrap">
            <Text size="sm" c="dimmed">
              {title}
            </Text>
            <Level level={level} levels={levels} />
          </Group>
        );
      })}
      <Text size="sm" c="dimmed">
        updated <Ago at={entity.updatedAt} /> by {entity.updatedBy}
      </Text>
    </Group>
  );
}
