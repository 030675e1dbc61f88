import {
  IconBolt,
  IconBuildingCommunity,
  IconChartBar,
  IconGauge,
  IconHistory,
  IconHome,
  IconKey,
  IconListCheck,
  IconLock,
  IconPlayerPlay,
  IconPlugConnected,
  IconSchema,
  IconSettings,
  IconUsers,
  IconUsersGroup,
} from "@tabler/icons-react";
import type { ReactNode } from "react";

export interface Place {
  label: string;
  to: string;
  icon: ReactNode;
  /** Only administrators find it in the sidebar; the API decides who may use what is there. */
  admin?: boolean;
  /** Addresses of screens that belong to it, too, with everything below them. */
  also?: string[];
}

const size = 17;

/** Where everybody goes. */
export const DAILY: Place[] = [
  { label: "Home", to: "/", icon: <IconHome size={size} /> },
  { label: "Self-service", to: "/self-service", icon: <IconBolt size={size} /> },
  { label: "Runs", to: "/runs", icon: <IconPlayerPlay size={size} /> },
  { label: "Dashboards", to: "/dashboards", icon: <IconChartBar size={size} /> },
];

/** What platform engineers look after. */
export const BUILD: Place[] = [
  { label: "Blueprints", to: "/builder", icon: <IconSchema size={size} /> },
  { label: "Actions", to: "/builder/actions", icon: <IconListCheck size={size} />, also: ["/builder/workflows"] },
  { label: "Scorecards", to: "/builder/scorecards", icon: <IconGauge size={size} /> },
  { label: "Data sources", to: "/sources", icon: <IconPlugConnected size={size} /> },
];

export const SETTINGS: Place[] = [
  { label: "Users", to: "/settings/users", icon: <IconUsers size={size} /> },
  { label: "Teams", to: "/settings/teams", icon: <IconUsersGroup size={size} /> },
  { label: "Credentials", to: "/settings/credentials", icon: <IconKey size={size} />, admin: true },
  { label: "Secrets", to: "/settings/secrets", icon: <IconLock size={size} />, admin: true },
  { label: "Audit log", to: "/audit", icon: <IconHistory size={size} /> },
  { label: "Organisation", to: "/settings/organization", icon: <IconBuildingCommunity size={size} />, admin: true },
];

export const SETTINGS_ICON = <IconSettings size={size} />;

/** The place that an address belongs to: the one with most of the address in common. */
export function placeOf(pathname: string): Place | undefined {
  let [found, length] = [undefined as Place | undefined, 0];
  for (const place of [...DAILY, ...BUILD, ...SETTINGS]) {
    for (const root of [place.to, ...(place.also ?? [])]) {
      const within = pathname === root || (root !== "/" && pathname.startsWith(`${root}/`));
      if (within && root.length > length) [found, length] = [place, root.length];
    }
  }
  return found;
}
