import { Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Navigate, useParams } from "@tanstack/react-router";
import { useBlueprints } from "@/app/queries";
import { Empty, Loaded } from "@/ui/states";
import { type Page, pageQuery } from "./api";
import { CatalogTable } from "./catalog-table";

/** A page of the catalog: a table of the entities of a blueprint. */
export function CatalogPage() {
  const { page: identifier } = useParams({ strict: false }) as { page: string };
  const query = useQuery(pageQuery(identifier));
  return (
    <Loaded
      query={query}
      loading={
        <Center mih={300}>
          <Loader aria-label="Loading" />
        </Center>
      }
    >
      {(page) => <Kind key={page.identifier} page={page} />}
    </Loaded>
  );
}

function Kind({ page }: { page: Page }) {
  const blueprints = useBlueprints();
  const blueprint = page.blueprint === null ? undefined : blueprints.get(page.blueprint);
  if (blueprint !== undefined) return <CatalogTable page={page} blueprint={blueprint} />;
  if (page.blueprint !== null && blueprints.size === 0) return null;
  if (page.type === "dashboard") {
    return <Navigate to={"/dashboards" as never} search={{ dashboard: page.identifier } as never} replace />;
  }
  return (
    <Empty title={page.title ?? page.identifier}>
      {page.blueprint === null
        ? `Pages of the type “${page.type}” have no table.`
        : `The blueprint “${page.blueprint}” of this page does not exist.`}
    </Empty>
  );
}
