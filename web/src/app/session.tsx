import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { call, setCsrfToken } from "@/api/client";
import { ApiError } from "@/api/errors";
import { sessionsLogout, sessionsSession } from "@/api/generated";
import type { Session } from "@/api/model";

const KEY = ["session"];

async function load(): Promise<Session | null> {
  try {
    const session = await call<Session>(sessionsSession());
    setCsrfToken(session.csrfToken);
    return session;
  } catch (problem) {
    if (problem instanceof ApiError && problem.isSignedOut) return null;
    throw problem;
  }
}

/** Who is signed in: undefined while it is asked, null when nobody is. */
export function useSession() {
  return useQuery({ queryKey: KEY, queryFn: load, staleTime: 60_000 });
}

/** The signed-in user; only inside of the shell, which is drawn for nobody else. */
export function useUser(): Session["user"] {
  const { data } = useSession();
  if (!data) throw new Error("There is no session");
  return data.user;
}

/** Ends the session and forgets everything that was loaded with it. */
export function useSignOut() {
  const queries = useQueryClient();
  return useCallback(async () => {
    await call(sessionsLogout());
    setCsrfToken(null);
    queries.setQueryData(KEY, null);
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== KEY[0] });
  }, [queries]);
}

/** Asks again who is signed in, after signing in. */
export function useSignedIn() {
  const queries = useQueryClient();
  return useCallback(() => queries.invalidateQueries({ queryKey: KEY }), [queries]);
}
