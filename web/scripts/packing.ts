import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const PACKABLE = /\.(js|css|svg|json)$/;
const brotli = promisify(brotliCompress);
const gz = promisify(gzip);

/** Writes a `.br` and a `.gz` beside each text file of the build: the portal serves them as they are and never compresses. */
export function packing(): Plugin {
  let folder = "";
  return {
    name: "fairway-packing",
    apply: "build",
    configResolved: (config) => {
      folder = config.build.outDir;
    },
    closeBundle: async () => {
      for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
        if (entry.isFile() && PACKABLE.test(entry.name)) await pack(join(entry.parentPath, entry.name));
      }
    },
  };
}

async function pack(path: string): Promise<void> {
  const bytes = await readFile(path);
  // 9 of 11: the last steps take ten times as long for two percent.
  await writeFile(`${path}.br`, await brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
  await writeFile(`${path}.gz`, await gz(bytes, { level: 9 }));
}
