/** The whole product in Chromium: `tingyin demo` is started, heard, stopped and started again. */
import { launch } from "dashboard/dev/browser";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasProduct, Program } from "./stage";
import { errorsOf, expectAccessibleInBothThemes, openPage } from "./support";

/** The call is played in real time, and its first interruption comes after fifty seconds. */
const CALL_MS = 150_000;
const START_MS = 90_000;

if (!hasProduct) process.stderr.write("left out: Chromium or the program is not installed\n");

describe.skipIf(!hasProduct)("the product", () => {
  let browser: Browser;
  /** By sound alone: no model is needed. */
  const product = new Program(["demo", "--language", "zh"]);
  let url: string;
  let wall: Page;
  let call: Page;
  let agent: Page;
  let inbox: Page;

  /** The last of the inbox's alerts of that title, in an item of several or alone. */
  const cutIn = () => inbox.locator(".one, .item:not(:has(.item-all))", { hasText: "Agent cuts in" }).last();

  beforeAll(async () => {
    [browser, url] = await Promise.all([launch(), product.start()]);
    wall = await openPage(browser, url);
    await wall.locator(".row").waitFor();
    const path = await wall.locator(".row .row-link").first().getAttribute("href");
    call = await openPage(browser, url + path!);
    agent = await openPage(browser, `${url}/agent`);
    inbox = await openPage(browser, `${url}/inbox?state=all`);
  }, START_MS);

  afterAll(async () => {
    await browser?.close();
    await product.end();
  });

  it("draws the call while it is heard", async () => {
    await call.locator(".strip-values", { hasText: /\d/ }).first().waitFor();
    await call.locator(".said").first().waitFor();
    await call.getByText("This call is judged by its sound alone").waitFor();
    await expectAccessibleInBothThemes(wall);
    await expectAccessibleInBothThemes(call);
    await expectAccessibleInBothThemes(agent);
  });

  it("lets a supervisor listen in: the call's own sound flows, and ends with the page", async () => {
    await call.getByRole("button", { name: "Listen in" }).click();
    const listen = call.locator(".listen");
    await listen.and(call.locator('[data-phase="playing"]')).waitFor();
    const played = async () => Number(await listen.getAttribute("data-played"));
    const before = await played();
    await expect.poll(played, { timeout: 20_000 }).toBeGreaterThan(before + 3 * 16_000);
    const loudest = { agent: 0, caller: 0 };
    await expect
      .poll(
        async () => {
          for (const party of ["agent", "caller"] as const) {
            const rms = await listen.locator(`[data-party="${party}"]`).getAttribute("data-rms");
            loudest[party] = Math.max(loudest[party], Number(rms));
          }
          return Math.min(loudest.agent, loudest.caller);
        },
        { timeout: 40_000, interval: 100 },
      )
      .toBeGreaterThan(0.01);
    await call.getByText(/about \d\.\d s behind the call/).waitFor();
    await call.getByRole("button", { name: "Stop listening" }).click();
    const heard = async () => {
      const trail = (await (await fetch(`${url}/api/trail`)).json()) as { entries: { action: string }[] };
      return trail.entries.map((entry) => entry.action).filter((action) => action.startsWith("call_heard"));
    };
    await expect.poll(heard).toEqual(["call_heard_until", "call_heard"]);
  }, 90_000);

  it("brings a message to the agent's screen, and back that it was seen", async () => {
    await call.getByLabel("Message to the agent").fill("Ask for the number, please");
    await call.getByRole("button", { name: "Send" }).click();
    const card = agent.locator(".message-card", { hasText: "Ask for the number, please" });
    await card.waitFor();
    const mark = call.locator(".sent-mark").first();
    await mark.and(call.locator('[data-mark="shown"]')).waitFor();
    await card.getByRole("button", { name: "Seen" }).click();
    await mark.and(call.locator('[data-mark="seen"]')).waitFor();
    await card.waitFor({ state: "detached" });
  });

  it(
    "tells of an interruption, on all three pages, and that it is over",
    async () => {
      const card = call.locator(".alert", { hasText: "Agent cuts in" });
      await card.and(call.locator('[data-open="true"]')).waitFor({ timeout: CALL_MS });
      await wall.locator(".row-alert", { hasText: "Agent cuts in" }).waitFor();
      await inbox.locator(".item", { hasText: "Agent cuts in" }).waitFor();
      await card.and(call.locator('[data-open="false"]')).waitFor({ timeout: CALL_MS });
      await wall.locator(".row-alert", { hasText: "Agent cuts in" }).waitFor({ state: "detached" });
    },
    2 * CALL_MS,
  );

  it("shows on every page at once what a supervisor does", async () => {
    // An item is named by its worst alert: this one may be among others of its minute.
    for (const more of await inbox.locator('.item-more[aria-expanded="false"]').all()) await more.click();
    await cutIn().getByRole("button", { name: "Acknowledge", exact: true }).click();
    await inbox.getByText("1 alert acknowledged").waitFor();
    await call.locator(".alert", { hasText: "Acknowledged by local" }).first().waitFor();
    await expectAccessibleInBothThemes(inbox);
  });

  it(
    "comes back after it was stopped, and shows the call as cut off",
    async () => {
      await product.stop();
      for (const page of [wall, call, agent, inbox]) {
        await page.locator(".banner", { hasText: "Cut off from the server since" }).waitFor();
      }
      expect(await product.start("server", Number(new URL(url).port))).toBe(url);
      for (const page of [wall, call, agent, inbox]) {
        await page.locator(".banner").waitFor({ state: "detached", timeout: START_MS });
      }
      await wall.locator('.ended-state[data-state="cut_off"]').waitFor();
      await call.getByText("The call was cut off").waitFor();
      await cutIn()
        .getByText(/^Acknowledged by local/)
        .waitFor();
      await wall.locator(".row").waitFor({ timeout: START_MS });
    },
    3 * START_MS,
  );

  it("had no error on any page", () => {
    expect([wall, call, agent, inbox].flatMap(errorsOf)).toEqual([]);
  });
});
