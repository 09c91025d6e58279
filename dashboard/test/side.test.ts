import { describe, expect, it } from "vitest";
import type { MessageToAgent, Side } from "../src/protocol/messages";
import { initialState, reduce } from "../src/state/reduce";
import { heldBack, sideOf, unseen } from "../src/state/side";

const message = (id: string, given: Partial<MessageToAgent> = {}): MessageToAgent => ({
  id,
  at: "2026-01-02T03:04:05.000Z",
  t_s: 12,
  sender: "li",
  display: "Li",
  text: { zh: id, en: id },
  template: null,
  is_urgent: false,
  shown_at: null,
  seen_at: null,
  ...given,
});

const told = (given: Partial<Side> = {}): Side => ({
  type: "side",
  call_id: "c",
  messages: [],
  pause: null,
  listeners: [],
  ...given,
});

describe("the side of a call", () => {
  it("is that of the open call, and goes with it", () => {
    const hear = (side: Side) => ({ kind: "message", message: side, nowMs: 0 }) as const;
    const open = reduce(initialState, { kind: "open_call", callId: "c" });
    expect(open.side).toBeNull();
    expect(reduce(open, hear(told({ call_id: "another" })))).toBe(open);
    const heard = reduce(open, hear(told({ messages: [message("m")], listeners: ["Li"] })));
    expect(heard.side?.messages.map((one) => one.id)).toEqual(["m"]);
    expect(heard.side?.listeners).toEqual(["Li"]);
    const later = reduce(heard, hear(told()));
    expect(later.side?.messages).toEqual([]);
    expect(reduce(heard, { kind: "open_call", callId: "d" }).side).toBeNull();
    expect(reduce(heard, { kind: "close_call" }).side).toBeNull();
  });

  it("ends a pause by what is left of it, whatever this machine's clock says", () => {
    const pause = { at: "1999-01-01T00:00:00.000Z", for_s: 300, left_s: 12.5 };
    expect(sideOf(told({ pause }), 1000).pause).toEqual({ untilMs: 13_500, forS: 300 });
  });

  it("holds back in a pause what is not urgent", () => {
    const messages = [message("a"), message("b", { is_urgent: true }), message("c", { seen_at: "x" })];
    const ids = (side: Side) => unseen(sideOf(side, 0)).map((one) => one.id);
    expect(ids(told({ messages }))).toEqual(["a", "b"]);
    const pause = { at: "x", for_s: 60, left_s: 60 };
    expect(ids(told({ messages, pause }))).toEqual(["b"]);
    expect(heldBack(sideOf(told({ messages, pause }), 0))).toBe(1);
    expect(heldBack(sideOf(told({ messages }), 0))).toBe(0);
    expect(unseen(null)).toEqual([]);
  });
});
