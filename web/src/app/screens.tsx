import { type AnyRootRoute, createRoute, lazyRouteComponent } from "@tanstack/react-router";

/**
 * The addresses of all screens. Each screen is a chunk of its own and keeps its state in the search parameters, which
 * it reads with `useSearch` and checks itself.
 */
export function screens(root: AnyRootRoute) {
  const at = (path: string, load: () => Promise<Record<string, unknown>>, name: string) =>
    createRoute({
      getParentRoute: () => root,
      path,
      component: lazyRouteComponent(load as never, name as never),
      validateSearch: (search: Record<string, unknown>) => search,
    });
  return [
    at("/", () => import("@/features/home/home"), "Home"),
    at("/self-service", () => import("@/features/self-service/hub"), "SelfService"),
    at("/self-service/$action", () => import("@/features/self-service/action-page"), "ActionPage"),
    at("/runs", () => import("@/features/runs/runs"), "Runs"),
    at("/runs/$run", () => import("@/features/runs/run"), "RunScreen"),
    at("/pages/$page", () => import("@/features/pages/page"), "CatalogPage"),
    at("/entities/$blueprint/$identifier", () => import("@/features/entity/entity"), "EntityPage"),
    at("/dashboards", () => import("@/features/dashboards/dashboards"), "Dashboards"),
    at("/builder", () => import("@/features/builder/builder"), "Builder"),
    at("/builder/actions", () => import("@/features/builder/actions"), "Actions"),
    at("/builder/actions/$action", () => import("@/features/builder/action"), "ActionScreen"),
    at("/builder/workflows/$workflow", () => import("@/features/builder/workflow"), "WorkflowScreen"),
    at("/builder/scorecards", () => import("@/features/builder/scorecards"), "Scorecards"),
    at("/builder/scorecards/$blueprint/$scorecard", () => import("@/features/builder/scorecard"), "ScorecardScreen"),
    at("/builder/$blueprint", () => import("@/features/builder/blueprint"), "BlueprintScreen"),
    at("/sources", () => import("@/features/sources/sources"), "Sources"),
    at("/sources/integrations/$id", () => import("@/features/sources/integration"), "Integration"),
    at("/sources/gitops/new", () => import("@/features/gitops/connect"), "Connect"),
    at("/sources/gitops/$id", () => import("@/features/gitops/source"), "GitopsSource"),
    at(
      "/sources/gitops/$id/repositories/$repository",
      () => import("@/features/gitops/repository"),
      "RepositoryScreen",
    ),
    at("/sources/webhooks/$id", () => import("@/features/sources/webhook"), "WebhookScreen"),
    at("/audit", () => import("@/features/audit/audit"), "Audit"),
    at("/settings/users", () => import("@/features/settings/users"), "Users"),
    at("/settings/teams", () => import("@/features/settings/teams"), "Teams"),
    at("/settings/credentials", () => import("@/features/settings/credentials"), "Credentials"),
    at("/settings/secrets", () => import("@/features/settings/secrets"), "Secrets"),
    at("/settings/organization", () => import("@/features/settings/organization"), "OrganizationSettings"),
  ];
}
