import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the product's server. */
const SERVER = "127.0.0.1:8765";

export default defineConfig({
  build: { target: "es2022", assetsInlineLimit: 0 },
  server: { proxy: { "/api": `http://${SERVER}`, "/ws": { target: `ws://${SERVER}`, ws: true } } },
  test: { include: ["test/**/*.test.ts"], testTimeout: 30_000 },
});
