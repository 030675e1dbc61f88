import { Alert, Button, CopyButton, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface FormDialogProps {
  title: string;
  opened: boolean;
  onClose: () => void;
  onSubmit: () => void;
  submit: string;
  pending: boolean;
  error?: Error | null;
  children: ReactNode;
  size?: string;
}

/** A form in a dialog: what the server says against it is shown above the buttons, and nothing typed is lost. */
export function FormDialog(props: FormDialogProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title} size={props.size ?? "md"} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.onSubmit();
        }}
      >
        <Stack gap="sm">
          {props.children}
          {props.error && (
            <Alert color="red" role="alert">
              {props.error.message}
            </Alert>
          )}
          <Group justify="flex-end" gap="xs" mt="xs">
            <Button variant="default" onClick={props.onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={props.pending}>
              {props.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface DecisionProps {
  confirm: string;
  onConfirm: () => void;
  onClose: () => void;
  pending: boolean;
  error: Error | null;
  disabled?: boolean;
  /** Whether something is lost by it. */
  danger?: boolean;
}

/** The foot of a dialog that decides something: what the server says against it, and the buttons; the safe one has the
 * focus. */
export function Decision({ confirm, onConfirm, onClose, pending, error, disabled, danger }: DecisionProps) {
  return (
    <>
      {error && (
        <Alert color="red" role="alert">
          {error.message}
        </Alert>
      )}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button color={danger ? "red.9" : undefined} loading={pending} disabled={disabled} onClick={onConfirm}>
          {confirm}
        </Button>
      </Group>
    </>
  );
}

interface Danger {
  title: string;
  children: ReactNode;
  confirm: string;
  onConfirm: () => void;
}

/** Asks before something is lost; the safe button has the focus. */
export function askBefore({ title, children, confirm, onConfirm }: Danger): void {
  modals.openConfirmModal({
    title,
    children: <Text size="sm">{children}</Text>,
    labels: { confirm, cancel: "Cancel" },
    confirmProps: { color: "red.9" },
    cancelProps: { "data-autofocus": true },
    centered: true,
    onConfirm,
  });
}

interface OnceProps {
  title: string;
  values: { label: string; value: string }[] | null;
  onClose: () => void;
}

/** Values that the portal shows once and never again. */
export function ShownOnce({ title, values, onClose }: OnceProps) {
  return (
    <Modal opened={values !== null} onClose={onClose} title={title} centered closeOnClickOutside={false}>
      <Stack gap="sm">
        <Alert color="yellow" variant="outline">
          Copy what you need now: the secret is not shown again.
        </Alert>
        {(values ?? []).map(({ label, value }) => (
          <Group key={label} align="flex-end" gap="xs" wrap="nowrap">
            <TextInput label={label} value={value} readOnly flex={1} styles={{ input: { fontFamily: "monospace" } }} />
            <CopyButton value={value}>
              {({ copied, copy }) => (
                <Button
                  variant="default"
                  onClick={copy}
                  aria-label={`Copy ${label}`}
                  leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
                >
                  {copied ? "Copied" : "Copy"}
                </Button>
              )}
            </CopyButton>
          </Group>
        ))}
        <Button onClick={onClose}>Done</Button>
      </Stack>
    </Modal>
  );
}
