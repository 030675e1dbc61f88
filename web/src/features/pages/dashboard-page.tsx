import { useUser } from "@/app/session";
import { DashboardBoard } from "@/features/dashboards";
import { PageHead } from "@/ui/states";
import type { Page } from "./api";

/** A page of the sidebar that is a dashboard. */
export function DashboardPage({ page }: { page: Page }) {
  const { isAdmin } = useUser();
  return (
    <>
      <PageHead title={page.title ?? page.identifier} sub={page.description ?? undefined} />
      <DashboardBoard page={page} editable={isAdmin && !page.locked} />
    </>
  );
}
