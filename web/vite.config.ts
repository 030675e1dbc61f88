import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { packing } from "./scripts/packing.ts";

const portal = process.env.FAIRWAY_BASE_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), packing()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../src/fairway/portal/ui/web",
    emptyOutDir: true,
    manifest: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    reportCompressedSize: false,
  },
  server: { proxy: { "/v1": portal, "/docs": portal, "/openapi.json": portal } },
});
