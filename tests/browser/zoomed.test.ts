/** The agent's page at 400 %, which leaves 320 by 256 CSS pixels of a screen of 1280 by 1024. */
import { parcel } from "dashboard/dev/scripts";
import { describe, expect, it } from "vitest";
import { hasBrowser, useStage } from "./stage";
import { expectAccessible, expectNoSidewaysScroll } from "./support";

const ZOOMED = { width: 320, height: 256 };

describe.skipIf(!hasBrowser)("the agent's page at 400 %", () => {
  const stage = useStage();

  it.each(["en-GB", "zh-CN"])(
    "shows the cue before anything is scrolled, and uncovered (%s)",
    async (locale) => {
      const at = { at: { [parcel.id]: 38 } };
      const page = await stage.open(`/agent/${parcel.id}`, at, { locale, viewport: ZOOMED });
      const cue = page.locator(".cue:not(.quiet-cue):not(.done-cue) .cue-text");
      await cue.waitFor();
      const box = (await cue.boundingBox())!;
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.y + box.height).toBeLessThanOrEqual(ZOOMED.height);
      // What lies on top at the corners of the words is the words.
      const isCovered = await cue.evaluate((words) => {
        const { left, right, top, bottom } = words.getBoundingClientRect();
        const corners = [left + 1, right - 1].flatMap((x) =>
          [top + 1, bottom - 1].map((y) => [x, y] as const),
        );
        return corners.some(([x, y]) => !words.contains(document.elementFromPoint(x, y)));
      });
      expect(isCovered).toBe(false);
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
      if (process.env.SHOW_ZOOMED)
        await page.screenshot({ path: `${process.env.SHOW_ZOOMED}-${locale}.png` });
    },
  );

  it("lets the header go when it is scrolled", async () => {
    const at = { at: { [parcel.id]: 38 } };
    const page = await stage.open(`/agent/${parcel.id}`, at, { viewport: ZOOMED });
    await page.locator(".cue-text").waitFor();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    const header = (await page.locator(".header").boundingBox())!;
    expect(header.y + header.height).toBeLessThanOrEqual(0);
  });
});
