import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import type { Reporter } from "vitest/node";

const own = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Says which tests passed only when they were run again: each hides a fault of a page or of itself. */
const unsteady: Reporter = {
  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky) process.stdout.write(`PASSED ONLY AT THE SECOND RUN: ${test.fullName}\n`);
  },
};

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
    // A machine that stood still for a moment refuses nobody's work; what is unsteady is named, and sought with
    // BROWSER_SLOWER (tests/browser/support.ts), under which nothing is run again.
    retry: process.env.BROWSER_SLOWER === undefined ? 1 : 0,
    reporters: ["default", unsteady],
    // A machine that does other work too shows a page late: what is waited for is the same.
    expect: { poll: { timeout: 10_000 } },
  },
});
