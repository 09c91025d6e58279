import { describe, expect, it } from "vitest";
import { isSameRow, rowsOf } from "../src/call/rows";
import { emptyCall, reduceCallEvent } from "../src/state/call";
import { alert, CALL, ended, partial, recorded, started, word, words } from "./recorded";

type Events = Parameters<typeof recorded>[0];

const callOf = (events: Events) =>
  recorded(events.map((event, place) => ({ ...event, seq: place + 1 }))).reduce(
    (call, event) => reduceCallEvent(call, event, 0),
    emptyCall(CALL),
  );
const rows = (events: Events) => rowsOf(callOf([started, ...events]));

const overlap = (start_s: number, end_s: number, kind = "competitive") =>
  ({ type: "overlap", t_s: end_s + 0.2, start_s, end_s, holder: "caller", kind }) as const;

describe("the transcript's rows", () => {
  it("gives each utterance a row where the parties take turns", () => {
    const list = rows([words("agent", 1, word(0, 2, " Hello")), words("caller", 1, word(2.2, 4, " Hi"))]);
    expect(list.map((row) => [row.agent.length, row.caller.length])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it("puts speech at once side by side, and marks the words of it", () => {
    const [row] = rows([
      words("caller", 1, word(0, 1, " I"), word(1, 2, " want"), word(2, 3, " it")),
      words("agent", 1, word(1.5, 2, " No"), word(2, 3.4, " listen"), word(3.4, 4, " now")),
      overlap(1.5, 3),
      { type: "interruption", t_s: 4, by: "agent", of: "caller", start_s: 1.5, end_s: 3, yielded: true },
    ]);
    expect(row?.caller[0]?.runs).toMatchObject([
      { text: "I", isOverlapped: false },
      { text: " want it", isOverlapped: true },
    ]);
    expect(row?.agent[0]?.runs).toMatchObject([
      { text: "No listen", isOverlapped: true },
      { text: " now", isOverlapped: false },
    ]);
    expect(row?.agent[0]?.interruption).toMatchObject({ by: "agent", yielded: true });
    expect(row?.caller[0]?.interruption).toBeNull();
  });

  it("does not mark an echo", () => {
    const [row] = rows([words("caller", 1, word(0, 2, " Hello")), overlap(0, 2, "echo")]);
    expect(row?.caller[0]?.runs).toMatchObject([{ isOverlapped: false }]);
  });

  it("makes a backchannel small, beside what it answers", () => {
    const [row, ...others] = rows([
      words("caller", 1, word(0, 6, " A long story")),
      words("agent", 1, word(2, 2.4, " mm")),
      { type: "backchannel", t_s: 3, party: "agent", holder: "caller", start_s: 1.9, end_s: 2.5 },
    ]);
    expect(others).toEqual([]);
    expect(row?.agent[0]?.isBackchannel).toBe(true);
    expect(row?.caller[0]?.isBackchannel).toBe(false);
  });

  it("appends a partial to its utterance, or shows it alone", () => {
    const list = rows([
      words("agent", 1, word(0, 1, " Your")),
      partial("agent", 1, 1, 2, " number"),
      partial("caller", 4, 5, 6, "it is"),
    ]);
    expect(list[0]?.agent[0]).toMatchObject({ partial: " number", end_s: 2 });
    expect(list[1]?.caller[0]).toMatchObject({ runs: [], partial: "it is" });
  });

  it("tells long silence, not short", () => {
    const list = rows([
      words("agent", 1, word(0, 1, " One")),
      words("caller", 1, word(2, 3, " Two")),
      words("agent", 2, word(8, 9, " Three")),
    ]);
    expect(list.map((row) => row.silenceS)).toEqual([0, 0, 5]);
  });

  it("puts an alert under what it is about", () => {
    const list = rows([
      words("caller", 1, word(0, 5, " So slow")),
      words("agent", 1, word(6, 9, " Sorry")),
      { ...alert("a1", 7), about: { start_s: 2, end_s: 5 } },
    ]);
    expect(list.map((row) => row.alerts.length)).toEqual([1, 0]);
  });

  it("shows who spoke where there are no words", () => {
    const speaking = (party: string, start_s: number, end_s: number) =>
      ({ type: "speaking", t_s: end_s, party, is_speaking: false, start_s, end_s }) as const;
    const call = callOf([
      { ...started, has_words: false },
      speaking("agent", 0, 2),
      speaking("agent", 2.4, 4),
      speaking("caller", 5, 7),
    ]);
    expect(rowsOf(call).map((row) => [row.start_s, row.end_s])).toEqual([
      [0, 4],
      [5, 7],
    ]);
    expect(rowsOf(call)[0]?.agent[0]?.isMute).toBe(true);
  });

  it("keeps a place for words that have not come yet", () => {
    const spoke = {
      type: "speaking",
      t_s: 9,
      party: "caller",
      is_speaking: false,
      start_s: 5,
      end_s: 8,
    } as const;
    const late = [words("caller", 1, word(0, 2, " One")), spoke];
    expect(rows(late).map((row) => row.caller[0]?.isMute)).toEqual([false, true]);
    expect(
      rows([...late, words("caller", 2, word(5, 8, " Two"))]).map((row) => row.caller[0]?.isMute),
    ).toEqual([false, false]);
    expect(rows([...late, ended(20)])).toHaveLength(1);
  });

  it("knows rows that look the same", () => {
    const events = [words("agent", 1, word(0, 1, " One")), words("caller", 1, word(2, 3, " Two"))];
    const [a, b] = rows(events);
    const [again] = rows([...events, partial("caller", 2, 4, 5, "th")]);
    expect(isSameRow(a!, again!)).toBe(true);
    expect(isSameRow(a!, b!)).toBe(false);
  });
});
