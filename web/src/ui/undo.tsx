import { Anchor, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { showDone } from "./notify";

const OPEN_MS = 12_000;

/** Tells that something was done, with a way to take it back while the notice is there. */
export function offerUndo(message: string, undo: () => Promise<unknown>): void {
  const id = notifications.show({
    color: "fairway",
    autoClose: OPEN_MS,
    message: (
      <Group gap="sm">
        {message}
        <Anchor
          component="button"
          size="sm"
          onClick={() => {
            notifications.hide(id);
            void undo().then(() => showDone("Undone"));
          }}
        >
          Undo
        </Anchor>
      </Group>
    ),
  });
}
