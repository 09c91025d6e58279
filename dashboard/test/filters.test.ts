/** Filters of the wall, and where its rows stand. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Notice } from "../src/protocol/messages";
import { arrange, nothingArranged } from "../src/state/arrange";
import {
  filtersOf,
  HARMLESS,
  isDegraded,
  isFiltering,
  isShown,
  NO_FILTERS,
  queryOf,
} from "../src/state/filters";
import {
  callsByAge,
  ENDED_KEPT,
  emptyWall,
  endedCalls,
  needingCount,
  reduceWall,
  type WallState,
  wallOfSnapshot,
} from "../src/state/wall";
import { alert, cleared, ended, recorded, started, summary } from "./recorded";

const NOW = 1_000_000;
const PEOPLE = { A1: { name: "王芳", team: "post" }, A2: { name: "Osei", team: "bank" } };

function wallOf(...calls: ReturnType<typeof summary>[]): WallState {
  return wallOfSnapshot(emptyWall, calls, NOW);
}

const picked = (wall: WallState, query: string) =>
  Object.values(wall.calls)
    .filter((call) => isShown(call, PEOPLE, filtersOf(query)))
    .map((call) => call.id);

describe("filters", () => {
  it("go into the address and come out of it the same", () => {
    const asked = "?q=refund&severity=high&team=post&agent=A1&state=act&degraded=1";
    expect(`?${queryOf(filtersOf(asked))}`).toBe(asked);
    expect(filtersOf("?severity=worst&state=x&team=")).toEqual(NO_FILTERS);
    expect(isFiltering(filtersOf("?q=%20"))).toBe(false);
    expect(isFiltering(filtersOf("?team=post"))).toBe(true);
  });

  it("pick calls by team, agent, state and open alerts", () => {
    const [raised] = recorded([alert("x", 31, "medium")], "b");
    const wall = reduceWall(
      wallOf(
        summary("a", { agent: "A1" }),
        summary("b", { agent: "A2" }),
        summary("c", { agent: "A1", state: "ended" }),
      ),
      raised!,
      NOW,
    );
    expect(picked(wall, "?team=post")).toEqual(["a", "c"]);
    expect(picked(wall, "?agent=A2")).toEqual(["b"]);
    expect(picked(wall, "?state=ended")).toEqual(["c"]);
    expect(picked(wall, "?state=watch")).toEqual(["b"]);
    expect(picked(wall, "?severity=low")).toEqual(["b"]);
    expect(picked(wall, "?severity=high")).toEqual([]);
  });

  it("search names, titles and open alerts in both languages, every word", () => {
    const [raised] = recorded([alert("x", 31)], "b");
    const wall = reduceWall(
      wallOf(summary("a", { agent: "A1" }), summary("b", { title: "Line 7" })),
      raised!,
      NOW,
    );
    expect(picked(wall, "?q=王芳")).toEqual(["a"]);
    expect(picked(wall, "?q=heated+LINE")).toEqual(["b"]);
    expect(picked(wall, "?q=情绪激烈")).toEqual(["b"]);
    expect(picked(wall, "?q=heated+line+99")).toEqual([]);
  });

  it("know a call that is not heard as it should be", () => {
    const of = (changes: Parameters<typeof summary>[1]) => isDegraded(wallOf(summary("a", changes)).calls.a!);
    expect(of({})).toBe(false);
    expect(of({ has_words: false })).toBe(true);
    expect(of({ is_lagging: true })).toBe(true);
    expect(of({ notices: ["sound.clipping"] })).toBe(true);
    expect(of({ notices: ["sound.gain_changed"] })).toBe(false);
  });

  it("take for harmless what the server calls information", () => {
    const path = fileURLToPath(new URL("../../monitor/core/notices.py", import.meta.url));
    const levels = [...readFileSync(path, "utf8").matchAll(/"([\w.]+)": NoticeKind\(\s*"(\w+)"/g)];
    const harmless = levels
      .filter(([, , level]) => (level as Notice["level"]) === "info")
      .map(([, code]) => code);
    expect(levels.length).toBeGreaterThan(10);
    expect([...HARMLESS].sort()).toEqual(harmless.sort());
  });
});

describe("rows", () => {
  const calm = wallOf(
    ...["a", "b", "c"].map((id, place) => summary(id, { started_at: `2026-01-05T08:0${place}:00Z` })),
  );
  const raise = (wall: WallState, id: string, severity: string) =>
    reduceWall(wall, recorded([alert(`${id}${severity}`, 31, severity)], id)[0]!, NOW);
  const ids = (calls: readonly { id: string }[]) => calls.map((call) => call.id);

  it("stand by who needs help now, and by age among those that need as much", () => {
    const wall = raise(raise(raise(calm, "c", "high"), "b", "critical"), "a", "high");
    const { groups } = arrange(nothingArranged, callsByAge(wall), false);
    expect(ids(groups.act)).toEqual(["b", "a", "c"]);
    expect(needingCount(wall)).toBe(3);
  });

  it("keep their places while somebody reaches for one, and say that they wait", () => {
    const before = arrange(nothingArranged, callsByAge(calm), false);
    const wall = raise(calm, "c", "critical");
    const held = arrange(before, callsByAge(wall), true);
    expect([ids(held.groups.calm), held.waiting]).toEqual([["a", "b", "c"], 1]);
    const let_go = arrange(held, callsByAge(wall), false);
    expect([ids(let_go.groups.act), ids(let_go.groups.calm), let_go.waiting]).toEqual([["c"], ["a", "b"], 0]);
  });

  it("make room for a call that begins while places are kept", () => {
    const before = arrange(nothingArranged, callsByAge(calm), false);
    const [begun] = recorded([started], "new");
    const held = arrange(before, callsByAge(raise(reduceWall(calm, begun!, NOW), "new", "high")), true);
    expect(ids(held.groups.act)).toEqual(["new"]);
  });
});

it("keeps no more ended calls than one looks at, and of those no heat", () => {
  let wall = emptyWall;
  for (let number = 0; number < ENDED_KEPT + 5; number += 1) {
    const told = recorded([started, alert("x", 3), cleared("x", 5), ended(60)], `c${number}`);
    for (const event of told) wall = reduceWall(wall, event, NOW);
  }
  expect(endedCalls(wall)).toHaveLength(ENDED_KEPT);
  expect(endedCalls(wall).every((call) => call.heat.length === 0)).toBe(true);
});
