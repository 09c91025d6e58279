/** The alerts inbox in Chromium: what one supervisor does, another sees; keys, undo, mutes, sound and filters. */
import { billing, parcel } from "dashboard/dev/scripts";
import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { hasBrowser, useStage } from "./stage";
import { expectAccessibleInBothThemes, expectNoSidewaysScroll } from "./support";

const AT = { [parcel.id]: 41.5, [billing.id]: 20, "call-0721-x": 301, "call-0702-b": 1000 };
const TITLE = "Caller demands the manager";

describe.skipIf(!hasBrowser)("the inbox", () => {
  const stage = useStage();
  const open = (path: string, options: BrowserContextOptions = {}, staffed = false) =>
    stage.open(path, { at: AT, isStaffed: staffed }, options);

  const item = (page: Page, title = TITLE) => page.locator(".item", { hasText: title }).first();
  const act = (page: Page, name: string) => item(page).getByRole("button", { name, exact: true }).first();

  it("puts the worst first, one item a bad minute, and is accessible", async () => {
    const page = await open("/inbox", {}, true);
    await item(page).waitFor();
    await expect.poll(() => page.locator(".item .item-title").first().textContent()).toBe(TITLE);
    await expect.poll(() => page.locator(".item", { hasText: parcel.agent }).count()).toBe(1);
    await page.getByRole("button", { name: "+3 more within the minute" }).click();
    await expect.poll(() => page.locator(".item-all .one").count()).toBe(4);
    await expectAccessibleInBothThemes(page);
    await act(page, "More").click();
    await page.getByRole("button", { name: "Mute rule" }).first().click();
    await page.locator("summary", { hasText: "Sound and notifications" }).click();
    await expectAccessibleInBothThemes(page);
    await page.goto(`${stage.served.url}/inbox?state=all`);
    await page.locator('.item[data-standing="cleared"]').first().waitFor();
    await expectAccessibleInBothThemes(page);
  });

  it("shows on another screen at once what is done on one, and takes it back", async () => {
    const one = await open("/inbox");
    const other = await open("/inbox?state=all");
    const wall = await open("/");
    const call = await open(`/call/${parcel.id}`);
    await item(other).waitFor();
    await act(one, "Acknowledge").click();
    await item(other)
      .getByText(/^Acknowledged by local/)
      .waitFor();
    await wall.locator(".row-alert", { hasText: TITLE }).getByText("Acknowledged: local").waitFor();
    await call
      .locator(".alert", { hasText: TITLE })
      .getByText(/^Acknowledged by local/)
      .waitFor();
    await one.getByRole("button", { name: "Undo" }).click();
    await item(other)
      .getByText(/^Acknowledged by local/)
      .waitFor({ state: "detached" });
    await call
      .locator(".alert", { hasText: TITLE })
      .getByRole("button", { name: "Take", exact: true })
      .click();
    await item(one).getByText("Assigned to 本机").or(item(one).getByText("Assigned to local")).waitFor();
  });

  it("mutes a rule: out of the list and of the wall's attention, seen by all, and undone", async () => {
    const one = await open("/inbox");
    const other = await open("/inbox");
    const title = "Caller’s voice is rising";
    await item(other, title).waitFor();
    await item(one, title).getByRole("button", { name: "More", exact: true }).click();
    await item(one, title).getByRole("button", { name: "Mute rule" }).click();
    await one.getByRole("button", { name: "1 h", exact: true }).click();
    const muted = other.locator(".mutes li", { hasText: title });
    await muted.getByText(`for ${billing.agent}`).waitFor();
    await other.reload();
    await muted.waitFor();
    await item(other).waitFor();
    await expect.poll(() => item(other, title).count()).toBe(0);
    await other.getByRole("button", { name: /^Muted/ }).click();
    await item(other, title)
      .getByText(/^Muted by local until/)
      .waitFor();
    await other.goto(stage.served.url);
    await other
      .locator('.row-alert[data-muted="true"]', { hasText: title })
      .getByText(/^Muted until/)
      .waitFor();
    await one.locator(".mutes").getByRole("button", { name: "End the mute" }).click();
    await other.locator('.row-alert[data-muted="false"]', { hasText: title }).waitFor();
    // Taking back what is gone already is refused in words, once.
    await one.keyboard.press("u");
    await one.getByText("This mute was ended already.").waitFor();
    await one.keyboard.press("u");
    await expect.poll(() => one.locator(".desk-done").count()).toBe(0);
  });

  it("is worked by keys alone", async () => {
    const page = await open("/inbox");
    await item(page).waitFor();
    await page.keyboard.press("j");
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe(TITLE);
    await page.keyboard.press("a");
    await item(page)
      .getByText(/^Acknowledged by local/)
      .waitFor();
    // The row keeps its place under the eye, marked as leaving.
    await expect.poll(() => item(page).getAttribute("data-leaving")).toBe("true");
    await page.keyboard.press("u");
    await item(page)
      .getByText(/^Acknowledged by local/)
      .waitFor({ state: "detached" });
    await page.keyboard.press("c");
    await page.keyboard.type("asked to call back, j and a are letters here");
    await page.keyboard.press("Enter");
    await item(page).locator(".desk-comments", { hasText: "j and a are letters here" }).waitFor();
    await page.locator(".acts-comment").waitFor({ state: "detached" });
    await page.keyboard.press("s");
    await page.locator(".acts-panel").waitFor();
    await page.keyboard.press("Enter");
    await item(page)
      .getByText(/^Snoozed until/)
      .waitFor();
    await page.locator("summary", { hasText: "Keys" }).click();
    await page.getByLabel("Single keys act on the list").uncheck();
    await page.keyboard.press("Escape");
    await item(page).locator(".item-title").focus();
    await page.keyboard.press("f");
    await page.waitForTimeout(300);
    expect(
      await item(page)
        .getByText(/^False alarm, says/)
        .count(),
    ).toBe(0);
  });

  it("keeps filters in the address", async () => {
    const page = await open("/inbox");
    await item(page).waitFor();
    await page.getByLabel("Agent", { exact: true }).selectOption(billing.agent);
    await expect.poll(() => page.locator(".item").count()).toBe(1);
    await page.getByRole("button", { name: /^Cleared/ }).click();
    await page.getByText("With these filters there is nothing.").waitFor();
    await expect.poll(() => new URL(page.url()).search).toBe("?state=cleared&agent=3040+Rao");
    await page.reload();
    await page.getByRole("button", { name: "Show everything" }).click();
    await page.locator('.item[data-standing="cleared"]').first().waitFor();
  });

  it("sounds and notifies by choice, once, and says what the browser refuses", async () => {
    const page = await open("/inbox");
    await page.locator("summary", { hasText: "Sound and notifications" }).click();
    await expect.poll(() => page.getByLabel("Sound for new alerts").isChecked()).toBe(false);
    await page.getByLabel("Sound for new alerts").check();
    await page.getByRole("button", { name: "Test" }).click();
    await expect
      .poll(() => page.evaluate(() => Number(localStorage.getItem("tingyin.bell.sounded"))))
      .toBeGreaterThan(0);
    // Chromium without a window of its own refuses notifications by itself.
    await page.getByLabel("Notifications of this browser").click();
    await page.getByText("The browser forbids notifications").waitFor();
    await expect.poll(() => page.getByLabel("Notifications of this browser").isChecked()).toBe(false);
    await page.reload();
    await page.locator("summary", { hasText: "Sound and notifications" }).click();
    await expect.poll(() => page.getByLabel("Sound for new alerts").isChecked()).toBe(true);
  });

  it("notifies of a new alert by its title, and of no muted one", async () => {
    const page = await stage.open("/", { at: { [parcel.id]: 33 } }, { permissions: ["notifications"] });
    await page.addInitScript(() => {
      const told: string[] = [];
      class Recorded {
        static readonly permission = "granted";
        constructor(title: string, options: { body: string }) {
          told.push(`${title} / ${options.body}`);
        }
        close(): void {}
      }
      Object.assign(window, { Notification: Recorded, told });
    });
    await page.evaluate(() => {
      localStorage.setItem("tingyin.bell.notes", "on");
      localStorage.setItem("tingyin.bell.least", "high");
    });
    stage.served.hub.deskMute("hot_temper", parcel.agent);
    await page.reload();
    await page.locator(".row-alert", { hasText: TITLE }).waitFor();
    const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told);
    await expect.poll(told).toEqual([`${TITLE} / ${parcel.agent} · Critical`]);
  });

  it("comes back after a loss with what was done meanwhile", async () => {
    const page = await open("/inbox");
    await item(page).waitFor();
    await stage.served.stop();
    await page.locator(".banner", { hasText: "Cut off" }).waitFor();
    await act(page, "Acknowledge").click();
    await page.getByText("The server does not answer: this was not kept.").waitFor();
    stage.served.hub.deskAct("limin", parcel.id);
    await stage.served.resume();
    await page.locator(".banner").waitFor({ state: "detached" });
    await item(page)
      .getByText(/^Acknowledged by 李敏/)
      .waitFor();
  });

  it("fits on narrow screens, in both languages", async () => {
    for (const locale of ["en-GB", "zh-CN"]) {
      const page = await open("/inbox?state=all", { viewport: { width: 320, height: 640 }, locale }, true);
      await page.locator(".item-more").first().click();
      await page.locator(".item .acts button").first().waitFor();
      await page
        .locator(".inbox-choice")
        .last()
        .evaluate((choice) => {
          (choice as HTMLSelectElement).add(
            new Option("A heated caller got no apology and no offer of help"),
          );
        });
      await expectNoSidewaysScroll(page);
    }
  });
});
