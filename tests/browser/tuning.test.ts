/** Tuning in Chromium: change a threshold, see what it would have done, save, see the version, restore. */
import { chromiumPath, launch } from "dashboard/dev/browser";
import { type Served, serveMock } from "dashboard/dev/serve";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { errorsOf, expectAccessibleInBothThemes, expectNoSidewaysScroll, openPage } from "./support";

const LEVEL = "#t-detectors\\.raised_level_db";

describe.skipIf(chromiumPath() === null)("the tuning page", () => {
  let browser: Browser;
  let served: Served;
  let page: Page;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    served = await serveMock({ at: {} });
    page = await openPage(browser, `${served.url}/tuning`);
    await page.locator(LEVEL).waitFor();
  });
  afterEach(async () => {
    expect(errorsOf(page)).toEqual([]);
    await page.context().close();
    await served.close();
  });

  const draftText = () => page.locator(".draft").innerText();
  const change = async (value: string) => {
    await page.locator(LEVEL).fill(value);
    await page.getByText("1 change", { exact: true }).waitFor();
  };

  it("tunes a threshold: change, what-if, save, version, restore", async () => {
    await change("4.5");
    expect(await draftText()).toContain("Louder by");
    await page.getByRole("button", { name: "Try on recent calls" }).click();
    await page.locator(".moved li").nth(2).waitFor();
    const listen = page.locator(".moved a").first();
    expect(await listen.getAttribute("href")).toBe("/call/call-0702-b?at=83");
    expect(await page.locator(".outcome-rates").innerText()).toMatch(/19\.4 → 20\.6/);
    await page.getByLabel("Why? (for the others)").fill("a quiet room");
    await page.getByRole("button", { name: "Save and put in force" }).click();
    await page.getByText("Saved as version 1.").waitFor();
    expect(await page.locator(LEVEL).inputValue()).toBe("4.5");
    await page.getByRole("tab", { name: "Versions" }).click();
    await page.getByText("a quiet room").waitFor();
    await page.getByRole("button", { name: "What changed" }).click();
    await page.locator(".version .differences").waitFor();
    expect(await page.locator(".version .differences").innerText()).toMatch(/6\s*→\s*4\.5/);
    await expectAccessibleInBothThemes(page);
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByRole("group").getByRole("button", { name: "Restore" }).press("Enter");
    await page.getByText("Saved as version 2.").waitFor();
    await page.getByRole("tab", { name: "Thresholds" }).click();
    expect(await page.locator(LEVEL).inputValue()).toBe("6");
  });

  it("lets nothing through that cannot be, and keeps the draft over a reload", async () => {
    await page.locator(LEVEL).fill("-3");
    await page.getByText("More than 0.").waitFor();
    expect(await draftText()).toContain("No changes");
    await change("5");
    await page.reload();
    await page.getByText("1 change", { exact: true }).waitFor();
    expect(await page.locator(LEVEL).inputValue()).toBe("5");
    await page.getByRole("button", { name: "Louder by: as it was" }).click();
    await page.getByText("No changes").waitFor();
  });

  it("joins a draft with what somebody else saved meanwhile, and loses neither", async () => {
    await change("5");
    served.hub.tuning.saveAsOther({ thresholds: { cues: { between_s: 20 } }, rules: {} });
    await page.getByRole("button", { name: "Save and put in force" }).click();
    await page.getByText("Somebody else has saved meanwhile.").waitFor();
    expect(await page.locator("#t-cues\\.between_s").inputValue()).toBe("20");
    expect(await page.locator(LEVEL).inputValue()).toBe("5");
    await page.getByRole("button", { name: "Save and put in force" }).click();
    await page.getByText("Saved as version 2.").waitFor();
    expect(await page.locator("#t-cues\\.between_s").inputValue()).toBe("20");
  });

  it("finds a rule and tunes it by keyboard", async () => {
    await page.getByRole("tab", { name: "Thresholds" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByLabel("Search rules").fill("no a reason");
    await page.getByText("No rule fits").waitFor();
    await page.getByLabel("Search rules").fill("without a reason");
    await page.locator(".rule-head").press("Enter");
    await page.getByLabel("Switched on").press("Space");
    await page.getByText("1 change", { exact: true }).waitFor();
    await page.getByLabel("Chinese").first().fill("一二三四五六七八九十一二三四五六七八九十");
    await page.getByText("To be mended first").waitFor();
    expect(await page.getByRole("button", { name: "Save and put in force" }).isDisabled()).toBe(true);
    await expectAccessibleInBothThemes(page);
  });

  it("fits a narrow window in both languages", async () => {
    for (const locale of ["en-GB", "zh-CN"]) {
      const narrow = await openPage(browser, `${served.url}/tuning?tab=rules`, {
        viewport: { width: 320, height: 800 },
        locale,
      });
      await narrow.locator(".rule-head").first().click();
      await expectNoSidewaysScroll(narrow);
      await narrow.context().close();
    }
  });
});
