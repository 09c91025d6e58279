import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const own = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `npm run test:browser`: the built pages in a real Chromium. The tests lie with the project's other tests. */
export default defineConfig({
  resolve: {
    alias: {
      "playwright-core": own("node_modules/playwright-core/index.mjs"),
      vitest: own("node_modules/vitest/dist/index.js"),
      dashboard: own("."),
    },
  },
  server: { fs: { allow: [own("..")] } },
  test: {
    include: ["../tests/browser/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A machine that does other work too shows a page late: what is waited for is the same.
    expect: { poll: { timeout: 10_000 } },
  },
});
