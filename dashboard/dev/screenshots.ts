/**
 * Pictures of every page, wide and narrow, light and dark, Chinese and English.
 *
 * `npm run screenshots -- FOLDER [--url http://127.0.0.1:8765] [--only wall]`; without `--url` the mock
 * is behind the pages.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { launch } from "./browser";
import { USUAL } from "./hub";
import { parcel } from "./scripts";
import { type Served, serveMock } from "./serve";

const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
const THEMES = ["light", "dark"] as const;
const LOCALES = { zh: "zh-CN", en: "en-GB" } as const;
/** Let a page take its snapshot and draw before it is taken. */
const SETTLE_MS = 1500;

interface Shot {
  readonly name: string;
  readonly path: string;
  /** Where the invented call stands, in seconds. */
  readonly atS?: number;
  /** What has happened before the page is opened. */
  readonly prepare?: (served: Served) => void;
  /** What is done on the page before the picture. */
  readonly act?: (page: Page, language: string) => Promise<void>;
}

function message({ hub }: Served): void {
  const text = { zh: "先让客户把话说完。", en: "Let the caller finish first." };
  hub.sides.send(parcel.id, text, { template: "let_them_finish" });
}

function paused(served: Served): void {
  const now = new Date().toISOString();
  const text = { zh: "请再核对一遍单号。", en: "Check the order number once more." };
  served.hub.sides.send(parcel.id, text, { shown_at: now, seen_at: now });
  served.hub.sides.pause(parcel.id, 300);
  message(served);
}

async function listenIn(page: Page): Promise<void> {
  await page.locator(".listen .play").click();
  await page.locator('.listen[data-phase="playing"]').waitFor();
  await page.waitForTimeout(SETTLE_MS);
}

const SHOTS: readonly Shot[] = [
  { name: "wall", path: "/", atS: 41 },
  { name: "call", path: `/call/${parcel.id}`, atS: 44.2 },
  { name: "playback", path: `/call/${parcel.id}?at=33`, atS: 1000 },
  { name: "history", path: "/history" },
  { name: "history-words", path: "/history?words=%E6%8A%95%E8%AF%89" },
  { name: "history-agent", path: "/history/agent?agent=3012%20%E6%9E%97" },
  { name: "history-trends", path: "/history/trends" },
  { name: "inbox", path: "/inbox", atS: 44.2 },
  { name: "inbox-all", path: "/inbox?state=all", atS: 61 },
  { name: "agent", path: `/agent/${parcel.id}`, atS: 38 },
  { name: "agent-message", path: `/agent/${parcel.id}`, atS: 38, prepare: message },
  { name: "agent-paused", path: `/agent/${parcel.id}`, atS: 38, prepare: paused },
  { name: "tuning", path: "/tuning" },
  { name: "tuning-trial", path: "/tuning", act: tuneAndTry },
  { name: "tuning-rule", path: "/tuning?tab=rules", act: openRule },
  { name: "tuning-versions", path: "/tuning?tab=versions", prepare: tuned, act: showVersion },
  { name: "call-live", path: `/call/${parcel.id}`, atS: 44.2, prepare: paused, act: listenIn },
];

export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { url: { type: "string" }, only: { type: "string" }, call: { type: "string" } },
  });
  const folder = positionals[0] ?? "screenshots";
  await mkdir(folder, { recursive: true });
  const browser = await launch();
  try {
    for (const shot of SHOTS.filter((one) => values.only === undefined || one.name === values.only)) {
      await shoot(browser, shot, folder, values.url, values.call);
    }
  } finally {
    await browser.close();
  }
}

async function shoot(
  browser: Browser,
  shot: Shot,
  folder: string,
  url?: string,
  call?: string,
): Promise<void> {
  const path = call === undefined ? shot.path : shot.path.replace(parcel.id, encodeURIComponent(call));
  for (const theme of THEMES) {
    for (const [language, locale] of Object.entries(LOCALES)) {
      const served = url === undefined ? await mockAt(shot.atS) : null;
      if (served !== null) shot.prepare?.(served);
      for (const [size, viewport] of Object.entries(SIZES)) {
        const context = await browser.newContext({ viewport, locale, colorScheme: theme });
        const page = await context.newPage();
        await open(page, (url ?? served!.url) + path);
        await shot.act?.(page, language);
        await page.screenshot({ path: join(folder, `${shot.name}-${size}-${theme}-${language}.png`) });
        await context.close();
      }
      await served?.close();
    }
  }
}

/** A threshold is changed and tried. */
async function tuneAndTry(page: Page): Promise<void> {
  await page.locator("#t-detectors\\.raised_level_db").fill("4.5");
  await page.locator(".draft > .quiet").click();
  await page.locator(".moved li:nth-child(3)").waitFor();
}

async function openRule(page: Page): Promise<void> {
  await page.locator(".rule-head").first().click();
  await page.locator(".rule-body select").selectOption("high");
}

/** Somebody saved two versions. */
function tuned({ hub }: Served): void {
  hub.tuning.saveAsOther({ thresholds: { detectors: { raised_level_db: 4.5 } }, rules: {} });
  hub.tuning.saveAsOther({ thresholds: {}, rules: { refusal_without_reason: { severity: "high" } } });
}

async function showVersion(page: Page): Promise<void> {
  await page.locator(".version .quiet").first().click();
  await page.locator(".version .differences").waitFor();
}

function mockAt(atS: number | undefined): Promise<Served> {
  return serveMock({ isStaffed: true, at: { ...USUAL, ...(atS === undefined ? {} : { [parcel.id]: atS }) } });
}

async function open(page: Page, address: string): Promise<void> {
  page.on("pageerror", (error) => process.stderr.write(`${address}: ${error.message}\n`));
  await page.goto(address);
  await page.waitForTimeout(SETTLE_MS);
}
