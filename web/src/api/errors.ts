/** What the API answered instead of a result: one shape for every screen. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details?: unknown,
  ) {
    super(message);
  }

  get isMissing(): boolean {
    return this.status === 404;
  }

  get isForbidden(): boolean {
    return this.status === 403;
  }

  get isSignedOut(): boolean {
    return this.status === 401;
  }
}

/** The error that an answer stands for; bodies of the API carry `error` and `message` (contract 1.4). */
export function errorOf(status: number, body: unknown): ApiError {
  const record = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const message = typeof record.message === "string" ? record.message : `The portal answered ${status}`;
  return new ApiError(status, typeof record.error === "string" ? record.error : "unknown", message, record.details);
}

/** The portal could not be reached at all. */
export function unreachable(cause: unknown): ApiError {
  return new ApiError(0, "unreachable", `The portal does not answer: ${String(cause)}`);
}
