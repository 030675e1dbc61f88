/** An identifier made of a title: `Tech lead` becomes `tech_lead`. */
export function identifierOf(title: string): string {
  return title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
}
