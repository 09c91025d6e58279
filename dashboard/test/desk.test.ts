/** The desk's fold, the inbox's items and their order, and what takes an act back. */
import { describe, expect, it } from "vitest";
import type { AlertState, DeskAlert, Mute, Severity } from "../src/protocol/messages";
import {
  emptyDesk,
  muteOf,
  openAlerts,
  reduceDesk,
  standingOf,
  tickDesk,
  withStates,
} from "../src/state/desk";
import { arranged, countsOf, type InboxFilter, itemsOf, newlyOpen } from "../src/state/inbox";
import { initialState, reduce } from "../src/state/reduce";
import { undoOf } from "../src/state/undo";

const NOW = Date.parse("2026-01-02T03:10:00Z");
const at = (ms: number) => new Date(ms).toISOString();
const OPEN: InboxFilter = { standing: "open", severity: null, agent: null, rule: null };

function alert(alert_id: string, raised_at_s: number, given: Partial<DeskAlert> = {}): DeskAlert {
  return {
    call_id: "c1",
    alert_id,
    agent: "A1",
    call_title: "line 2",
    rule: "hot_temper",
    title: { zh: "激动", en: "Heated" },
    severity: "high",
    party: "caller",
    because: { zh: "", en: "" },
    raised_at_s,
    raised_at: at(NOW - 300_000 + raised_at_s * 1000),
    cleared_at_s: null,
    is_call_over: false,
    ...given,
  };
}

function state(alert_id: string, number: number, given: Partial<AlertState> = {}): AlertState {
  const none = { acknowledged: null, assigned: null, snoozed: null, marked: null, comments: [] };
  return { call_id: "c1", alert_id, agent: "A1", number, ...none, ...given };
}

const done = { by: "li", at: at(NOW) };
const mute = (given: Partial<Mute> = {}): Mute => ({
  id: 1,
  rule: "hot_temper",
  agents: null,
  until: at(NOW + 60_000),
  by: "li",
  at: at(NOW),
  ended_by: null,
  ...given,
});

const deskWith = (alerts: DeskAlert[], states: AlertState[] = [], mutes: Mute[] = []) =>
  reduceDesk(emptyDesk, { type: "desk", now: at(NOW), alerts, states, mutes }, NOW);

describe("the desk", () => {
  it("stands as the last that was done to an alert says", () => {
    const one = alert("a1", 10);
    const standing = (given: Partial<AlertState>, mutes: Mute[] = []) =>
      standingOf(deskWith([one], [state("a1", 1, given)], mutes), one, NOW);
    expect(standing({})).toBe("open");
    expect(standing({ acknowledged: done })).toBe("acknowledged");
    expect(standing({ snoozed: { ...done, until: at(NOW + 1000) } })).toBe("snoozed");
    expect(standing({ snoozed: { ...done, until: at(NOW - 1000) } })).toBe("open");
    expect(standing({ acknowledged: done }, [mute()])).toBe("muted");
    expect(standingOf(deskWith([one], [], [mute()]), { ...one, cleared_at_s: 12 }, NOW)).toBe("cleared");
    expect(standingOf(deskWith([one]), { ...one, is_call_over: true }, NOW)).toBe("cleared");
  });

  it("mutes a rule for whom it says, until then, by the server's clock", () => {
    const desk = deskWith([], [], [mute({ agents: ["A1"] })]);
    expect(muteOf(desk, "hot_temper", "A1", NOW)?.id).toBe(1);
    expect(muteOf(desk, "hot_temper", "A2", NOW)).toBeNull();
    expect(muteOf(desk, "dead_air", "A1", NOW)).toBeNull();
    expect(muteOf(desk, "hot_temper", "A1", NOW + 61_000)).toBeNull();
    const ahead = reduceDesk(
      emptyDesk,
      { type: "desk", now: at(NOW + 3_600_000), alerts: [], states: [], mutes: [mute()] },
      NOW,
    );
    expect(muteOf(ahead, "hot_temper", "A1", NOW)).toBeNull();
    expect(tickDesk(desk, NOW + 61_000).mutes).toEqual([]);
    expect(tickDesk(desk, NOW)).toBe(desk);
    const ended = reduceDesk(desk, { type: "desk_mute", mute: mute({ ended_by: "he" }) }, NOW);
    expect(ended.mutes).toEqual([]);
  });

  it("never goes back to an older state, whichever way it comes", () => {
    const newer = withStates(deskWith([alert("a1", 1)]), [state("a1", 5, { acknowledged: done })]);
    expect(withStates(newer, [state("a1", 4)])).toBe(newer);
    const anew = reduceDesk(
      newer,
      { type: "desk", now: at(NOW), alerts: [], states: [state("a1", 4)], mutes: [] },
      NOW,
    );
    expect(anew.states["c1 a1"]?.number).toBe(5);
  });

  it("has a bound", () => {
    let desk = deskWith([alert("open", 0)]);
    for (let n = 0; n < 1100; n += 1) {
      const over = alert(`a${n}`, n, { cleared_at_s: n + 1 });
      desk = reduceDesk(desk, { type: "desk_alert", alert: over }, NOW);
    }
    const keys = Object.keys(desk.alerts);
    expect([keys.length, keys[0], keys.at(-1)]).toEqual([1000, "c1 open", "c1 a1099"]);
  });

  it("quiets the wall, at the next tick and after calming", () => {
    const told = (message: object, nowMs = NOW) => ({ kind: "message", message, nowMs }) as never;
    const event = (seq: number, given: object) =>
      told({
        type: "event",
        topic: "wall",
        pos: seq,
        event: { v: 1, seq, call_id: "c1", t_s: seq, ...given },
      });
    let pages = [
      event(1, {
        type: "call_started",
        started_at: at(NOW),
        source: "file",
        title: "",
        agent: "A1",
        duration_s: null,
        has_words: true,
      }),
      event(2, { type: "temper", party: "caller", score: 0.9, state: "hot", evidence: [] }),
      event(3, {
        ...alert("a1", 3),
        type: "alert",
        id: "a1",
        about: { start_s: 1, end_s: 2 },
        evidence: [],
        topic: "",
      }),
    ].reduce(reduce, initialState);
    expect(pages.wall.calls.c1?.attention).toBe(3);
    pages = reduce(pages, told({ type: "desk_mute", mute: mute() }));
    for (const ms of [1000, 10_000]) pages = reduce(pages, { kind: "tick", nowMs: NOW + ms });
    expect(pages.wall.calls.c1?.attention).toBe(0);
    pages = reduce(pages, { kind: "tick", nowMs: NOW + 61_000 });
    expect(pages.wall.calls.c1?.attention).toBe(3);
  });
});

describe("the inbox", () => {
  const severities = (items: ReturnType<typeof arranged>) =>
    items.map(({ item }) => `${item.first.alert.severity} ${item.first.alert.alert_id}`);

  it("makes one item of one bad minute of one call", () => {
    const desk = deskWith([
      alert("a1", 10),
      alert("a2", 65, { severity: "critical" }),
      alert("a3", 120, { severity: "low" }),
      alert("a4", 185),
      alert("b1", 12, { call_id: "c2" }),
    ]);
    const items = itemsOf(desk, NOW);
    expect(items.map((item) => item.alerts.map(({ alert: one }) => one.alert_id))).toEqual([
      ["a1", "a2", "a3"],
      ["a4"],
      ["b1"],
    ]);
    expect(items[0]!.first.alert.alert_id).toBe("a2");
    expect(items[0]!.key).toBe("c1 a1");
  });

  it("begins another item where a call goes wrong for long", () => {
    const desk = deskWith(Array.from({ length: 10 }, (_, n) => alert(`a${n}`, n * 50)));
    expect(itemsOf(desk, NOW).map((item) => item.alerts.length)).toEqual([7, 3]);
  });

  it("stands where the most pressing of its alerts stands", () => {
    const alerts = [alert("a1", 10, { severity: "critical" }), alert("a2", 20, { severity: "low" })];
    const [item] = itemsOf(deskWith(alerts, [state("a1", 1, { acknowledged: done })]), NOW);
    expect([item!.standing, item!.first.alert.alert_id]).toEqual(["open", "a2"]);
  });

  it("shows the worst first, then what waits longest", () => {
    const of = (id: string, severity: Severity, raised: number) =>
      alert(id, raised, { call_id: id, severity });
    const desk = deskWith([
      of("x", "low", 1),
      of("y", "high", 30),
      of("z", "high", 20),
      of("w", "critical", 90),
    ]);
    expect(severities(arranged(itemsOf(desk, NOW), OPEN, null))).toEqual([
      "critical w",
      "high z",
      "high y",
      "low x",
    ]);
  });

  it("keeps every place while the viewer is at work, and says what is leaving", () => {
    const alerts = [alert("x", 1, { call_id: "x" }), alert("y", 2, { call_id: "y" })];
    const before = arranged(itemsOf(deskWith(alerts), NOW), OPEN, null);
    const held = before.map(({ item }) => item.key);
    const worse = alert("w", 3, { call_id: "w", severity: "critical" });
    const acknowledged = { ...state("x", 1, { acknowledged: done }), call_id: "x" };
    const items = itemsOf(deskWith([...alerts, worse], [acknowledged]), NOW);
    expect(arranged(items, OPEN, held).map(({ item, isLeaving }) => [item.key, isLeaving])).toEqual([
      ["x x", true],
      ["y y", false],
      ["w w", false],
    ]);
    expect(arranged(items, OPEN, null).map(({ item }) => item.key)).toEqual(["w w", "y y"]);
  });

  it("filters by severity, agent, rule and state, and counts by state", () => {
    const desk = deskWith([
      alert("a", 1, { call_id: "a", severity: "critical" }),
      alert("b", 1, { call_id: "b", agent: "A2", severity: "low", rule: "dead_air" }),
      alert("c", 1, { call_id: "c", cleared_at_s: 5 }),
    ]);
    const items = itemsOf(desk, NOW);
    const keys = (given: Partial<InboxFilter>) =>
      arranged(items, { ...OPEN, ...given }, null).map(({ item }) => item.callId);
    expect(keys({})).toEqual(["a", "b"]);
    expect(keys({ severity: "high" })).toEqual(["a"]);
    expect(keys({ agent: "A2" })).toEqual(["b"]);
    expect(keys({ rule: "dead_air" })).toEqual(["b"]);
    expect(keys({ standing: "cleared" })).toEqual(["c"]);
    expect(keys({ standing: "all" })).toEqual(["a", "b", "c"]);
    expect(countsOf(items, { ...OPEN, agent: "A1" })).toMatchObject({ open: 1, cleared: 1, all: 2 });
  });
});

describe("what calls a supervisor", () => {
  const before = deskWith([alert("a1", 1)]);
  const withNew = (given: Partial<DeskAlert> = {}) =>
    reduceDesk(before, { type: "desk_alert", alert: alert("a2", 2, given) }, NOW);

  it("is a new open alert, once", () => {
    const after = withNew();
    expect(newlyOpen(before, NOW, after, NOW).map((one) => one.alert_id)).toEqual(["a2"]);
    expect(newlyOpen(after, NOW, after, NOW + 1000)).toEqual([]);
  });

  it("is nothing that was there when the page was opened", () => {
    expect(newlyOpen(emptyDesk, NOW, before, NOW)).toEqual([]);
  });

  it("is nothing muted, acknowledged or over", () => {
    const muted = reduceDesk(withNew(), { type: "desk_mute", mute: mute() }, NOW);
    expect(newlyOpen(before, NOW, muted, NOW)).toEqual([]);
    const seen = withStates(withNew(), [state("a2", 1, { acknowledged: done })]);
    expect(newlyOpen(before, NOW, seen, NOW)).toEqual([]);
    expect(newlyOpen(before, NOW, withNew({ cleared_at_s: 3 }), NOW)).toEqual([]);
    const unmuted = reduceDesk(muted, { type: "desk_mute", mute: mute({ ended_by: "he" }) }, NOW);
    expect(newlyOpen(muted, NOW, unmuted, NOW), "the end of a mute is no storm").toEqual([]);
  });

  it("is an alert that was put off until now", () => {
    const off = withStates(before, [state("a1", 1, { snoozed: { ...done, until: at(NOW + 1000) } })]);
    expect(openAlerts(off, NOW)).toEqual([]);
    expect(newlyOpen(off, NOW, off, NOW + 1500).map((one) => one.alert_id)).toEqual(["a1"]);
  });
});

describe("taking back", () => {
  const refs = [alert("a1", 1), alert("a2", 2)];
  const known = (...states: AlertState[]) =>
    Object.fromEntries(states.map((one) => [`c1 ${one.alert_id}`, one]));

  it("is about what was changed only", () => {
    const before = known(state("a2", 3, { acknowledged: done }));
    const after = known(state("a1", 4, { acknowledged: done }), state("a2", 3, { acknowledged: done }));
    expect(undoOf("acknowledge", refs, before, after)).toEqual([
      { action: "unacknowledge", alerts: [{ call_id: "c1", alert_id: "a1" }] },
    ]);
  });

  it("restores who had it, and what was said of it, alert by alert", () => {
    const before = known(
      state("a1", 1, { assigned: { ...done, to: "he" }, marked: { ...done, verdict: "true" } }),
    );
    const after = known(state("a1", 3), state("a2", 4));
    expect(undoOf("assign", refs, before, after).map(({ action, to }) => [action, to])).toEqual([
      ["assign", "he"],
      ["unassign", undefined],
    ]);
    expect(undoOf("mark_false", refs, before, after).map(({ action }) => action)).toEqual([
      "mark_true",
      "unmark",
    ]);
  });

  it("takes one's comment back by its number", () => {
    const after = known(state("a1", 9, { comments: [{ ...done, number: 9, text: "x" }] }));
    expect(undoOf("comment", [refs[0]!], {}, after)).toEqual([
      { action: "withdraw", comment: 9, alerts: [{ call_id: "c1", alert_id: "a1" }] },
    ]);
    expect(undoOf("unsnooze", refs, {}, known(state("a1", 1)))).toEqual([]);
  });
});
