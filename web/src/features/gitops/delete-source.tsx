import { Modal, Radio, Stack } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Decision } from "@/ui/dialogs";
import { showDone } from "@/ui/notify";
import { type Remains, type Source, useDeleteSource } from "./api";

const CHOICES: { value: Remains; label: string; description: string }[] = [
  {
    value: "detach",
    label: "Keep the entities as they are",
    description: "They stay with all their values, and nothing tells any more that they came from git.",
  },
  {
    value: "keep",
    label: "Keep the entities, marked as orphaned",
    description: "They stay with all their values; their pages say that no file defines them any more.",
  },
  {
    value: "delete",
    label: "Delete the entities that git created",
    description: "Entities that something else created only lose the values that git wrote.",
  },
];

/** Asks what becomes of a source's entities, then removes the source. */
export function DeleteSource({ source, onClose }: { source: Source; onClose: () => void }) {
  const [remains, setRemains] = useState<Remains | null>(null);
  const remove = useDeleteSource(source.id);
  const navigate = useNavigate();
  return (
    <Modal opened onClose={onClose} title={`Disconnect ${source.title}?`} centered>
      <Stack gap="md">
        <Radio.Group
          label="What becomes of its entities"
          value={remains}
          onChange={(value) => setRemains(value as Remains)}
        >
          <Stack gap="sm" mt={6}>
            {CHOICES.map((choice) => (
              <Radio key={choice.value} {...choice} />
            ))}
          </Stack>
        </Radio.Group>
        <Decision
          confirm="Disconnect"
          danger
          pending={remove.isPending}
          error={remove.error}
          disabled={remains === null}
          onClose={onClose}
          onConfirm={() =>
            remains &&
            remove.mutate(remains, {
              onSuccess: () => {
                showDone(`${source.title} is being disconnected`);
                void navigate({ to: "/sources" as never });
              },
            })
          }
        />
      </Stack>
    </Modal>
  );
}
