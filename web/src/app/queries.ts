import { queryOptions, useQuery } from "@tanstack/react-query";
import { call } from "@/api/client";
import { blueprintsListAll, organizationRead, pagesGetSidebar } from "@/api/generated";
import type { Blueprint } from "@/api/model";

export interface SidebarItem {
  identifier: string;
  title: string | null;
  icon?: string | null;
  sidebarType: "page" | "folder";
  items?: SidebarItem[];
}

/** All blueprints: nearly every screen needs their titles, properties and relations. */
export const blueprintsQuery = queryOptions({
  queryKey: ["blueprints"],
  queryFn: () => call<{ blueprints: Blueprint[] }>(blueprintsListAll()).then((answer) => answer.blueprints),
  staleTime: 60_000,
});

/** Pages and folders in the order of the sidebar. */
export const sidebarQuery = queryOptions({
  queryKey: ["sidebar"],
  queryFn: () => call<{ sidebar: { items: SidebarItem[] } }>(pagesGetSidebar()).then((answer) => answer.sidebar.items),
  staleTime: 60_000,
});

export const organizationQuery = queryOptions({
  queryKey: ["organization"],
  queryFn: () =>
    call<{ organization: { id: string; name: string } }>(organizationRead()).then((answer) => answer.organization),
  staleTime: 300_000,
});

/** All blueprints by identifier; empty while they load. */
export function useBlueprints(): Map<string, Blueprint> {
  const { data } = useQuery(blueprintsQuery);
  return new Map((data ?? []).map((blueprint) => [blueprint.identifier, blueprint]));
}
