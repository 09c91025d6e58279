import { describe, expect, it } from "vitest";
import { JitterBuffer, TARGET_LEAST } from "../src/listen/jitter";
import { packetOf } from "../src/listen/packets";
import type { Party } from "../src/protocol/messages";

const HOP = 320;
const QUANTUM = 128;

/** A frame whose samples all are `value` / 32768. */
const pcm = (value: number, count = HOP) => new Int16Array(count).fill(value);

class Played {
  readonly buffer = new JitterBuffer();
  readonly out = { agent: new Float32Array(QUANTUM), caller: new Float32Array(QUANTUM) };
  private at = 0;

  /** Brings `ms` of both parties' sound. */
  bring(ms: number, value = 8192, parties: readonly Party[] = ["agent", "caller"]): void {
    for (let n = 0; n < (ms * 16) / HOP; n += 1) {
      for (const party of parties) this.buffer.push(party, this.at, HOP, value === 0 ? null : pcm(value));
      this.at += HOP;
    }
  }

  lose(ms: number): void {
    this.at += ms * 16;
  }

  /** Pulls `ms`; returns how many quanta had sound. */
  pull(ms: number): number {
    let full = 0;
    for (let n = 0; n < (ms * 16) / QUANTUM; n += 1) if (this.buffer.pull(this.out)) full += 1;
    return full;
  }
}

describe("the jitter buffer", () => {
  it("waits for 200 ms, then plays both parties in step and samples as they came", () => {
    const one = new Played();
    one.bring(180);
    expect(one.pull(50)).toBe(0);
    one.bring(40);
    expect(one.buffer.pull(one.out)).toBe(true);
    expect([...one.out.agent]).toEqual(new Array(QUANTUM).fill(0.25));
    expect(one.out.caller).toEqual(one.out.agent);
    expect(one.buffer.stats).toEqual({ played: QUANTUM, dry: 0, left: 0, late: 0 });
  });

  it("runs on without a hole while sound comes as fast as it is played", () => {
    const one = new Played();
    one.bring(200);
    let full = 0;
    for (let n = 0; n < 200; n += 1) {
      one.bring(40);
      full += one.pull(40);
    }
    expect(full).toBe(200 * 5);
    expect(one.buffer.stats.dry).toBe(0);
    expect(one.buffer.stats.left).toBe(0);
  });

  it("says that it ran dry, holds more back, and goes on from the present", () => {
    const one = new Played();
    one.bring(200);
    expect(one.pull(1000)).toBe(25);
    expect(one.buffer.stats.dry).toBe(1);
    expect(one.buffer.target).toBe(TARGET_LEAST + 1600);
    one.bring(280);
    expect(one.pull(8)).toBe(0);
    one.bring(2000);
    expect(one.pull(8)).toBe(1);
    expect(one.buffer.held).toBe(TARGET_LEAST + 1600 - QUANTUM);
    expect(one.buffer.stats.left).toBeGreaterThan(16 * 1900);
  });

  it("holds less back again after a good while", () => {
    const one = new Played();
    one.bring(200);
    one.pull(1000);
    const grown = one.buffer.target;
    one.bring(300);
    for (let n = 0; n < 300; n += 1) {
      one.bring(40);
      one.pull(40);
    }
    expect(one.buffer.target).toBeLessThan(grown);
    expect(one.buffer.target).toBeGreaterThanOrEqual(TARGET_LEAST);
  });

  it("catches up in silence, where nobody hears it", () => {
    const quiet = new Played();
    const loud = new Played();
    for (const [one, value] of [
      [quiet, 0],
      [loud, 8192],
    ] as const) {
      one.bring(200, value);
      one.pull(8);
      one.bring(400, value);
      one.pull(160);
    }
    expect(quiet.buffer.stats.left).toBeGreaterThan(1600);
    expect(quiet.buffer.stats.left).toBeLessThan(16 * 400);
    expect(loud.buffer.stats.left).toBe(0);
  });

  it("jumps to the present where it fell far behind", () => {
    const one = new Played();
    one.bring(200);
    one.pull(8);
    one.bring(900);
    one.pull(8);
    expect(one.buffer.held).toBe(TARGET_LEAST - QUANTUM);
  });

  it("keeps its place over a burst that is longer than it can hold", () => {
    const one = new Played();
    one.bring(200);
    one.pull(8);
    one.bring(10_000);
    expect(one.pull(100)).toBe(13);
    expect(one.out.agent[0]).toBe(0.25);
    expect(one.buffer.held).toBeLessThanOrEqual(TARGET_LEAST);
  });

  it("plays nothing where sound was dropped on the way, and what follows in its place", () => {
    const one = new Played();
    one.bring(200);
    one.pull(8);
    one.lose(40);
    one.bring(160);
    const heard: number[] = [];
    for (let n = 0; n < 45; n += 1) {
      one.buffer.pull(one.out);
      heard.push(...one.out.agent);
    }
    const hole = heard.filter((sample) => sample === 0).length;
    expect(hole).toBe(40 * 16);
  });

  it("does not wait for a party that is not chosen, or does not come", () => {
    const one = new Played();
    one.buffer.choose(["caller"]);
    one.bring(400, 8192, ["caller"]);
    one.buffer.push("agent", 0, HOP, pcm(1000));
    expect(one.pull(8)).toBe(1);
    expect(one.out.caller[0]).toBe(0.25);
    expect(one.out.agent[0]).toBe(0);
    one.buffer.choose([]);
    expect(one.pull(8)).toBe(0);
    one.buffer.choose(["agent", "caller"]);
    one.bring(1400, 8192, ["caller"]);
    expect(one.pull(8)).toBe(1);
  });
});

describe("a message of live sound", () => {
  const message = (flags: number, samples: number[], count = samples.length) => {
    const data = new ArrayBuffer(16 + samples.length * 2);
    const view = new DataView(data);
    view.setUint8(0, 1);
    view.setUint8(1, 1);
    view.setUint8(2, flags);
    view.setUint32(4, 48_000, true);
    view.setUint32(8, count, true);
    view.setUint16(12, 7, true);
    samples.forEach((sample, n) => view.setInt16(16 + n * 2, sample, true));
    return data;
  };

  it("is read with its place, its flags and its samples", () => {
    const packet = packetOf(message(4, [1, -2, 32767]))!;
    expect(packet).toMatchObject({ party: "caller", start: 48_000, count: 3, heldMs: 7, hasSkipped: true });
    expect([...packet.pcm!]).toEqual([1, -2, 32767]);
    expect(packetOf(message(3, [], 320))).toMatchObject({ pcm: null, isConcealed: true, count: 320 });
  });

  it("of another form is none", () => {
    expect(packetOf(new ArrayBuffer(3))).toBeNull();
    expect(packetOf(message(0, [1, 2], 3))).toBeNull();
    const other = message(0, [1]);
    new DataView(other).setUint8(0, 2);
    expect(packetOf(other)).toBeNull();
  });
});
