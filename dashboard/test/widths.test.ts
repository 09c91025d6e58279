/** The width from which a call's page is one column: styles and program must say the same. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (place: string) => readFileSync(new URL(`../src/${place}`, import.meta.url), "utf8");

it("is the same in every style of a call's page as in the program", () => {
  const own = Number(/"\(max-width: (\d+)px\)"/.exec(read("ui/narrow.ts"))![1]);
  const parts = readdirSync(new URL("../src/styles", import.meta.url)).filter((name) =>
    /^(call|listen|message)/.test(name),
  );
  const found = parts.flatMap((name) =>
    [...read(`styles/${name}`).matchAll(/@media \((max|min)-width: (\d+)px\)/g)]
      // "from 1001 on" is the other side of "up to 1000".
      .map(([, side, px]) => Number(px) - (side === "min" ? 1 : 0)),
  );
  // A width near it would be meant to be it: the page would be half of one shape, half of the other.
  expect(found.filter((px) => px !== own && Math.abs(px - own) < 150)).toEqual([]);
  expect(found.filter((px) => px === own).length).toBeGreaterThan(1);
});
