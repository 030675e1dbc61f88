import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { onSignedOut } from "@/api/client";
import { ApiError } from "@/api/errors";
import { showProblem } from "@/ui/notify";
import { nonce } from "./nonce";
import { router } from "./router";
import { theme } from "./theme";

const Notices = lazy(() => import("@/ui/notices"));

const queries = new QueryClient({
  queryCache: new QueryCache(),
  mutationCache: new MutationCache({
    onError: (problem, _variables, _context, mutation) => {
      if (mutation.meta?.silent !== true) showProblem(problem);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, problem) =>
        count < 2 && problem instanceof ApiError && (problem.status === 0 || problem.status >= 502),
    },
  },
});

onSignedOut(() => queries.setQueryData(["session"], null));

const schemes = localStorageColorSchemeManager({ key: "fairway-color-scheme" });

/** Everything the screens stand in. */
export function App() {
  return (
    <QueryClientProvider client={queries}>
      <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={schemes} getStyleNonce={nonce}>
        <Suspense>
          <Notices />
        </Suspense>
        <RouterProvider router={router} context={{ queries }} />
      </MantineProvider>
    </QueryClientProvider>
  );
}
