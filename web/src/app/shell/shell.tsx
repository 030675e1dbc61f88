import { ActionIcon, AppShell, Burger, Group, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { organizationQuery } from "@/app/queries";
import { Mark } from "@/ui/mark";
import { AccountButton } from "./account-button";
import { KeyHelp, useKeyHelp } from "./keys";
import { SchemeSwitch } from "./scheme";
import { Sidebar } from "./sidebar";

const AccountMenu = lazy(() => import("./account").then(({ AccountMenu }) => ({ default: AccountMenu })));
const loadPalette = () => import("./palette");
const Palette = lazy(() => loadPalette().then(({ Palette }) => ({ default: Palette })));

/** Loads the palette as soon as the screen has nothing better to do: the first keys typed into it must not be lost. */
function usePalette() {
  const [openings, setOpenings] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), 1500);
    return () => clearTimeout(timer);
  }, []);
  return { openings, open: () => setOpenings((count) => count + 1) };
}

/** The frame of every screen: top bar, sidebar, palette and keys. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure(false);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const help = useKeyHelp();
  const palette = usePalette();
  useHotkeys([
    ["/", palette.open],
    ["shift+?", help.open],
  ]);
  useHotkeys([["mod+K", palette.open]], []);
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
          <SearchButton open={palette.open} />
          <Group gap="xs" wrap="nowrap">
            <SchemeSwitch />
            <Suspense fallback={<AccountButton />}>
              <AccountMenu onKeys={help.open} />
            </Suspense>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar component="nav" aria-label="Main">
        <Sidebar />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
      {palette.openings > 0 && (
        <Suspense>
          <Palette openings={palette.openings} onNavigate={(to) => void navigate({ to })} />
        </Suspense>
      )}
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

function SearchButton({ open }: { open: () => void }) {
  return (
    <>
      <UnstyledButton
        onClick={open}
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
      <ActionIcon variant="subtle" hiddenFrom="sm" onClick={open} aria-label="Search" title="Search" size="lg">
        <IconSearch size={18} />
      </ActionIcon>
    </>
  );
}
