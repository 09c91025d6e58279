/** The wall in Chromium: filters in the address, places that are kept, keys, and two hundred calls at once. */
import { Crowd } from "dashboard/dev/crowd";
import type { MockOptions } from "dashboard/dev/hub";
import { parcel } from "dashboard/dev/scripts";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { hasBrowser, useStage } from "./stage";
import { expectAccessibleInBothThemes, expectNoSidewaysScroll } from "./support";

const AT = { [parcel.id]: 42, "call-0720": 130, "call-0722-no": 75, "call-0703-c": 1000 };

describe.skipIf(!hasBrowser)("the wall", () => {
  const stage = useStage();

  async function open(path: string, mock: MockOptions, options = {}): Promise<Page> {
    const page = await stage.open(path, mock, options);
    await page.locator(".wall:not([aria-busy])").waitFor();
    return page;
  }

  const names = (page: Page) => page.locator(".row .row-link").allTextContents();

  it("shows what the address asks, and asks by the address what is chosen", async () => {
    const page = await open("/?team=Billing", { at: AT });
    await expect.poll(() => names(page)).toEqual(["3051 Osei"]);
    await expect.poll(() => page.getByRole("combobox", { name: "All teams" }).inputValue()).toBe("Billing");
    await page.getByRole("button", { name: "Show all" }).click();
    await expect.poll(async () => (await names(page)).length).toBe(3);
    await page.getByRole("button", { name: "Poorly heard" }).click();
    await expect.poll(() => names(page)).toEqual(["3051 Osei"]);
    await expect.poll(() => new URL(page.url()).search).toBe("?degraded=1");
    await page.reload();
    await expect.poll(() => names(page)).toEqual(["3051 Osei"]);
    await expectAccessibleInBothThemes(page);
  });

  it("finds by typing, from the keyboard alone, and says when nothing fits", async () => {
    const page = await open("/", { at: AT });
    await page.getByRole("searchbox").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("投递 陈");
    await expect.poll(() => names(page)).toEqual(["3027 陈"]);
    await page.keyboard.press("Escape");
    await expect.poll(async () => (await names(page)).length).toBe(3);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    const second = (await names(page))[1];
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe(second);
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

  it("gives whose call it is the width of a narrow screen", async () => {
    const page = await open("/", { at: AT }, { viewport: { width: 320, height: 640 } });
    await page.locator(".row").first().waitFor();
    const shares = await page
      .locator(".row")
      .evaluateAll((rows) => rows.map((row) => row.querySelector(".row-who")!.clientWidth / row.clientWidth));
    expect(Math.min(...shares)).toBeGreaterThan(0.5);
    await expectNoSidewaysScroll(page);
  });

  it("fits on narrow screens with its filters", async () => {
    const page = await open("/?severity=low", { at: AT }, { viewport: { width: 320, height: 640 } });
    await expectNoSidewaysScroll(page);
    await expectAccessibleInBothThemes(page);
  });

  it("shows whose call an alert is of, from the moment that its row comes up", async () => {
    const page = await open("/", { at: {}, crowd: 200 });
    const bare = await page.evaluate(
      (ms) =>
        new Promise<string[]>((done) => {
          const found = new Set<string>();
          const end = performance.now() + ms;
          const look = () => {
            for (const row of document.querySelectorAll<HTMLElement>(".row")) {
              const { top, bottom } = row.getBoundingClientRect();
              if (bottom < 0 || top > innerHeight) continue;
              const isShown = (part: string) => (row.querySelector(part)?.getClientRects().length ?? 0) > 0;
              if (isShown(".row-alert") && !isShown(".row-link")) found.add(row.dataset.row!);
            }
            if (performance.now() < end) requestAnimationFrame(look);
            else done([...found]);
          };
          look();
        }),
      8000,
    );
    expect(bare).toEqual([]);
  });

  it("lets go of the rows of calls that are over, in a day as long as one likes", async () => {
    const page = await open("/", { at: {} });
    const session = await page.context().newCDPSession(page);
    const startMs = Date.now();
    const crowd = new Crowd(12, startMs);
    for (const event of crowd.beginnings()) stage.served.hub.say(event);
    await page.locator(".row").nth(11).waitFor();
    let ended = 0;
    for (let at = 0; at < 3600; at += 10) {
      const told = crowd.step(startMs + at * 1000);
      ended += told.filter((event) => event.type === "call_ended").length;
      for (const event of told) stage.served.hub.say(event);
      // The page draws between: what is never drawn cannot be held.
      if (at % 100 === 0) await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await page.waitForTimeout(1000);
    expect(ended).toBeGreaterThan(80);
    // Elements that are out of the page, and that something still holds.
    const held = async () => {
      for (let twice = 0; twice < 2; twice += 1) await session.send("HeapProfiler.collectGarbage");
      const { result } = await session.send("Runtime.evaluate", { expression: "HTMLLIElement.prototype" });
      const { objects } = await session.send("Runtime.queryObjects", { prototypeObjectId: result.objectId! });
      const counted = await session.send("Runtime.callFunctionOn", {
        objectId: objects.objectId!,
        functionDeclaration: "function () { return this.filter((one) => !one.isConnected).length; }",
        returnByValue: true,
      });
      await session.send("Runtime.releaseObject", { objectId: objects.objectId! });
      return counted.result.value as number;
    };
    // Of what was drawn last some is still at hand; what a leak holds is every row there ever was.
    await expect.poll(held).toBeLessThan(ended / 2);
  });
});
