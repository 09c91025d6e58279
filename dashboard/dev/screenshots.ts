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
import { type MockOptions, USUAL } from "./hub";
import { parcel } from "./scripts";
import { type Served, serveMock } from "./serve";

const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
const THEMES = ["light", "dark"] as const;
const LOCALES = { zh: "zh-CN", en: "en-GB" } as const;
/** Let a page take its snapshot and draw before it is taken. */
const SETTLE_MS = 1500;

export interface Shot {
  readonly name: string;
  readonly path: string;
  /** Where the invented call stands, in seconds. */
  readonly atS?: number;
  /** Only to be looked at: its parts are on other pictures too, and there are too many of them to check each. */
  readonly isOnlyPicture?: true;
  /** What else the mock is to do. */
  readonly mock?: MockOptions;
  /** What has happened before the page is opened. */
  readonly prepare?: (served: Served) => void;
  /** What is done on the page before the picture. */
  readonly act?: (page: Page, language: string, served: Served | null) => Promise<void>;
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

async function findNothing(page: Page): Promise<void> {
  await page.keyboard.press("/");
  await page.keyboard.type("nobody");
  await page.locator(".wall .empty").waitFor();
}

async function point(page: Page): Promise<void> {
  await page.keyboard.press("/");
  await page.keyboard.type("我");
  await page.keyboard.press("Enter");
  await page.locator(".glass").hover();
}

async function cutOff(page: Page, _language: string, served: Served | null): Promise<void> {
  // Whoever is cut off had the page open for a while: what browsers fetch in spare time is there.
  await page.waitForFunction(
    () => performance.getEntriesByType("resource").filter(({ name }) => /\/(zh|en)-/.test(name)).length === 2,
  );
  await served?.stop();
  await page.locator(".banner").waitFor();
}

async function editAccount(page: Page): Promise<void> {
  await page.locator(".office-head button").click();
}

/** Every page, and the states that it has besides the usual one. */
export const SHOTS: readonly Shot[] = [
  { name: "wall", path: "/", atS: 41 },
  { name: "wall-full", path: "/", mock: { at: {}, crowd: 200 }, isOnlyPicture: true },
  { name: "wall-filtered", path: "/?severity=low&team=Billing", mock: { crowd: 60 } },
  { name: "wall-none-fits", path: "/", act: findNothing },
  { name: "wall-empty", path: "/", mock: { at: {} } },
  { name: "wall-cut-off", path: "/", atS: 41, act: cutOff },
  { name: "call", path: `/call/${parcel.id}`, atS: 44.2 },
  { name: "call-found", path: `/call/${parcel.id}`, atS: 44.2, act: point },
  { name: "call-missing", path: "/call/nobody" },
  { name: "not-found", path: "/nowhere" },
  { name: "playback", path: `/call/${parcel.id}?at=33`, atS: 1000 },
  { name: "history", path: "/history" },
  { name: "history-words", path: "/history#words=%E6%8A%95%E8%AF%89" },
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
  { name: "tuning-quiet", path: "/tuning?tab=quiet", prepare: quiet },
  { name: "tuning-quiet-none", path: "/tuning?tab=quiet" },
  { name: "quiet", path: "/quiet", mock: { visitor: "lead" }, prepare: quiet },
  { name: "tuning-versions", path: "/tuning?tab=versions", prepare: tuned, act: showVersion },
  { name: "call-live", path: `/call/${parcel.id}`, atS: 44.2, prepare: paused, act: listenIn },
  { name: "sign-in", path: "/", mock: { visitor: "nobody" } },
  { name: "sign-in-refused", path: "/?refused=account.not_invited", mock: { visitor: "nobody" } },
  { name: "welcome", path: "/welcome/good", mock: { visitor: "nobody" } },
  { name: "welcome-old", path: "/welcome/old", mock: { visitor: "nobody" } },
  { name: "accounts", path: "/accounts", mock: { visitor: "admin" } },
  { name: "accounts-new", path: "/accounts", mock: { visitor: "admin" }, act: editAccount },
  { name: "trail", path: "/trail", mock: { visitor: "admin" } },
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
      for (const [size, viewport] of Object.entries(SIZES)) {
        // A mock for each: time passes, and some pictures break it.
        const served = url === undefined ? await mockOf(shot) : null;
        const context = await browser.newContext({ viewport, locale, colorScheme: theme });
        const page = await context.newPage();
        await open(page, (url ?? served!.url) + path);
        await shot.act?.(page, language, served);
        await page.screenshot({ path: join(folder, `${shot.name}-${size}-${theme}-${language}.png`) });
        await context.close();
        await served?.close();
      }
    }
  }
}

/** A threshold is changed and tried. */
async function tuneAndTry(page: Page): Promise<void> {
  await page.locator("#t-detectors\\.raised_level_db").fill("4.5");
  // In a narrow window the draft is opened first.
  const toggle = page.locator(".draft-toggle");
  if (await toggle.isVisible()) await toggle.click();
  await page.locator(".draft-try").click();
  await page.locator(".moved li:nth-child(3)").waitFor();
}

async function openRule(page: Page): Promise<void> {
  await page.locator(".rule-head").first().click();
  await page.locator(".rule-body select").selectOption("high");
}

/** Agents sent cues away. */
function quiet({ hub }: Served): void {
  hub.tuning.sendAway();
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

/** The mock as a picture wants it. */
export async function mockOf(shot: Shot): Promise<Served> {
  const at = { ...USUAL, ...(shot.atS === undefined ? {} : { [parcel.id]: shot.atS }) };
  const served = await serveMock({ isStaffed: true, at, ...shot.mock });
  shot.prepare?.(served);
  return served;
}

async function open(page: Page, address: string): Promise<void> {
  page.on("pageerror", (error) => process.stderr.write(`${address}: ${error.message}\n`));
  await page.goto(address);
  await page.locator("main:not([aria-busy='true'])").waitFor();
  await page.waitForTimeout(SETTLE_MS);
}
