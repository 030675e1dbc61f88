import { notifications } from "@mantine/notifications";
import { ApiError } from "@/api/errors";

/** Tells that something worked; short, gone by itself. */
export function showDone(message: string): void {
  notifications.show({ color: "fairway", message, autoClose: 4000 });
}

/** Tells what went wrong, in the portal's own words; stays until it is closed. */
export function showProblem(problem: unknown): void {
  const message = problem instanceof Error ? problem.message : String(problem);
  const title = problem instanceof ApiError && problem.isForbidden ? "Not allowed" : "That did not work";
  notifications.show({ color: "red", title, message, autoClose: 12_000 });
}
