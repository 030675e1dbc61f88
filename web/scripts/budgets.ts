import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

// Limits in kB of gzip, from docs/performance.md.
const SHELL_JS = 200;
const SHELL_CSS = 40;
const FONTS = 60;
const ROUTE = 150;
/** Chunks that load when a person opens an editor, a chart or an API description; not with a screen. */
const ON_DEMAND = /^(_|src\/ui\/code\/|src\/ui\/charts\/)|node_modules/;

interface Chunk {
  file: string;
  name?: string;
  src?: string;
  isEntry?: boolean;
  isDynamicEntry?: boolean;
  imports?: string[];
  css?: string[];
}
type Manifest = Record<string, Chunk>;

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, "../../src/fairway/portal/ui/web"));
const manifest: Manifest = JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8"));

function kilobytes(files: Iterable<string>): number {
  let sum = 0;
  for (const file of files) sum += statSync(join(folder, `${file}.gz`)).size;
  return sum / 1000;
}

/** A chunk with everything that it loads at once. */
function closure(key: string, seen = new Set<string>()): Set<string> {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const each of manifest[key]?.imports ?? []) closure(each, seen);
  return seen;
}

const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry);
const shell = Object.keys(manifest).find((key) => key.endsWith("shell/shell.tsx"));
if (!entry || !shell) throw new Error("the build has no entry or no shell: is .vite/manifest.json of this build?");
const first = closure(shell, closure(entry));
const chunks = [...first].flatMap((key) => manifest[key] ?? []);

const over: string[] = [];
function hold(what: string, size: number, limit: number): void {
  console.log(`${what.padEnd(44)} ${size.toFixed(1).padStart(7)} kB of ${limit}`);
  if (size > limit) over.push(what);
}

hold("shell, scripts", kilobytes(chunks.map((chunk) => chunk.file)), SHELL_JS);
hold("shell, styles", kilobytes(new Set(chunks.flatMap((chunk) => chunk.css ?? []))), SHELL_CSS);
const latin = Object.values(manifest).filter((chunk) =>
  /(inter|jetbrains-mono)-latin-wght-normal.*woff2$/.test(chunk.file),
);
hold(
  "fonts of English",
  latin.reduce((sum, each) => sum + statSync(join(folder, each.file)).size / 1000, 0),
  FONTS,
);
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry || first.has(key) || ON_DEMAND.test(key)) continue;
  const own = [...closure(key)].filter((each) => !first.has(each));
  hold(key, kilobytes(own.flatMap((each) => manifest[each]?.file ?? [])), ROUTE);
}
if (over.length > 0) {
  console.error(`over budget: ${over.join(", ")}`);
  process.exit(1);
}
