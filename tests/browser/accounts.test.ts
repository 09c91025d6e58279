/** The whole product with accounts: the first start, who is let in, and who is put out. */
import { launch } from "dashboard/dev/browser";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasProduct, Program } from "./stage";
import { errorsOf, expectAccessibleInBothThemes, expectNoSidewaysScroll, openPage } from "./support";

const PASSWORD = "a quiet river at noon";
const AGENT_PASSWORD = "the rain has stopped";
const START_MS = 90_000;

describe.skipIf(!hasProduct)("the product with accounts", () => {
  let browser: Browser;
  const program = new Program(["serve"], { TINGYIN_ACCOUNTS__IS_REQUIRED: "true" });
  let welcome: string;
  let url: string;
  let root: Page;
  const pages: Page[] = [];

  async function open(path: string, options = {}): Promise<Page> {
    const page = await openPage(browser, url + path, options);
    pages.push(page);
    return page;
  }

  async function signIn(page: Page, name: string, password: string): Promise<void> {
    await page.getByLabel("Account name").fill(name);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
  }

  async function choose(page: Page, password: string, again = password): Promise<void> {
    await page.getByLabel("New password").fill(password);
    await page.getByLabel("Once more").fill(again);
    await page.getByRole("button", { name: "Save and go on" }).click();
  }

  beforeAll(async () => {
    welcome = await program.start("welcome");
    url = new URL(welcome).origin;
    browser = await launch();
  }, START_MS);

  afterAll(async () => {
    await browser?.close();
    await program.end();
  });

  it("starts with a link by which the administrator chooses a password", async () => {
    root = await open(new URL(welcome).pathname);
    await root.getByText("for the account admin").waitFor();
    await expectAccessibleInBothThemes(root);
    await choose(root, PASSWORD, "something else entirely");
    await root.getByText("The two are not the same.").waitFor();
    await choose(root, "short");
    await root.getByText("At least 10 characters").waitFor();
    await choose(root, PASSWORD);
    await root.getByText("No call yet").waitFor();
    await expect.poll(() => new URL(root.url()).pathname).toBe("/");
    const again = await open(new URL(welcome).pathname);
    await again.getByText("This link was used already").waitFor();
  });

  it("refuses a wrong password in words, and then shows the page that was wanted", async () => {
    const page = await open("/trail");
    await page.locator('input[autocomplete="username"]').waitFor();
    await page.locator('input[autocomplete="current-password"]').waitFor();
    await signIn(page, "admin", "not this one");
    await page.getByText("The name or the password is wrong.").waitFor();
    await expectAccessibleInBothThemes(page);
    await signIn(page, "admin", PASSWORD);
    await page.getByRole("cell", { name: "was refused" }).waitFor();
    await expect.poll(() => new URL(page.url()).pathname).toBe("/trail");
    await expectAccessibleInBothThemes(page);
  });

  it("lets an agent in by a link, to their own page only", async () => {
    await root.getByRole("link", { name: "Accounts" }).click();
    await root.getByRole("button", { name: "New account" }).click();
    await root.getByLabel("Account name").fill("wang");
    await root.getByLabel("Agent label").fill("8012");
    await expectAccessibleInBothThemes(root);
    await root.getByRole("button", { name: "Save" }).click();
    const link = await root.locator(".link-shown code").textContent();
    await expectAccessibleInBothThemes(root);
    const agent = await open(new URL(link!).pathname, { viewport: { width: 320, height: 640 } });
    await choose(agent, AGENT_PASSWORD);
    await agent.getByText("No call", { exact: true }).waitFor();
    await expect.poll(() => new URL(agent.url()).pathname).toBe("/agent");
    await expect
      .poll(() => agent.getByRole("navigation").getByRole("link").allTextContents())
      .toEqual(["Agent view"]);
    await expectNoSidewaysScroll(agent);
    await agent.goto(`${url}/accounts`);
    await agent.getByText("This page is not for your account").waitFor();
    await agent.goto(url);
    await agent.waitForURL("**/agent");
    await root.getByRole("group", { name: "Actions: wang" }).getByRole("button", { name: "Disable" }).click();
    await agent.getByText("You are signed out here.").waitFor();
    await expectNoSidewaysScroll(agent);
  });

  it("fits on narrow screens", async () => {
    for (const path of ["/accounts", "/trail"]) {
      for (const width of [320, 380]) {
        await root.setViewportSize({ width, height: 640 });
        await root.goto(url + path);
        await root.locator(".person, .office-table").first().waitFor();
        await expectNoSidewaysScroll(root);
      }
    }
    await root.setViewportSize({ width: 1440, height: 900 });
  });

  it("signs out here, and everywhere", async () => {
    const other = await open("/");
    await signIn(other, "admin", PASSWORD);
    await other.getByText("No call yet").waitFor();
    await root.goto(url);
    await root.getByText("No call yet").waitFor();
    await other.locator(".menu summary").click();
    await expectAccessibleInBothThemes(other);
    await other.getByRole("button", { name: "Sign out", exact: true }).click();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    await expect.poll(() => root.getByText("No call yet").count()).toBe(1);
    await signIn(other, "admin", PASSWORD);
    await other.locator(".menu summary").click();
    await other.getByRole("button", { name: "Sign out everywhere" }).click();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    await root.getByText("You are signed out here.").waitFor();
  });

  it("is signed in again in every tab, where each was", async () => {
    const second = await root.context().newPage();
    await second.goto(`${url}/trail`);
    await second.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(root, "admin", PASSWORD);
    await root.getByText("No call yet").waitFor();
    await second.getByRole("cell", { name: "was refused" }).first().waitFor();
    await expect.poll(() => new URL(second.url()).pathname).toBe("/trail");
  });

  it("had no error on any page", () => {
    expect(pages.flatMap(errorsOf)).toEqual([]);
  });
});
