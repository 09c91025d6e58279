import { describe, expect, it } from "vitest";
import { UNKNOWN_CALL } from "../src/protocol/messages";
import { type Input, initialState, reduce, type State } from "../src/state/reduce";
import { CALL, hello, recorded, started, summary } from "./recorded";

const run = (inputs: readonly Input[], from: State = initialState) => inputs.reduce(reduce, from);
const told = (message: Extract<Input, { kind: "message" }>["message"], nowMs = 0): Input => ({
  kind: "message",
  message,
  nowMs,
});

describe("the pages' state", () => {
  it("says when it is cut off, since when, and what stays shown", () => {
    const live = run([
      { kind: "connecting" },
      told(hello),
      told({ type: "snapshot", topic: "wall", pos: 3, calls: [summary("a")] }),
    ]);
    expect(live.connection.phase).toBe("live");
    const lost = run([{ kind: "disconnected", nowMs: 500, retryMs: 900 }], live);
    expect(lost.connection).toMatchObject({ phase: "lost", lostMs: 500, retryMs: 900 });
    expect(lost.wall).toBe(live.wall);
    const still = run([{ kind: "connecting" }, { kind: "disconnected", nowMs: 2000, retryMs: 3000 }], lost);
    expect(still.connection).toMatchObject({ phase: "lost", lostMs: 500, retryMs: 3000 });
    expect(run([told(hello)], still).connection).toMatchObject({ phase: "live", lostMs: null });
  });

  it("is connecting, not lost, until it was live once", () => {
    const state = run([{ kind: "connecting" }, { kind: "disconnected", nowMs: 1, retryMs: 2 }]);
    expect(state.connection).toMatchObject({ phase: "connecting", retryMs: 2 });
  });

  it("refuses a server of another version", () => {
    const state = run([
      told({ ...hello, v: 2 } as typeof hello),
      { kind: "disconnected", nowMs: 1, retryMs: 2 },
    ]);
    expect(state.connection.phase).toBe("outdated");
  });

  it("folds the open call only", () => {
    const [event] = recorded([started]);
    const message = { type: "event", topic: "call", pos: 1, event: event! } as const;
    expect(run([told(message)]).call).toBeNull();
    const open = run([{ kind: "open_call", callId: CALL }, told(message)]);
    expect(open.call?.started?.title).toBe("parcel.wav");
    expect(run([{ kind: "open_call", callId: CALL }], open)).toBe(open);
    expect(run([{ kind: "close_call" }], open).call).toBeNull();
  });

  it("knows that a call is missing", () => {
    const refusal = { type: "error", code: UNKNOWN_CALL, message: "", topic: "call", call_id: CALL } as const;
    expect(run([{ kind: "open_call", callId: CALL }, told(refusal)]).isCallMissing).toBe(true);
    expect(run([{ kind: "open_call", callId: "another" }, told(refusal)]).isCallMissing).toBe(false);
  });

  it("changes nothing on a heartbeat or an idle tick", () => {
    expect(run([told({ type: "heartbeat", pos: 9 }), { kind: "tick", nowMs: 5 }])).toBe(initialState);
  });
});
