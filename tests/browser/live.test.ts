/** A live call with accounts: a supervisor on one screen, the call's agent on another, another agent apart. */
import { launch } from "dashboard/dev/browser";
import { Line } from "dashboard/dev/line";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasProduct, Program } from "./stage";
import { errorsOf, expectAccessibleInBothThemes, expectNoSidewaysScroll, openPage } from "./support";

const TOKEN = "a telephone system's own token";
const PASSWORD = "a quiet river at noon";
const START_MS = 120_000;

describe.skipIf(!hasProduct)("a live call with accounts", () => {
  let browser: Browser;
  const program = new Program(["serve"], {
    TINGYIN_ACCOUNTS__IS_REQUIRED: "true",
    TINGYIN_ACCOUNTS__PROGRAM_TOKEN: TOKEN,
  });
  let url: string;
  let root: Page;
  let line: Line | null = null;
  const pages: Page[] = [];

  async function open(path: string, options = {}): Promise<Page> {
    const page = await openPage(browser, url + path, options);
    pages.push(page);
    return page;
  }

  async function choose(page: Page): Promise<void> {
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByLabel("Once more").fill(PASSWORD);
    await page.getByRole("button", { name: "Save and go on" }).click();
  }

  /** Makes an account as the administrator, and its owner chooses a password. */
  async function invite(account: Record<string, unknown>, options = {}): Promise<Page> {
    const link = await root.evaluate(async (body) => {
      const headers = { "content-type": "application/json" };
      const made = await fetch("/api/accounts", { method: "POST", headers, body: JSON.stringify(body) });
      return ((await made.json()) as { link: string }).link;
    }, account);
    const page = await open(link, options);
    await choose(page);
    return page;
  }

  beforeAll(async () => {
    const welcome = await program.start("welcome");
    url = new URL(welcome).origin;
    browser = await launch();
    root = await open(new URL(welcome).pathname);
    await choose(root);
    await root.getByText("No call yet").waitFor();
  }, START_MS);

  afterAll(async () => {
    line?.hangUp();
    await browser?.close();
    await program.end();
  });

  it(
    "opens by itself for its agent, and brings the supervisor's message there and nowhere else",
    async () => {
      const narrow = { viewport: { width: 320, height: 640 } };
      const agent = await invite({ name: "wang", role: "agent", agent: "8012" }, narrow);
      const other = await invite({ name: "zhou", role: "agent", agent: "8027" }, narrow);
      const supervisor = await invite({ name: "li", display: "Li", role: "supervisor" });
      await agent.getByText("No call", { exact: true }).waitFor();
      line = await Line.dial(url, "8012", TOKEN);
      await agent.getByRole("heading", { name: "wang" }).waitFor();
      await supervisor.locator(".row .row-link").first().click();

      await supervisor.getByLabel("Message to the agent").fill("Ask for the number, please");
      await supervisor.getByRole("button", { name: "Send" }).click();
      const card = agent.locator(".message-card", { hasText: "Ask for the number, please" });
      await card.waitFor();
      await card.getByText("Message from Li").waitFor();
      const mark = supervisor.locator(".sent-mark").first();
      await mark.and(supervisor.locator('[data-mark="shown"]')).waitFor();
      await expectAccessibleInBothThemes(agent);
      await expectNoSidewaysScroll(agent);
      await agent.keyboard.press("s");
      await mark.and(supervisor.locator('[data-mark="seen"]')).waitFor();
      await card.waitFor({ state: "detached" });
      await expect.poll(() => other.getByText("No call", { exact: true }).count()).toBe(1);
    },
    START_MS,
  );

  it("shows a supervisor the agent's page, and lets only the agent answer there", async () => {
    const [, agent, , supervisor] = pages as [Page, Page, Page, Page];
    const path = new URL(supervisor.url()).pathname.replace("/call/", "/agent/");
    const looking = await supervisor.context().newPage();
    await looking.goto(url + path);
    await looking.getByText("Only the agent can answer here.").waitFor();
    await expect.poll(() => looking.getByRole("button", { name: "Pause hints" }).count()).toBe(0);
    await looking.close();
    await agent.getByRole("button", { name: "Pause hints" }).click();
    await agent.getByRole("button", { name: "2 min" }).click();
    await supervisor.getByText(/The agent has paused hints for/).waitFor();
  });

  it("is heard by the supervisor, which the trail tells and the agent's page does not", async () => {
    const [, agent, , supervisor] = pages as [Page, Page, Page, Page];
    await supervisor.getByRole("button", { name: "Listen in" }).click();
    const caller = supervisor.locator('.listen [data-party="caller"]');
    await expect
      .poll(async () => Number(await caller.getAttribute("data-rms")), { timeout: 30_000 })
      .toBeGreaterThan(0.05);
    expect(await agent.locator("main").textContent()).not.toMatch(/listen(s|ing) in|Li\b.*listen/i);
    await supervisor.locator(".menu summary").click();
    await supervisor.getByRole("button", { name: "Sign out", exact: true }).click();
    await supervisor.getByRole("heading", { name: "Sign in" }).waitFor();
    await root.goto(`${url}/trail`);
    await root.getByRole("cell", { name: "stopped listening in" }).waitFor();
    await root.getByRole("cell", { name: "began to listen in" }).waitFor();
    await root.getByRole("cell", { name: "wrote to the agent of" }).waitFor();
  });

  it("had no error on any page", () => {
    expect(pages.flatMap(errorsOf)).toEqual([]);
  });
});
