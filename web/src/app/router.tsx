import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRouter } from "@tanstack/react-router";
import { Problem } from "@/ui/states";
import { NotFound, Root } from "./root";
import { screens } from "./screens";

export interface RouterContext {
  queries: QueryClient;
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({ component: Root, notFoundComponent: NotFound });

export const router = createRouter({
  routeTree: rootRoute.addChildren(screens(rootRoute)),
  context: { queries: undefined as unknown as QueryClient },
  defaultPreload: "intent",
  defaultPreloadDelay: 80,
  scrollRestoration: true,
  defaultErrorComponent: ({ error, reset }) => <Problem error={error} retry={reset} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
