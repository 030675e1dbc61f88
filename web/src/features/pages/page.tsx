import { Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Navigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useBlueprints } from "@/app/queries";
import { Empty, Loaded } from "@/ui/states";
import { type Page, pageQuery } from "./api";
import { CatalogTable } from "./catalog-table";

const DashboardPage = lazy(() => import("./dashboard-page").then(({ DashboardPage }) => ({ default: DashboardPage })));

/** A page of the sidebar: a table of the entities of a blueprint. */
export function CatalogPage() {
  const { page: identifier } = useParams({ strict: false }) as { page: string };
  const query = useQuery(pageQuery(identifier));
  return (
    <Loaded query={query} loading={<Waiting />}>
      {(page) => <Kind key={page.identifier} page={page} />}
    </Loaded>
  );
}

function Waiting() {
  return (
    <Center mih={300}>
      <Loader aria-label="Loading" />
    </Center>
  );
}

function Kind({ page }: { page: Page }) {
  const blueprints = useBlueprints();
  const blueprint = page.blueprint === null ? undefined : blueprints.get(page.blueprint);
  if (blueprint !== undefined) return <CatalogTable page={page} blueprint={blueprint} />;
  if (page.blueprint !== null && blueprints.size === 0) return null;
  if (page.type === "home") return <Navigate to="/" replace />;
  if (page.type === "dashboard") {
    return (
      <Suspense fallback={<Waiting />}>
        <DashboardPage page={page} />
      </Suspense>
    );
  }
  return (
    <Empty title={page.title ?? page.identifier}>
      {page.blueprint === null
        ? `Pages of the type “${page.type}” have no table.`
        : `The blueprint “${page.blueprint}” of this page does not exist.`}
    </Empty>
  );
}
