import { ActionIcon, Menu, Text, Tooltip } from "@mantine/core";
import { IconBook, IconKeyboard, IconLogout, IconUser } from "@tabler/icons-react";
import { useSignOut, useUser } from "@/app/session";

/** Who is signed in, help, and the way out. */
export function AccountMenu({ onKeys }: { onKeys: () => void }) {
  const user = useUser();
  const signOut = useSignOut();
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Tooltip label={user.email ?? user.id}>
          <ActionIcon variant="light" radius="xl" size="lg" aria-label="Account">
            <IconUser size={18} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" truncate>
            {user.email ?? user.id}
          </Text>
          <Text size="xs" c="dimmed">
            {user.roles.join(", ") || "no role"}
          </Text>
        </Menu.Label>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onKeys}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Item leftSection={<IconBook size={16} />} component="a" href="/docs" target="_blank">
          API documentation
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
