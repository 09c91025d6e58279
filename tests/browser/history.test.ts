/** The history in Chromium: search by words and jump there, play a call back, figures over time. */
import { parcel } from "dashboard/dev/scripts";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { hasBrowser, useStage } from "./stage";
import { expectAccessibleInBothThemes, expectNoSidewaysScroll } from "./support";

const OVER = { [parcel.id]: 1000, "call-0703-c": 1000 };
const CALL = `/call/${parcel.id}`;

describe.skipIf(!hasBrowser)("the history", () => {
  const stage = useStage();
  let page: Page;

  const open = async (path: string, options = {}) => {
    page = await stage.open(path, { at: OVER }, options);
    return page;
  };
  const time = async () => {
    const [m, s] = (await page.locator(".playback-time b").textContent())!.split(":").map(Number);
    return m! * 60 + s!;
  };

  it("finds a call by what was said in it, and jumps there", async () => {
    await open("/history");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(decodeURIComponent(request.url())));
    await page.locator(".past").nth(20).waitFor();
    await expectAccessibleInBothThemes(page);
    await page.getByLabel("Words said").fill("投诉");
    await page.locator(".hit mark", { hasText: "投诉" }).waitFor();
    await expect.poll(() => page.locator(".past").count()).toBe(1);
    expect(decodeURIComponent(page.url())).not.toContain("投诉");
    await expectAccessibleInBothThemes(page);
    await page.reload();
    await page.locator(".hit mark", { hasText: "投诉" }).waitFor();
    await page.locator(".hit").first().click();
    await page.locator('.said-row[aria-current="true"]', { hasText: "我要投诉" }).waitFor();
    await expect.poll(() => new URL(page.url()).pathname).toBe(CALL);
    await expect.poll(time).toBeGreaterThanOrEqual(35);
    await page.locator("mark[data-current]", { hasText: "投诉" }).waitFor();
    expect(decodeURIComponent(page.url())).not.toContain("投诉");
    await page.locator("a.back").click();
    await page.locator(".hit mark", { hasText: "投诉" }).waitFor();
    await page.locator(".hit").first().click();
    await page.locator("mark[data-current]", { hasText: "投诉" }).waitFor();
    await page.goBack();
    await page.locator(".hit mark", { hasText: "投诉" }).waitFor();
    expect(asked.filter((address) => address.includes("投诉"))).toEqual([]);
  });

  it("makes a link to a search for whoever wants one, and takes the words out of it again", async () => {
    await open("/history?severity=low", { permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByLabel("Words said").fill("投诉");
    await page.getByRole("button", { name: "Copy a link" }).click();
    await page.getByRole("button", { name: "Link copied" }).waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(new URL(link).search).toBe("?severity=low");
    expect(decodeURIComponent(new URL(link).hash)).toBe("#words=投诉");
    const asked: string[] = [];
    const other = await stage.open("/");
    other.on("request", (request) => asked.push(decodeURIComponent(request.url())));
    await other.goto(link);
    await expect.poll(() => other.getByLabel("Words said").inputValue()).toBe("投诉");
    await expect.poll(() => new URL(other.url()).hash).toBe("");
    await expect.poll(() => new URL(other.url()).search).toBe("?severity=low");
    expect(asked.filter((address) => address.includes("投诉") && !address.includes("#"))).toEqual([]);
  });

  it("hands out the list that was found as a file", async () => {
    await open("/history");
    await page.locator(".past").first().waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "List as CSV" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("calls.csv");
    await page.route("**/api/history/calls.csv", (route) => route.abort());
    await page.getByRole("button", { name: "List as CSV" }).click();
    await page.getByText("The list could not be fetched.").waitFor();
    await expectAccessibleInBothThemes(page);
  });

  it("keeps its filters in the address", async () => {
    await open("/history?severity=critical&agent=3077+何");
    await page.locator(".past").first().waitFor();
    await expect.poll(() => page.getByLabel("Severity").inputValue()).toBe("critical");
    const names = async () => new Set(await page.locator(".past-link").allTextContents());
    await expect.poll(names).toEqual(new Set(["3077 何"]));
    await page.getByLabel("Agent", { exact: true }).selectOption("3051 周");
    await expect.poll(() => page.locator(".past-link").first().textContent()).toBe("3051 周");
    await page.reload();
    await expect.poll(() => page.locator(".past-link").first().textContent()).toBe("3051 周");
    await page.getByRole("button", { name: "Clear filters" }).click();
    await expect.poll(() => new URL(page.url()).search).toBe("");
    await page.getByRole("button", { name: "Older calls" }).click();
    await expect.poll(() => page.locator(".past").count()).toBeGreaterThan(50);
  });

  it("has words for finding nothing, and for not being answered", async () => {
    await open("/history?words=zebra");
    await page.getByText("No call fits").waitFor();
    await expectAccessibleInBothThemes(page);
    await page.route("**/api/history", (route) => route.abort());
    await page.getByLabel("Words said").fill("zebras");
    await page.getByText("The history could not be loaded").waitFor();
    await expectAccessibleInBothThemes(page);
    await page.unroute("**/api/history");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("No call fits").waitFor();
  });

  it("plays a call back: the position moves, transcript and charts go with it", async () => {
    await open(CALL);
    const play = page.getByRole("button", { name: "Play", exact: true });
    await play.waitFor();
    await expect.poll(time).toBe(0);
    await page.getByLabel("Speed").selectOption("2");
    await play.click();
    await expect.poll(time, { timeout: 10_000 }).toBeGreaterThan(3);
    const row = page.locator('.said-row[aria-current="true"] .said-time');
    const [, seconds] = (await row.textContent())!.split(":").map(Number);
    expect(seconds).toBeLessThanOrEqual(await time()); // a slow machine may be some rows on by now
    await page.getByRole("button", { name: "Next alert" }).click();
    await expect.poll(time).toBeGreaterThanOrEqual(26);
    await page.locator('.said-row[aria-current="true"]', { hasText: "怎么会没有记录" }).waitFor();
    await page.locator(".played-line:not([hidden])").waitFor({ state: "attached" });
    const phase = () => page.locator('.phases [aria-current="step"]').textContent();
    expect(await phase()).not.toBe("Closing"); // what was read of the call by then, not at its end
    await page.getByLabel("Position in the call").fill("90");
    await expect.poll(phase).toBe("Closing");
    await page.getByLabel("Position in the call").fill("30");
    await page.getByRole("button", { name: "Pause" }).click();
    const rest = await time();
    await page.waitForTimeout(600);
    expect(await time()).toBe(rest);
    expect(rest).toBeGreaterThan(25);
  });

  it("is played by keyboard, and where one points in the transcript", async () => {
    await open(CALL);
    await page.getByRole("button", { name: "Play", exact: true }).waitFor();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await expect.poll(time).toBe(10);
    await page.keyboard.press("ArrowLeft");
    await expect.poll(time).toBe(5);
    await page.keyboard.press(" ");
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await page.keyboard.press(" ");
    await page.getByRole("button", { name: "Play", exact: true }).waitFor();
    await page.locator(".said-time", { hasText: "0:32" }).click();
    await expect.poll(time).toBe(32);
    await page.getByLabel("Position in the call").focus();
    await page.keyboard.press("n");
    await expect.poll(time).toBeGreaterThan(32);
    await expectAccessibleInBothThemes(page);
  });

  it("lets a reader look elsewhere, and come back to where it plays", async () => {
    await open(`${CALL}?at=70`, { viewport: { width: 1440, height: 700 } });
    const current = page.locator('.said-row[aria-current="true"]');
    await current.waitFor();
    await page.locator(".transcript-scroll").hover();
    await page.mouse.wheel(0, -4000);
    const back = page.getByRole("button", { name: "To where it plays" });
    await back.waitFor();
    await expect.poll(() => current.isVisible()).toBe(true);
    await back.click();
    await expect
      .poll(() =>
        current.evaluate((row) => {
          const box = row.closest(".transcript-scroll")!.getBoundingClientRect();
          const at = row.getBoundingClientRect();
          return at.top >= box.top && at.top < box.bottom;
        }),
      )
      .toBe(true);
  });

  it("goes through words and charts where no sound was kept", async () => {
    await open("/call/call-0703-c");
    await page.getByText("No sound was kept of this call").waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Play", exact: true }).count()).toBe(0);
    await page.getByLabel("Position in the call").fill("30");
    await expect.poll(time).toBe(30);
    await expectAccessibleInBothThemes(page);
  });

  it("gives reports to take along", async () => {
    await open(CALL);
    await page.locator(".reports summary").click();
    for (const format of ["HTML", "CSV", "JSON"]) {
      const download = page.waitForEvent("download");
      await page.locator(".reports a", { hasText: format }).click();
      expect((await download).suggestedFilename()).toContain(format.toLowerCase());
    }
  });

  it("shows an agent's calls and a team's days, as charts and as tables", async () => {
    await open("/history/agent");
    await page.locator(".agents").getByRole("button", { name: "3012 林" }).click();
    await page.locator(".figure-chart canvas").nth(4).waitFor();
    await expect.poll(() => page.locator(".figure-table tbody tr").count()).toBeGreaterThan(10);
    await expectAccessibleInBothThemes(page);
    await page.getByRole("link", { name: "Trends" }).click();
    await page.locator(".figure-table").nth(1).waitFor();
    await page.getByRole("button", { name: "Week" }).click();
    await page.getByText("By week").waitFor();
    await expectAccessibleInBothThemes(page);
    await page.getByText("How supervisors judged alerts").waitFor();
    for (const about of [".figure-charts", "table:has-text('By agent')", "table:has-text('By week')"]) {
      const text = await page.locator(about).textContent();
      expect(text).not.toMatch(/heat|temper|emotion|upset|calm/i); // of agents: what they did
    }
  });

  it("fits on narrow screens", async () => {
    for (const path of [
      "/history",
      "/history?words=投诉",
      "/history/trends",
      "/history/agent?agent=3012+林",
      CALL,
    ]) {
      await open(path, { viewport: { width: 320, height: 640 } });
      await page.locator("main:not([aria-busy]) :is(.past, .figure-chart, .playback)").first().waitFor();
      await expectNoSidewaysScroll(page);
      if (path !== CALL) await page.context().close();
    }
  });
});
