/** The wall in Chromium: filters in the address, places that are kept, keys, and two hundred calls at once. */
import { chromiumPath, launch } from "dashboard/dev/browser";
import { parcel } from "dashboard/dev/scripts";
import { type Served, serveMock } from "dashboard/dev/serve";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { errorsOf, expectAccessibleInBothThemes, expectNoSidewaysScroll, openPage } from "./support";

const AT = { [parcel.id]: 42, "call-0720": 130, "call-0722-no": 75, "call-0703-c": 1000 };

describe.skipIf(chromiumPath() === null)("the wall", () => {
  let browser: Browser;
  let served: Served | null = null;
  let pages: Page[] = [];

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(async () => {
    await browser.close();
  });

  afterEach(async () => {
    const errors = pages.flatMap(errorsOf);
    await Promise.all(pages.map((page) => page.context().close()));
    pages = [];
    await served?.close();
    served = null;
    expect(errors).toEqual([]);
  });

  async function open(path: string, mock: Parameters<typeof serveMock>[0], options = {}): Promise<Page> {
    served ??= await serveMock(mock);
    const page = await openPage(browser, served.url + path, options);
    pages.push(page);
    await page.locator(".wall:not([aria-busy])").waitFor();
    return page;
  }

  const names = (page: Page) => page.locator(".row .row-link").allTextContents();

  it("shows what the address asks, and asks by the address what is chosen", async () => {
    const page = await open("/?team=Billing", { at: AT });
    await expect.poll(() => names(page)).toEqual(["3051 Osei"]);
    expect(await page.getByRole("combobox", { name: "All teams" }).inputValue()).toBe("Billing");
    await page.getByRole("button", { name: "Show all" }).click();
    await expect.poll(async () => (await names(page)).length).toBe(3);
    await page.getByRole("button", { name: "Degraded" }).click();
    await expect.poll(() => names(page)).toEqual(["3051 Osei"]);
    await expect.poll(() => new URL(page.url()).search).toBe("?degraded=1");
    await page.reload();
    await expect.poll(() => names(page)).toEqual(["3051 Osei"]);
    await expectAccessibleInBothThemes(page);
  });

  it("finds by typing, from the keyboard alone, and says when nothing fits", async () => {
    const page = await open("/", { at: AT });
    await page.keyboard.press("/");
    await page.keyboard.type("投递 陈");
    await expect.poll(() => names(page)).toEqual(["3027 陈"]);
    await page.keyboard.press("Escape");
    await expect.poll(async () => (await names(page)).length).toBe(3);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe((await names(page))[1]);
    await page.keyboard.press("/");
    await page.keyboard.type("nobody");
    await page.getByText("No call fits").waitFor();
    await expectAccessibleInBothThemes(page);
  });

  it("keeps every row in its place while the pointer is over the rows", async () => {
    const page = await open("/", { at: { [parcel.id]: 12, "call-0720": 130, "call-0721-x": 301 } });
    const before = await names(page);
    expect(before[0]).not.toBe(parcel.agent);
    const place = await page.locator(".row").last().boundingBox();
    const jiggle = setInterval(
      () => void page.mouse.move(place!.x + 20 + Math.random() * 9, place!.y + 5).catch(() => undefined),
      300,
    );
    try {
      await page.getByText("1 row keeps its place while you point").waitFor({ timeout: 40_000 });
      expect(await names(page)).toEqual(before);
    } finally {
      clearInterval(jiggle);
    }
    await expect.poll(async () => (await names(page))[0], { timeout: 10_000 }).toBe(parcel.agent);
  });

  it("stays in step with two hundred calls, drawing those in sight", async () => {
    const page = await open("/", { at: {}, crowd: 200 });
    await expect.poll(() => page.locator(".row").count()).toBe(200);
    const clockOf = (place: number) => page.locator(".row-duration").nth(place).textContent();
    const before = await clockOf(0);
    await expect.poll(() => clockOf(0)).not.toBe(before);
    // A row far below is as right as one in sight once it is looked at.
    await page.locator(".row").nth(180).scrollIntoViewIfNeeded();
    const far = await clockOf(180);
    await expect.poll(() => clockOf(180), { timeout: 4000 }).not.toBe(far);
    await expectNoSidewaysScroll(page);
  });

  it("fits on narrow screens with its filters", async () => {
    const page = await open("/?severity=low", { at: AT }, { viewport: { width: 320, height: 640 } });
    await expectNoSidewaysScroll(page);
    await expectAccessibleInBothThemes(page);
  });
});
