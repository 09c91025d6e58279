/** Every page, and the states that it has, in both languages and themes: axe finds nothing, and no script fails. */
import { mockOf, SHOTS } from "dashboard/dev/screenshots";
import { PAGE_NAMES } from "dashboard/src/ui/pages";
import { describe, expect, it } from "vitest";
import { hasBrowser, useStage } from "./stage";
import { errorsOf, expectAccessibleInBothThemes, openPage } from "./support";

it("has a picture of every page", () => {
  const pictured = new Set(SHOTS.map(({ path }) => /^\/([^/?]*)/.exec(path)![1] || "wall"));
  expect(PAGE_NAMES.filter((name) => !pictured.has(name))).toEqual([]);
});

describe.skipIf(!hasBrowser)("every page is accessible", () => {
  const stage = useStage();
  const checked = SHOTS.filter((shot) => !shot.isOnlyPicture);

  const EACH_MS = 120_000; // axe looks four times, which takes a machine that does other work a minute

  it.each(checked.map((shot) => [shot.name, shot] as const))(
    "%s",
    { timeout: EACH_MS },
    async (_name, shot) => {
      const served = await mockOf(shot);
      const page = await openPage(stage.browser, served.url + shot.path);
      try {
        await page.locator("main:not([aria-busy='true'])").waitFor();
        await shot.act?.(page, "en", served);
        await expectAccessibleInBothThemes(page);
        await page.getByRole("button", { name: "中文" }).click();
        await page.locator("html[lang='zh-CN']").waitFor();
        await expectAccessibleInBothThemes(page);
        expect(errorsOf(page)).toEqual([]);
      } finally {
        await page.context().close();
        await served.close();
      }
    },
  );
});
