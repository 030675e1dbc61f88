import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { askBefore } from "./dialogs";

/** What can be done with one row of a list. */
export function RowMenu({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions of ${label}`}>
          <IconDots size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}

interface LossProps {
  /** The question that is asked before. */
  title: string;
  children: string;
  label?: string;
  onConfirm: () => void;
}

/** The item of a menu by which something is lost. */
export function LossItem({ title, children, label = "Delete", onConfirm }: LossProps) {
  return (
    <Menu.Item
      color="red"
      leftSection={<IconTrash size={15} />}
      onClick={() => askBefore({ title, children, confirm: label, onConfirm })}
    >
      {label}
    </Menu.Item>
  );
}
