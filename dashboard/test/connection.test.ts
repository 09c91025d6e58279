import { beforeEach, describe, expect, it } from "vitest";
import { backoffMs, FIRST_MS, MOST_MS } from "../src/net/backoff";
import { Connection, type World } from "../src/net/connection";
import { type ServerMessage, UNKNOWN_CALL } from "../src/protocol/messages";
import type { Input } from "../src/state/reduce";
import { hello, recorded, started } from "./recorded";

/** A socket whose other end the test holds. */
class FakeSocket {
  sent: { type: string; topic?: string; call_id?: string | null; after?: number | null }[] = [];
  isClosed = false;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((close: { code: number }) => void) | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.isClosed = true;
  }
  says(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  dies(code = 1006): void {
    this.onclose?.({ code });
  }
}

let nowMs = 0;
let timers: { id: number; at: number; run: () => void }[] = [];
let sockets: FakeSocket[] = [];
let inputs: Input[] = [];

const world: World = {
  open: () => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket as unknown as WebSocket;
  },
  nowMs: () => nowMs,
  random: () => 0.5,
  setTimer: (run, ms) => {
    const id = timers.length + Math.floor(nowMs) * 1000 + 1;
    timers.push({ id, at: nowMs + ms, run });
    return id;
  },
  clearTimer: (id) => {
    timers = timers.filter((timer) => timer.id !== id);
  },
};

function pass(ms: number): void {
  const until = nowMs + ms;
  for (;;) {
    const next = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
    if (!next) break;
    nowMs = next.at;
    timers = timers.filter((timer) => timer !== next);
    next.run();
  }
  nowMs = until;
}

const event = (pos: number | null): ServerMessage => ({
  type: "event",
  topic: "call",
  pos,
  event: recorded([started])[0]!,
});

const lastSocket = () => sockets.at(-1)!;

beforeEach(() => {
  nowMs = 0;
  timers = [];
  sockets = [];
  inputs = [];
});

function connected(): Connection {
  const connection = new Connection("ws://x/ws", (input) => inputs.push(input), world);
  connection.subscribe({ topic: "wall", call_id: null });
  connection.subscribe({ topic: "call", call_id: "c1" });
  connection.start();
  lastSocket().says(hello);
  return connection;
}

describe("the connection", () => {
  it("asks for nothing before it is greeted, then for every topic from its start", () => {
    const connection = new Connection("ws://x/ws", () => {}, world);
    connection.start();
    connection.subscribe({ topic: "wall", call_id: null });
    expect(lastSocket().sent).toEqual([]);
    lastSocket().says(hello);
    expect(lastSocket().sent).toEqual([{ type: "subscribe", topic: "wall", call_id: null, after: null }]);
  });

  it("resumes each topic after the last position it had there", () => {
    connected();
    lastSocket().says({ type: "snapshot", topic: "wall", pos: 40, calls: [] });
    lastSocket().says(event(7));
    lastSocket().says(event(null));
    lastSocket().dies();
    pass(MOST_MS);
    lastSocket().says(hello);
    const after = Object.fromEntries(lastSocket().sent.map((one) => [one.topic, one.after]));
    expect(after).toEqual({ wall: 40, call: 7 });
  });

  it("takes a heartbeat as the position of all topics", () => {
    connected();
    lastSocket().says({ type: "heartbeat", pos: 99 });
    lastSocket().dies();
    pass(MOST_MS);
    lastSocket().says(hello);
    expect(lastSocket().sent.map((one) => one.after)).toEqual([99, 99]);
  });

  it("counts silence for twice the heartbeat as a loss", () => {
    connected();
    pass(9_999);
    lastSocket().says({ type: "heartbeat", pos: 1 });
    pass(9_999);
    expect(inputs.some((input) => input.kind === "disconnected")).toBe(false);
    pass(1);
    expect(sockets[0]!.isClosed).toBe(true);
    expect(inputs.at(-1)).toMatchObject({ kind: "disconnected", nowMs });
  });

  it("waits longer after each failure, and starts anew after a success", () => {
    connected();
    const waits: number[] = [];
    for (let loss = 0; loss < 4; loss += 1) {
      lastSocket().dies();
      const lost = inputs.at(-1) as Extract<Input, { kind: "disconnected" }>;
      waits.push(lost.retryMs - lost.nowMs);
      pass(lost.retryMs - nowMs);
    }
    expect(waits).toEqual([375, 750, 1500, 3000]);
    lastSocket().says(hello);
    lastSocket().dies();
    const lost = inputs.at(-1) as Extract<Input, { kind: "disconnected" }>;
    expect(lost.retryMs - lost.nowMs).toBe(375);
  });

  it("tries at once when asked, and only when it is cut off", () => {
    const connection = connected();
    connection.retryNow();
    expect(sockets).toHaveLength(1);
    lastSocket().dies();
    connection.retryNow();
    expect(sockets).toHaveLength(2);
    pass(MOST_MS); // the attempt that was planned is not made as well: this one only times out
    expect(sockets[1]!.isClosed).toBe(true);
  });

  it("does not ask a server of another version again", () => {
    connected();
    lastSocket().dies();
    pass(MOST_MS);
    const tries = sockets.length;
    lastSocket().says({ ...hello, v: 99 } as typeof hello);
    pass(10 * MOST_MS);
    expect(sockets).toHaveLength(tries);
  });

  it("comes again at once when told so, and asks for the wall whole", () => {
    connected();
    lastSocket().says({ type: "heartbeat", pos: 99 });
    lastSocket().dies(4409);
    expect(sockets).toHaveLength(2);
    expect(inputs.some((input) => input.kind === "disconnected")).toBe(false);
    lastSocket().says(hello);
    expect(lastSocket().sent.map((one) => one.after)).toEqual([null, 99]);
  });

  it("resumes where it was when a server stopped: what happened meanwhile is not missed", () => {
    connected();
    lastSocket().says({ type: "heartbeat", pos: 99 });
    lastSocket().dies(1012);
    expect(inputs.at(-1)).toMatchObject({ kind: "disconnected" });
    pass(MOST_MS);
    lastSocket().says(hello);
    expect(lastSocket().sent.map((one) => one.after)).toEqual([99, 99]);
  });

  it("waits as usual when it is told to come again before it was greeted", () => {
    connected();
    lastSocket().dies(4409);
    lastSocket().dies(4409);
    expect(inputs.at(-1)).toMatchObject({ kind: "disconnected" });
    expect(sockets).toHaveLength(2);
  });

  it("ends for good when nobody is signed in any more", () => {
    let told = 0;
    const connection = new Connection(
      "ws://x/ws",
      (input) => inputs.push(input),
      world,
      () => {
        told += 1;
      },
    );
    connection.start();
    lastSocket().says(hello);
    lastSocket().dies(4401);
    pass(10 * MOST_MS);
    expect([told, sockets.length]).toEqual([1, 1]);
    expect(inputs.some((input) => input.kind === "disconnected")).toBe(false);
  });

  it("gives up a topic that is refused or no longer wanted", () => {
    const connection = connected();
    lastSocket().says({ type: "error", code: UNKNOWN_CALL, message: "", topic: "call", call_id: "c1" });
    connection.unsubscribe({ topic: "wall", call_id: null });
    expect(lastSocket().sent.at(-1)).toEqual({ type: "unsubscribe", topic: "wall", call_id: null });
    lastSocket().dies();
    pass(MOST_MS);
    lastSocket().says(hello);
    expect(lastSocket().sent).toEqual([]);
  });
});

describe("the back-off", () => {
  it("stays between half and all of a doubling wait, up to a limit", () => {
    expect(backoffMs(0, () => 0)).toBe(FIRST_MS / 2);
    expect(backoffMs(0, () => 1)).toBe(FIRST_MS);
    expect(backoffMs(40, () => 1)).toBe(MOST_MS);
  });
});
