/** Pages that do not come, and pages that break: what is said, and the way on. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { hasBrowser, useStage } from "./stage";
import { errorsOf, expectAccessibleInBothThemes } from "./support";

describe.skipIf(!hasBrowser)("a page that is loaded when it is wanted", () => {
  const stage = useStage();

  /** The wall, before any other page is fetched, and a switch that keeps further parts of the program back. */
  async function wall(): Promise<{ page: Page; keepBack: (isKept: boolean) => void }> {
    const page = await stage.open("/nowhere");
    // A browser with spare time fetches the other pages: this one never has any.
    await page.addInitScript(() => {
      window.requestIdleCallback = () => 0;
    });
    let isKept = false;
    await page.route("**/assets/*.js", (route) => (isKept ? route.abort() : route.continue()));
    await page.goto(stage.served.url);
    await page.locator(".wall:not([aria-busy])").waitFor();
    return { page, keepBack: (now) => (isKept = now) };
  }

  it("says so where it does not come, and comes when it is asked for again", async () => {
    const { page, keepBack } = await wall();
    keepBack(true);
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("This page could not be loaded").waitFor();
    await expectAccessibleInBothThemes(page);
    await page.getByRole("link", { name: "Calls", exact: true }).click();
    await page.locator(".row").first().waitFor();
    keepBack(false);
    await page.getByRole("link", { name: "History" }).click();
    await page.locator(".past").first().waitFor();
  });

  it("comes by itself when the server is there again", async () => {
    const { page } = await wall();
    await stage.served.stop();
    await page.locator(".banner").waitFor();
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("This page could not be loaded").waitFor();
    await stage.served.resume();
    await page.locator(".past").first().waitFor({ timeout: 20_000 });
  });

  it("keeps the other pages going where one of them breaks", async () => {
    const { page } = await wall();
    // An answer that no server gives: the page's drawing fails on it.
    await page.route("**/api/history/facets", (route) => route.fulfill({ json: { agents: 5 } }));
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("This page has failed").waitFor();
    await expectAccessibleInBothThemes(page);
    expect(errorsOf(page).splice(0).length).toBeGreaterThan(0);
    await page.getByRole("link", { name: "Calls", exact: true }).click();
    await page.locator(".row").first().waitFor();
    await page.unroute("**/api/history/facets");
    await page.getByRole("link", { name: "History" }).click();
    await page.locator(".past").first().waitFor();
  });

  it("waits for the words of its language, and asks for them until the server answers", async () => {
    const page = await stage.open("/nowhere");
    let refused = 0;
    await page.route("**/assets/en-*.js", (route) => {
      refused += 1;
      return refused === 1 ? route.abort() : route.continue();
    });
    await page.goto(stage.served.url);
    await page.locator(".row").first().waitFor({ timeout: 20_000 });
    expect(refused).toBeGreaterThan(1);
  });

  it("stays in its language where the other's words do not come", async () => {
    const { page, keepBack } = await wall();
    keepBack(true);
    await page.getByRole("button", { name: "中文" }).click();
    await page.waitForTimeout(300);
    await page.getByRole("heading", { name: "Calls", exact: true }).waitFor();
    await expect.poll(() => page.locator("html").getAttribute("lang")).toBe("en");
    keepBack(false);
    await page.getByRole("button", { name: "中文" }).click();
    await page.getByRole("heading", { name: "通话", exact: true }).waitFor();
  });

  it("does not say that the trail is coming where it was refused", async () => {
    const page = await stage.open("/nowhere", { visitor: "admin" });
    let isFull = true;
    const refusal = { status: 500, json: { code: "store.full", message: "the disk is full" } };
    await page.route("**/api/trail*", (route) => (isFull ? route.fulfill(refusal) : route.continue()));
    await page.goto(`${stage.served.url}/trail`);
    await page.getByText("The server’s disk is full").waitFor();
    await expect.poll(() => page.getByText("Loading").count()).toBe(0);
    isFull = false;
    await page.getByRole("button", { name: "Load again" }).click();
    await page.getByRole("cell").first().waitFor();
  });

  it("tells of the server's problems in the reader's language", async () => {
    const problems = [
      { code: "store.full", message: "the disk that holds /srv/events.db is full" },
      { code: "playbook.edit", message: "the edited playbook is not in force: line 7" },
    ];
    const page = await stage.open("/", { problems }, { locale: "zh-CN" });
    await page.locator(".banner", { hasText: "服务器磁盘已满" }).waitFor();
    // What names a line is said by the server itself, as a sentence.
    await page.locator(".banner", { hasText: "The edited playbook is not in force: line 7" }).waitFor();
    await expect.poll(() => page.locator(".banners").textContent()).not.toContain("/srv/");
  });
});
