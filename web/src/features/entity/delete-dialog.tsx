import { Checkbox, List, Modal, ScrollArea, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useBlueprints } from "@/app/queries";
import { Decision } from "@/ui/dialogs";
import { showDone } from "@/ui/notify";
import { Loaded, LoadingRows } from "@/ui/states";
import { offerUndo } from "@/ui/undo";
import { type Dependent, dependentsQuery, useDeleteEntities, useRestore } from "./api";

interface Props {
  blueprint: string;
  identifiers: string[];
  /** How the dialog calls what is deleted. */
  name: string;
  onClose: () => void;
  onDone: () => void;
}

/** Deletes entities after showing what would go with them; afterwards it can be undone for a while. */
export function DeleteDialog({ blueprint, identifiers, name, onClose, onDone }: Props) {
  const dependents = useQuery(dependentsQuery(blueprint, identifiers));
  const [agreed, setAgreed] = useState(false);
  const remove = useDeleteEntities(blueprint);
  const restore = useRestore(blueprint);
  const others = dependents.data?.count ?? 0;
  const run = async () => {
    try {
      await remove.mutateAsync({ identifiers, dependents: others > 0 });
    } catch {
      return; // shown in the dialog
    }
    const gone = [...identifiers, ...(dependents.data?.entities ?? []).map(({ identifier }) => identifier)];
    if (others > 0) showDone(`${gone.length.toLocaleString()} entities deleted`);
    else offerUndo(`${name} deleted`, () => restore.mutateAsync(identifiers));
    onDone();
  };
  return (
    <Modal opened onClose={onClose} title={`Delete ${name}?`} centered>
      <Stack gap="sm">
        <Loaded query={dependents} loading={<LoadingRows rows={2} height={20} />}>
          {(found) =>
            found.count === 0 ? (
              <Text size="sm">Nothing else depends on it. Relations of others that lead here are emptied.</Text>
            ) : (
              <Dependents found={found} agreed={agreed} onAgree={setAgreed} />
            )
          }
        </Loaded>
        <Decision
          confirm={others > 0 ? `Delete ${(identifiers.length + others).toLocaleString()}` : "Delete"}
          danger
          pending={remove.isPending}
          error={remove.error}
          disabled={!dependents.isSuccess || (others > 0 && !agreed)}
          onClose={onClose}
          onConfirm={() => void run()}
        />
      </Stack>
    </Modal>
  );
}

interface DependentsProps {
  found: { entities: Dependent[]; count: number };
  agreed: boolean;
  onAgree: (agreed: boolean) => void;
}

function Dependents({ found, agreed, onAgree }: DependentsProps) {
  const blueprints = useBlueprints();
  return (
    <>
      <Text size="sm">
        {found.count.toLocaleString()} {found.count === 1 ? "entity needs" : "entities need"} it and would be deleted
        too:
      </Text>
      <ScrollArea.Autosize mah={220} type="auto" viewportProps={{ tabIndex: 0, "aria-label": "Deleted too" }}>
        <List size="sm" withPadding>
          {found.entities.map(({ blueprint, identifier, title }) => (
            <List.Item key={`${blueprint} ${identifier}`}>
              {title || identifier}{" "}
              <Text span c="dimmed" size="sm">
                {blueprints.get(blueprint)?.title ?? blueprint}
              </Text>
            </List.Item>
          ))}
        </List>
      </ScrollArea.Autosize>
      {found.count > found.entities.length && (
        <Text size="sm" c="dimmed">
          and {(found.count - found.entities.length).toLocaleString()} more
        </Text>
      )}
      <Checkbox label="Delete these too" checked={agreed} onChange={(event) => onAgree(event.currentTarget.checked)} />
    </>
  );
}
