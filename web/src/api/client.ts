import { ApiError, errorOf, unreachable } from "./errors";
import { client } from "./generated/client.gen";

let csrfToken: string | null = null;
let whenSignedOut: () => void = () => {};

/** The token that changes need beside the session cookie; it comes with the session. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Called when the session has ended, so that the login page can take over. */
export function onSignedOut(callback: () => void): void {
  whenSignedOut = callback;
}

client.setConfig({ baseUrl: "", credentials: "same-origin" });
client.interceptors.request.use((request: Request) => {
  if (csrfToken !== null && request.method !== "GET") request.headers.set("x-csrf-token", csrfToken);
  return request;
});

interface Outcome {
  data?: unknown;
  error?: unknown;
  response?: Response;
}

/**
 * The body of an answer of one of the generated operations.
 *
 * The description says of most answers only that they are JSON, so the caller names the type; paths, parameters and
 * request bodies are checked against the description when the interface is built.
 *
 * Throws ApiError.
 */
export async function call<T>(operation: Promise<Outcome>): Promise<T> {
  let outcome: Outcome;
  try {
    outcome = await operation;
  } catch (cause) {
    throw unreachable(cause);
  }
  const { data, error, response } = outcome;
  if (response === undefined) throw unreachable(error);
  if (response.ok) return data as T;
  const problem = errorOf(response.status, error);
  if (problem.isSignedOut) whenSignedOut();
  throw problem;
}

export { ApiError };
