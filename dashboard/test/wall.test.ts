import { describe, expect, it } from "vitest";
import { CALMING_MS } from "../src/state/attention";
import {
  emptyWall,
  endedCalls,
  liveCalls,
  newestCall,
  reduceWall,
  tickWall,
  type WallState,
  wallOfSnapshot,
} from "../src/state/wall";
import { alert, cleared, ended, recorded, started, summary } from "./recorded";

const NOW = 1_000_000;
const order = (wall: WallState) => liveCalls(wall).map((call) => call.id);

function wallOf(...ids: string[]): WallState {
  const summaries = ids.map((id, place) => summary(id, { started_at: `2026-01-05T08:0${place}:00Z` }));
  return wallOfSnapshot(emptyWall, summaries, NOW);
}

describe("the wall", () => {
  it("puts those that need attention first and keeps the rest in their order", () => {
    const calm = wallOf("a", "b", "c");
    expect(order(calm)).toEqual(["a", "b", "c"]);
    const [raised] = recorded([alert("x", 31)], "c");
    expect(order(reduceWall(calm, raised!, NOW))).toEqual(["c", "a", "b"]);
  });

  it("does not move a call for what does not change its severity", () => {
    const [first, second] = recorded([alert("x", 31), alert("y", 32)], "b");
    const once = reduceWall(wallOf("a", "b", "c"), first!, NOW);
    expect(order(reduceWall(once, second!, NOW))).toEqual(order(once));
  });

  it("keeps a call in its place for a while after it has calmed", () => {
    const [up, down] = recorded([alert("x", 31), cleared("x", 35)], "b");
    let wall = reduceWall(reduceWall(wallOf("a", "b"), up!, NOW), down!, NOW + 4000);
    expect(order(wall)).toEqual(["b", "a"]);
    wall = tickWall(wall, NOW + 4000 + CALMING_MS - 1);
    expect(order(wall)).toEqual(["b", "a"]);
    wall = tickWall(wall, NOW + 4000 + CALMING_MS);
    expect(order(wall)).toEqual(["a", "b"]);
  });

  it("is the same wall when time passes and nothing changes", () => {
    const wall = wallOf("a", "b");
    expect(tickWall(wall, NOW + 60_000)).toBe(wall);
  });

  it("lists the worst alert first", () => {
    const [low, high] = recorded([alert("x", 31, "low"), alert("y", 32, "critical")], "a");
    const wall = reduceWall(reduceWall(wallOf("a"), low!, NOW), high!, NOW);
    expect(wall.calls.a?.openAlerts.map((one) => one.severity)).toEqual(["critical", "low"]);
  });

  it("takes in a call that begins, and moves one that ends", () => {
    const [begun] = recorded([started], "new");
    let wall = reduceWall(wallOf("a"), begun!, NOW);
    expect(order(wall)).toContain("new");
    expect(newestCall(wall)?.id).toBe("new");
    const [over] = recorded([ended(60, "cut_off")], "new");
    wall = reduceWall(wall, over!, NOW);
    expect(order(wall)).toEqual(["a"]);
    expect(endedCalls(wall)[0]).toMatchObject({ id: "new", state: "cut_off", durationS: 60, openAlerts: [] });
  });

  it("knows nothing of a call whose beginning it has not seen", () => {
    const wall = wallOf("a");
    expect(reduceWall(wall, recorded([alert("x", 3)], "unseen")[0]!, NOW)).toBe(wall);
  });

  it("forgets readings that the strip no longer shows", () => {
    let wall = wallOf("a");
    for (const t_s of [31, 200, 400]) {
      const temper = {
        type: "temper",
        t_s,
        party: "caller",
        score: 0.5,
        state: "raised",
        evidence: [],
      } as const;
      wall = reduceWall(wall, recorded([temper], "a")[0]!, NOW);
    }
    expect(wall.calls.a?.heat.map(([t_s]) => t_s)).toEqual([200, 400]);
    expect(wall.calls.a?.attention).toBe(2);
  });

  it("shows who spoke before the page was opened", () => {
    const speech = { agent: [[2, 9.5] as [number, number | null]], caller: [[12, null] as [number, null]] };
    const heard = summary("a", { speaking: { agent: false, caller: true }, speech });
    const call = wallOfSnapshot(emptyWall, [heard], NOW).calls.a!;
    expect(call.speech).toEqual({ agent: [{ start_s: 2, end_s: 9.5 }], caller: [] });
    expect(call.speakingSince).toEqual({ agent: null, caller: 12 });
  });

  it("counts call time from the earliest arrival", () => {
    const temper = (t_s: number) =>
      recorded([{ type: "temper", t_s, party: "caller", score: 0.1, state: "calm", evidence: [] }], "a")[0]!;
    let wall = wallOf("a"); // 30 s into the call at NOW
    wall = reduceWall(wall, temper(31), NOW + 3000); // two seconds late
    expect(wall.calls.a?.zeroMs).toBe(NOW - 30_000);
    wall = reduceWall(wall, temper(40), NOW + 9500); // earlier than thought
    expect(wall.calls.a?.zeroMs).toBe(NOW - 30_500);
  });
});
