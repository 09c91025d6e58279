/** What the browser tests share. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";

const AXE = readFileSync(
  fileURLToPath(new URL("../../dashboard/node_modules/axe-core/axe.min.js", import.meta.url)),
  "utf8",
);
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface AxeResult {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
}

/**
 * How many times slower than it is the machine seems to the pages. What holds by chance where everything is
 * quick is found by `BROWSER_SLOWER=6 make browser`.
 */
const SLOWER = Number(process.env.BROWSER_SLOWER ?? 1);

/** A page whose script errors fail the test that `errorsOf` it. */
export async function openPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    ...options,
  });
  const page = await context.newPage();
  if (SLOWER > 1) {
    const devtools = await context.newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  }
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  failures.set(page, errors);
  await page.goto(address);
  return page;
}

const failures = new WeakMap<Page, string[]>();

export const errorsOf = (page: Page): string[] => failures.get(page) ?? [];

/**
 * Nothing on the page, as it stands, offends WCAG 2.2 AA or axe's best practices. It is looked at without
 * motion: what is still fading in has little contrast.
 */
export async function expectAccessible(page: Page): Promise<void> {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.evaluate(AXE);
  const result = (await page.evaluate(
    (tags) =>
      (globalThis as unknown as { axe: { run(o: unknown): Promise<unknown> } }).axe.run({ runOnly: tags }),
    TAGS,
  )) as AxeResult;
  const told = result.violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map((node) => `  ${node.html}\n  ${node.failureSummary}`).join("\n")}`,
  );
  expect(told, told.join("\n\n")).toEqual([]);
}

/** In the light theme and in the dark one. */
export async function expectAccessibleInBothThemes(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, colorScheme);
    await expectAccessible(page);
  }
}

/** Nothing is wider than the window. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { wide, window } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    window: innerWidth,
  }));
  expect(wide).toBeLessThanOrEqual(window);
}
