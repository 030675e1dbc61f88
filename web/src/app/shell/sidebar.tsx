import { NavLink, ScrollArea, Text } from "@mantine/core";
import { IconFolder, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { type SidebarItem, sidebarQuery } from "@/app/queries";
import { useUser } from "@/app/session";
import { Loaded, LoadingRows } from "@/ui/states";
import { BUILD, DAILY, type Place, placeOf, SETTINGS } from "./places";

/** The link to the page that is shown says so; links above it are only lit. */
const EXACTLY = { exact: true, includeSearch: false };

/** Where one can go: daily screens, the catalog's pages, and what is set up. */
export function Sidebar() {
  const sidebar = useQuery(sidebarQuery);
  const { isAdmin } = useUser();
  const allowed = (places: Place[]) => places.filter((place) => isAdmin || !place.admin);
  return (
    <ScrollArea p="xs" type="auto">
      <Places places={DAILY} />
      <Heading>Catalog</Heading>
      <Loaded query={sidebar} loading={<LoadingRows rows={5} />}>
        {(items) => items.map((item) => <Item key={`${item.sidebarType}:${item.identifier}`} item={item} />)}
      </Loaded>
      <Heading>Build</Heading>
      <Places places={allowed(BUILD)} />
      <Heading>Settings</Heading>
      <Places places={allowed(SETTINGS)} />
    </ScrollArea>
  );
}

function Heading({ children }: { children: string }) {
  return (
    <Text size="xs" c="dimmed" fw={600} tt="uppercase" mt="md" mb={4} px="sm">
      {children}
    </Text>
  );
}

function Places({ places }: { places: Place[] }) {
  const current = placeOf(useLocation().pathname);
  return places.map((place) => (
    <NavLink
      key={place.to}
      component={Link}
      to={place.to}
      label={place.label}
      leftSection={place.icon}
      activeOptions={EXACTLY}
      active={place === current}
      variant="light"
      bdrs="sm"
      py={5}
    />
  ));
}

function Item({ item }: { item: SidebarItem }) {
  const { pathname } = useLocation();
  const label = item.title ?? item.identifier;
  if (item.sidebarType === "folder") {
    return (
      <NavLink label={label} leftSection={<IconFolder size={17} aria-hidden />} bdrs="sm" py={5} defaultOpened>
        {(item.items ?? []).map((child) => (
          <Item key={`${child.sidebarType}:${child.identifier}`} item={child} />
        ))}
      </NavLink>
    );
  }
  const to = `/pages/${encodeURIComponent(item.identifier)}`;
  return (
    <NavLink
      component={Link}
      to={to}
      label={label}
      leftSection={<IconTable size={17} aria-hidden />}
      activeOptions={EXACTLY}
      active={pathname === to}
      variant="light"
      bdrs="sm"
      py={5}
    />
  );
}
