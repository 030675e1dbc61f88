import { ActionIcon, type ActionIconProps } from "@mantine/core";
import { IconUser } from "@tabler/icons-react";
import { type ComponentPropsWithRef, forwardRef } from "react";

type Props = ActionIconProps & ComponentPropsWithRef<"button">;

/** What the account menu opens from; it stands there before the menu is loaded. */
export const AccountButton = forwardRef<HTMLButtonElement, Props>((props, ref) => (
  <ActionIcon ref={ref} variant="light" radius="xl" size="lg" aria-label="Account" {...props}>
    <IconUser size={18} />
  </ActionIcon>
));
