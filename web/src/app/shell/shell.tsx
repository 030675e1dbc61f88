import { ActionIcon, AppShell, Burger, Group, Text, Tooltip, UnstyledButton } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { organizationQuery } from "@/app/queries";
import { Mark } from "@/ui/mark";
import { AccountMenu } from "./account";
import { KeyHelp, useKeyHelp } from "./keys";
import { Palette } from "./palette";
import { SchemeSwitch } from "./scheme";
import { Sidebar } from "./sidebar";

/** The frame of every screen: top bar, sidebar, palette and keys. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure(false);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const help = useKeyHelp();
  useHotkeys([
    ["/", () => spotlight.open()],
    ["shift+?", help.open],
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer of a narrow window closes when the screen changes
  useEffect(close, [pathname]);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 248, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={{ base: "sm", sm: "lg" }}
    >
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
            <UnstyledButton component={Link} to="/">
              <Group gap="xs" wrap="nowrap">
                <Mark alt="Home" />
                <Organization />
              </Group>
            </UnstyledButton>
          </Group>
          <SearchButton />
          <Group gap="xs" wrap="nowrap">
            <SchemeSwitch />
            <AccountMenu onKeys={help.open} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar component="nav" aria-label="Main">
        <Sidebar />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
      <Palette onNavigate={(to) => void navigate({ to })} />
      <KeyHelp help={help} />
    </AppShell>
  );
}

function Organization() {
  const { data } = useQuery(organizationQuery);
  return (
    <Text fw={650} visibleFrom="xs">
      {data?.name ?? "Fairway"}
    </Text>
  );
}

function SearchButton() {
  return (
    <>
      <UnstyledButton
        onClick={spotlight.open}
        visibleFrom="sm"
        px="sm"
        py={6}
        w={340}
        bd="1px solid var(--mantine-color-default-border)"
        bdrs="md"
      >
        <Group gap="xs" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <IconSearch size={16} aria-hidden />
            <Text size="sm" c="dimmed">
              Search or jump to…
            </Text>
          </Group>
          <Text size="xs" c="dimmed">
            Ctrl K
          </Text>
        </Group>
      </UnstyledButton>
      <Tooltip label="Search">
        <ActionIcon variant="subtle" hiddenFrom="sm" onClick={spotlight.open} aria-label="Search" size="lg">
          <IconSearch size={18} />
        </ActionIcon>
      </Tooltip>
    </>
  );
}
