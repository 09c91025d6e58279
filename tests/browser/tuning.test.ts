/** Tuning in Chromium: change a threshold, see what it would have done, save, see the version, restore. */
import { GUEST } from "dashboard/dev/guest";
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import { hasBrowser, useStage } from "./stage";
import { expectAccessibleInBothThemes, expectNoSidewaysScroll } from "./support";

const LEVEL = "#t-detectors\\.raised_level_db";

describe.skipIf(!hasBrowser)("the tuning page", () => {
  const stage = useStage();
  let page: Page;
  beforeEach(async () => {
    page = await stage.open("/tuning", { at: {} });
    await page.locator(LEVEL).waitFor();
  });

  const draftText = () => page.locator(".draft").innerText();
  const change = async (value: string) => {
    await page.locator(LEVEL).fill(value);
    await page.getByText("1 change", { exact: true }).waitFor();
  };

  it("tunes a threshold: change, what-if, save, version, restore", async () => {
    await change("4.5");
    await expect.poll(draftText).toContain("Louder by");
    await page.getByRole("button", { name: "Try on recent calls" }).click();
    await page.locator(".moved li").nth(2).waitFor();
    const listen = page.locator(".moved a").first();
    await expect.poll(() => listen.getAttribute("href")).toBe("/call/call-0702-b?at=83");
    await expect.poll(() => page.locator(".outcome-rates").innerText()).toMatch(/19\.4 → 20\.6/);
    await page.getByLabel("Why? (for the others)").fill("a quiet room");
    await page.getByRole("button", { name: "Save and put in force" }).click();
    await page.getByText("Saved as version 1.").waitFor();
    await expect.poll(() => page.locator(LEVEL).inputValue()).toBe("4.5");
    await page.getByRole("tab", { name: "Versions" }).click();
    await page.getByText("a quiet room").waitFor();
    await page.getByRole("button", { name: "What changed" }).click();
    await page.locator(".version .differences").waitFor();
    await expect.poll(() => page.locator(".version .differences").innerText()).toMatch(/6\s*→\s*4\.5/);
    await expectAccessibleInBothThemes(page);
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByRole("group").getByRole("button", { name: "Restore" }).press("Enter");
    await page.getByText("Saved as version 2.").waitFor();
    await page.getByRole("tab", { name: "Thresholds" }).click();
    await expect.poll(() => page.locator(LEVEL).inputValue()).toBe("6");
  });

  it("lets nothing through that cannot be, and keeps the draft over a reload", async () => {
    await page.locator(LEVEL).fill("-3");
    await page.getByText("More than 0.").waitFor();
    await expect.poll(draftText).toContain("No changes");
    await change("5");
    await page.reload();
    await page.getByText("1 change", { exact: true }).waitFor();
    await expect.poll(() => page.locator(LEVEL).inputValue()).toBe("5");
    await page.getByRole("button", { name: "Louder by: as it was" }).click();
    await page.getByText("No changes").waitFor();
  });

  it("keeps a draft for its author: another account in the same tab begins with none", async () => {
    await change("5");
    const account = { ...GUEST.account!, name: "zhao", display: "赵敏" };
    await page.route("**/api/session", (route) => route.fulfill({ json: { ...GUEST, account } }));
    // Somebody has signed in in another tab, which shares the session.
    await page.evaluate(() => new BroadcastChannel("tingyin-session").postMessage("in"));
    await page.getByText("No changes").waitFor();
    await expect.poll(() => page.locator(LEVEL).inputValue()).toBe("6");
    await page.reload();
    await page.locator(LEVEL).waitFor();
    await expect.poll(() => page.locator(LEVEL).inputValue()).toBe("6");
    await expect.poll(draftText).toContain("No changes");
  });

  it("asks again by itself when the server is back", async () => {
    await page.route("**/api/tuning", (route) => route.abort());
    await page.reload();
    await page.getByText("The server does not answer.").waitFor();
    await page.unroute("**/api/tuning");
    await stage.served.stop();
    await page.locator(".banner").waitFor();
    await stage.served.resume();
    await page.locator(LEVEL).waitFor({ timeout: 20_000 });
  });

  it("joins a draft with what somebody else saved meanwhile, and loses neither", async () => {
    await change("5");
    stage.served.hub.tuning.saveAsOther({ thresholds: { cues: { between_s: 20 } }, rules: {} });
    await page.getByRole("button", { name: "Save and put in force" }).click();
    await page.getByText("Somebody else has saved meanwhile.").waitFor();
    await expect.poll(() => page.locator("#t-cues\\.between_s").inputValue()).toBe("20");
    await expect.poll(() => page.locator(LEVEL).inputValue()).toBe("5");
    await page.getByRole("button", { name: "Save and put in force" }).click();
    await page.getByText("Saved as version 2.").waitFor();
    await expect.poll(() => page.locator("#t-cues\\.between_s").inputValue()).toBe("20");
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
    await expect
      .poll(() => page.getByRole("button", { name: "Save and put in force" }).isDisabled())
      .toBe(true);
    await expectAccessibleInBothThemes(page);
  });

  it("shows which cues rest for whom, and wakes them", async () => {
    await page.getByRole("tab", { name: "Quiet cues" }).click();
    await page.getByText("No cue rests").waitFor();
    stage.served.hub.tuning.sendAway();
    await page.reload();
    const rows = page.locator(".quiet-rule");
    await expect.poll(() => rows.count()).toBe(3);
    await expect
      .poll(() => rows.first().innerText())
      .toMatch(/No sign of listening\s+for everybody · sent away 11 times/);
    await page.getByRole("button", { name: "Show again, for 3012 林: Refuses without a reason" }).click();
    await page.getByText("Refuses without a reason: shown again from the next call on.").waitFor();
    await expect.poll(() => rows.count()).toBe(2);
    await rows.first().getByRole("button").click();
    await expect.poll(() => rows.count()).toBe(1);
    await expect.poll(() => rows.innerText()).toContain("3040 Rao");
    await page.route("**/api/cues/quiet", (route) => route.abort());
    await page.reload();
    await page.getByText("The list could not be loaded.").waitFor();
    await page.unroute("**/api/cues/quiet");
    await page.getByRole("button", { name: "Load again" }).click();
    await expect.poll(() => rows.count()).toBe(1);
  });

  it("keeps the draft within reach in a narrow window, and lies over nothing that has the focus", async () => {
    const narrow = await stage.open("/tuning", {}, { viewport: { width: 390, height: 700 } });
    await narrow.locator(LEVEL).waitFor();
    await expect.poll(() => narrow.locator(".draft").isVisible()).toBe(false);
    await narrow.locator(LEVEL).fill("5");
    const draft = narrow.locator(".draft");
    await draft.getByText("1 change", { exact: true }).waitFor();
    const box = (await draft.boundingBox())!;
    expect(box.y + box.height).toBeGreaterThan(690);
    expect(box.height).toBeLessThan(80);
    await narrow.locator("#t-cues\\.between_s").focus();
    await narrow.keyboard.press("Shift+Tab");
    await narrow.keyboard.press("Tab");
    const field = (await narrow.locator("#t-cues\\.between_s").boundingBox())!;
    expect(field.y + field.height).toBeLessThanOrEqual(box.y);
    await draft.getByRole("button", { name: "Look at it" }).click();
    await draft.getByLabel("Why? (for the others)").waitFor();
    await expectAccessibleInBothThemes(narrow);
    await expectNoSidewaysScroll(narrow);
    await draft.getByRole("button", { name: "Save and put in force" }).click();
    await draft.getByText("Saved as version 1.").waitFor();
  });

  it("fits a narrow window in both languages", async () => {
    for (const locale of ["en-GB", "zh-CN"]) {
      const options = { viewport: { width: 320, height: 800 }, locale };
      const narrow = await stage.open("/tuning?tab=rules", {}, options);
      await narrow.locator(".rule-head").first().click();
      await expectNoSidewaysScroll(narrow);
    }
  });
});

describe.skipIf(!hasBrowser)("quiet cues of a team", () => {
  const stage = useStage();

  it("shows who leads a team the cues that rest, and leaves to others what other teams sent away", async () => {
    const lead = await stage.open("/", { visitor: "lead" });
    await expect.poll(() => lead.getByRole("link", { name: "Tuning" }).count()).toBe(0);
    stage.served.hub.tuning.sendAway();
    await lead.getByRole("link", { name: "Quiet cues" }).click();
    const rows = lead.locator(".quiet-rule");
    await expect.poll(() => rows.count()).toBe(3);
    await lead.getByText("No sign of listening").waitFor();
    await expect.poll(() => rows.first().getByRole("button").count()).toBe(0);
    await lead.getByText("whoever sees all teams can have it shown again").waitFor();
    await lead.getByRole("button", { name: "Show again, for 3012 林: Refuses without a reason" }).click();
    await lead.getByText("Refuses without a reason: shown again from the next call on.").waitFor();
    await expect.poll(() => rows.count()).toBe(2);
  });
});
