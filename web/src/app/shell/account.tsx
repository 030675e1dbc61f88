import { Menu, Text } from "@mantine/core";
import { IconBook, IconKeyboard, IconLogout } from "@tabler/icons-react";
import { useSignOut, useUser } from "@/app/session";
import { AccountButton } from "./account-button";

/** Who is signed in, help, and the way out. */
export function AccountMenu({ onKeys }: { onKeys: () => void }) {
  const user = useUser();
  const signOut = useSignOut();
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <AccountButton title={user.email ?? user.id} />
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
