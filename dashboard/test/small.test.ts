/** The small pure parts: lists, grids, numbers, addresses, dictionaries. */
import { describe, expect, it, vi } from "vitest";
import { paceOf, shareOf } from "../src/agent/pace";
import { calmed, Grid } from "../src/call/grid";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";
import { emptyCall } from "../src/state/call";
import { callTimeS, callZeroMs } from "../src/state/clock";
import { Log } from "../src/state/log";
import { clock, percent, sentence, shortSeconds, signed, timeOfDay } from "../src/ui/format";
import { heatRuns } from "../src/wall/strip";
import { prosody, recorded } from "./recorded";

vi.mock("../src/i18n", () => ({ t: { value: {} }, language: { value: "en" }, say: () => "" }));

const readings = (...items: [number, number | null][]) =>
  Log.of(recorded(items.map(([at_s, f0]) => prosody(at_s, f0))) as never[]);

describe("a log", () => {
  it("shares its store between versions and keeps them apart", () => {
    const one = Log.empty<number>().push(1);
    const two = one.push(2);
    const other = one.push(3);
    expect([[...one], [...two], [...other]]).toEqual([[1], [1, 2], [1, 3]]);
    expect(one.at(1)).toBeUndefined();
    expect(two.last).toBe(2);
    expect(two.from(1)).toEqual([2]);
  });

  it("finds by key", () => {
    const log = Log.of([1, 3, 3, 8]);
    const find = (key: number) => log.lowerBound(key, (item) => item);
    expect([0, 1, 2, 3, 4, 9].map(find)).toEqual([0, 0, 1, 1, 3, 4]);
  });
});

describe("a grid", () => {
  it("puts readings in their places, with null where nothing was heard", () => {
    const grid = new Grid();
    grid.extend(readings([0.2, 200], [0.5, null]) as never);
    expect(grid.slice("f0_hz", 0, 7)).toEqual([null, null, 200, null, null, null, null]);
    expect(grid.valueAt("f0_hz", 0.4)).toBe(200);
    expect(grid.valueAt("f0_hz", 3)).toBeNull();
  });

  it("starts anew for another call", () => {
    const grid = new Grid();
    grid.extend(readings([0.2, 200], [0.3, 210]) as never);
    grid.extend(readings([0.1, 90]) as never);
    expect(grid.columns.f0_hz).toEqual([null, 90]);
  });
});

describe("calmed readings", () => {
  it("drop single leaps and bridge short silence, but no long one", () => {
    expect(calmed([1, 1, 9, 1, 1])).toEqual([1, 1, 1, 1, 1]);
    expect(calmed([2, null, 4])).toEqual([4, 4, 4]);
    expect(calmed([2, null, null, null, 4])).toEqual([2, null, null, null, 4]);
  });
});

describe("numbers and times", () => {
  it("reads well", () => {
    expect([clock(0), clock(67.9), clock(3787)]).toEqual(["0:00", "1:07", "1:03:07"]);
    expect([shortSeconds(1.84), shortSeconds(12.4)]).toEqual(["1.8", "12"]);
    expect([signed(-1.26, 1), signed(0.04, 1), signed(3, 0)]).toEqual(["−1.3", "0.0", "+3"]);
    expect(percent(0.345)).toBe("35%");
  });

  it("shows the date only of another day", () => {
    const today = new Date("2026-01-05T12:00:00Z");
    expect(timeOfDay("2026-01-05T12:34:00Z", "zh", today)).toMatch(/^\d\d:34$/);
    expect(timeOfDay("2025-12-31T12:34:00Z", "en", today)).toMatch(/Dec.* \d\d:34$/);
    expect(timeOfDay("nonsense", "en", today)).toBe("");
  });

  it("runs a call's clock from its zero, never backwards", () => {
    expect(callZeroMs(null, 10, 50_000)).toBe(40_000);
    expect(callTimeS(40_000, 10, 52_000)).toBe(12);
    expect(callTimeS(40_000, 30, 52_000)).toBe(30);
    expect(callTimeS(null, 7, 52_000)).toBe(7);
  });
});

it("cuts heat where the caller was silent for long", () => {
  const heat = [
    [1, 0.1],
    [10, 0.2],
    [12, 0.3],
    [30, 0.4],
  ] as const;
  expect(heatRuns(heat, 5)).toEqual([[heat[1], heat[2]], [heat[3]]]);
});

describe("the agent's bars", () => {
  it("know nothing at first", () => {
    expect(paceOf(emptyCall("c"))).toEqual({ word: "unknown", place: null });
    expect(shareOf(emptyCall("c"))).toBeNull();
  });

  it("tell the pace against the agent's own", () => {
    const at = (ratio: number) => {
      const log = Log.of(recorded([{ ...prosody(1, 120, "agent"), rate_ratio: ratio }]) as never[]);
      return paceOf({ ...emptyCall("c"), prosody: { agent: log as never, caller: Log.empty() } });
    };
    expect(at(1)).toEqual({ word: "usual", place: 0.5 });
    expect(at(1.5).word).toBe("fast");
    expect(at(0.6).word).toBe("slow");
    expect(at(9).place).toBe(0.97);
  });
});

describe("the dictionaries", () => {
  const leaves = (node: object, path = ""): [string, unknown][] =>
    Object.entries(node).flatMap(([key, value]) =>
      typeof value === "object"
        ? leaves(value as object, `${path}${key}.`)
        : [[path + key, value] as [string, unknown]],
    );

  it("say the same things in both languages, and nothing empty", () => {
    const [english, chinese] = [leaves(en), leaves(zh)];
    expect(chinese.map(([path]) => path).sort()).toEqual(english.map(([path]) => path).sort());
    for (const [path, value] of [...english, ...chinese]) expect(value, path).not.toBe("");
  });

  it("never leave Chinese words in English or the other way", () => {
    for (const [path, value] of leaves(en)) {
      if (path !== "switches.otherLanguage" && typeof value === "string")
        expect(value, path).not.toMatch(/\p{Script=Han}/u);
    }
  });
});

describe("a reason on a line of its own", () => {
  it.each([
    ["level 7.6 dB above own usual", "Level 7.6 dB above own usual"],
    ["éclat", "Éclat"],
    ["31% faster than own usual", "31% faster than own usual"],
    ["“let me finish”", "“let me finish”"],
    ["音量比平时高 7.6 分贝", "音量比平时高 7.6 分贝"],
    ["", ""],
  ])("begins as a sentence does: %s", (written, shown) => {
    expect(sentence(written)).toBe(shown);
  });
});
