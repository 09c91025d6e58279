import { describe, expect, it } from "vitest";
import type { CallEvent } from "../src/protocol/messages";
import { parcelReadings } from "../dev/readings";
import { breakOff, type CallState, emptyCall, openCue, reduceCallEvent, wayToMeet } from "../src/state/call";
import { alert, CALL, cleared, ended, partial, prosody, recorded, started, word, words } from "./recorded";

const finding = {
  type: "finding" as const,
  rule: "r",
  title: { zh: "题", en: "title" },
  severity: "low" as const,
  party: "agent" as const,
  about: { start_s: 1, end_s: 2 },
  because: { zh: "因", en: "because" },
  evidence: [],
};

const fold = (events: readonly CallEvent[], from: CallState = emptyCall(CALL)) =>
  events.reduce((call, event) => reduceCallEvent(call, event, 1_000_000), from);

describe("a call's state", () => {
  it("joins the words of one utterance and keeps utterances by their start", () => {
    const call = fold(
      recorded([
        started,
        words("caller", 1, word(4, 4.5, " Where"), word(4.5, 5, " is")),
        words("agent", 1, word(1, 2, " Hello")),
        words("caller", 1, word(5, 5.5, " it?")),
      ]),
    );
    expect(call.utterances.map((one) => [one.party, one.text])).toEqual([
      ["agent", "Hello"],
      ["caller", "Where is it?"],
    ]);
    expect(call.utterances[1]).toMatchObject({ start_s: 4, end_s: 5.5 });
  });

  it("shows a party's last partial until its words come, and takes an empty one away", () => {
    const shown = fold(recorded([started, partial("caller", 1, 1, 2, "where is")]));
    expect(shown.partial.caller?.text).toBe("where is");
    const emptied = fold(recorded([partial("caller", 1, 1, 3, "")]), shown);
    expect(emptied.partial.caller).toBeNull();
    const said = reduceCallEvent(
      shown,
      { ...recorded([words("caller", 1, word(1, 2, " Where"))])[0]!, seq: 9 },
      0,
    );
    expect(said.partial.caller).toBeNull();
    expect(said.utterances).toHaveLength(1);
  });

  it("takes a kept event once, and none of another call", () => {
    const events = recorded([started, alert("a1", 5)]);
    const once = fold(events);
    expect(fold(events, once)).toBe(once);
    expect(fold(recorded([alert("a2", 6)], "other"), once)).toBe(once);
  });

  it("keeps an unvoiced F0 as null", () => {
    const call = fold(recorded([started, prosody(1, 210), prosody(1.1, null)]));
    expect([...call.prosody.caller].map((reading) => reading.f0_hz)).toEqual([210, null]);
  });

  it("keeps the latest reading of the call, and shows the agent advice without a score", () => {
    const [early, late] = [parcelReadings[0]!, parcelReadings[4]!];
    const call = fold(recorded([started, early, late]));
    expect(call.reading?.phase).toBe("comfort");
    expect(call.reading?.slots.map((slot) => slot.slot)).toEqual(["outcome", "course", "cause", "demand"]);
    expect(wayToMeet(call.reading!)).toEqual(late.types[3]!.meet);
    expect(wayToMeet(fold(recorded([started, early])).reading!)).toBeNull();
  });

  it("passes over findings, which are for the report", () => {
    const before = fold(recorded([started]));
    const found = recorded([started, { ...finding, t_s: 3 }]);
    expect({ ...fold(found), lastSeq: 1, lastS: before.lastS, zeroMs: before.zeroMs }).toEqual(before);
  });

  it("leaves older states as they were", () => {
    const older = fold(recorded([started, prosody(1, 210)]));
    const newer = reduceCallEvent(older, { ...recorded([prosody(1.1, 220)])[0]!, seq: 3 }, 0);
    const other = reduceCallEvent(older, { ...recorded([prosody(1.1, 330)])[0]!, seq: 3 }, 0);
    expect(older.prosody.caller.length).toBe(1);
    expect(newer.prosody.caller.last?.f0_hz).toBe(220);
    expect(other.prosody.caller.last?.f0_hz).toBe(330);
  });

  it("ends with a server that died having told more than it had written", () => {
    // Told up to number 5, written up to 2: the server that comes after it ends the call with 3 and 4.
    const seen = fold(
      recorded([started, alert("a1", 5), prosody(6, 200), prosody(6.1, 200), prosody(6.2, 200)]),
    );
    const [, , clears, ends] = recorded([started, started, cleared("a1", 5), ended(5, "cut_off")]);
    const over = fold([clears!, ends!], seen);
    expect(over.ended?.reason).toBe("cut_off");
    expect(over.alerts[0]?.cleared).not.toBeNull();
    expect(over.lastSeq).toBe(5);
    expect(fold([clears!, ends!], over)).toBe(over);
  });

  it("pairs an alert with its end", () => {
    const call = fold(recorded([started, alert("a1", 5), alert("a2", 6), cleared("a1", 9)]));
    expect(call.alerts.map((one) => one.cleared?.cleared_at_s ?? null)).toEqual([9, null]);
  });

  it("has at most one open cue, the newest", () => {
    const cue = {
      rule: "r",
      severity: "high",
      text: { zh: "", en: "" },
      say: null,
      clears_when: { zh: "", en: "" },
    };
    const events = recorded([
      started,
      { type: "cue", t_s: 5, id: "q1", raised_at_s: 5, ...cue },
      { type: "cue_cleared", t_s: 6, id: "q1", rule: "r", cleared_at_s: 6, reason: "replaced" },
      { type: "cue", t_s: 6, id: "q2", raised_at_s: 6, ...cue },
      { type: "cue_cleared", t_s: 9, id: "q2", rule: "r", cleared_at_s: 9, reason: "done" },
    ]);
    expect(openCue(fold(events.slice(0, 4)))?.cue.id).toBe("q2");
    expect(openCue(fold(events))).toBeNull();
  });

  it("stops all that was going on when the call ends", () => {
    const call = fold(
      recorded([
        started,
        { type: "speaking", t_s: 1, party: "caller", is_speaking: true, start_s: 1, end_s: null },
        partial("caller", 1, 1, 2, "wh"),
        { type: "engine_lagging", t_s: 3, is_lagging: true, delay_s: 9 },
        ended(4, "cut_off"),
      ]),
    );
    expect(call.speakingSince.caller).toBeNull();
    expect(call.partial.caller).toBeNull();
    expect(call.isLagging).toBe(false);
    expect(call.zeroMs).toBeNull();
  });

  it("adds up who spoke", () => {
    const call = fold(
      recorded([
        started,
        { type: "speaking", t_s: 1, party: "agent", is_speaking: true, start_s: 1, end_s: null },
        { type: "speaking", t_s: 4, party: "agent", is_speaking: false, start_s: 1, end_s: 3.5 },
      ]),
    );
    expect(call.talkS).toEqual({ agent: 2.5, caller: 0 });
    expect([...call.speech.agent]).toEqual([{ start_s: 1, end_s: 3.5 }]);
  });

  it("voids partials when the stream breaks off, and remembers a loss", () => {
    const call = fold(recorded([started, partial("caller", 1, 1, 2, "where is")]));
    expect(breakOff(call, false)).toMatchObject({ isIncomplete: false, partial: { caller: null } });
    expect(breakOff(breakOff(call, true), false).isIncomplete).toBe(true);
  });
});
