/** An instant of RFC 3339 as a `datetime-local` field takes it: in the time of whoever looks, to the minute. */
export function localTime(instant: string): string {
  const at = Date.parse(instant);
  if (Number.isNaN(at)) return "";
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What a `datetime-local` field holds as an instant; undefined when it holds none. */
export function utcTime(local: string): string | undefined {
  const at = Date.parse(local);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
