/**
 * Plays what arrives unevenly evenly, and stays close to the present.
 *
 * Both parties share one play head in call time, so that they stay in step. It starts, and starts again after
 * it ran dry, once `target` is held back; each time that it runs dry the target grows, and it shrinks again
 * while all goes well. What is held beyond the target is made up for in silence, where nobody hears it, and by
 * a jump where it is too much. Pure: the worklet around it knows about audio.
 */
import type { Party } from "../protocol/messages";
import { RATE_HZ } from "./packets";

const ms = (n: number) => (n * RATE_HZ) / 1000;

export const TARGET_LEAST = ms(200);
const TARGET_MOST = ms(800);
const GROWS_BY = ms(100);
const SHRINKS_BY = ms(20);
/** Sound that has to play well before the target shrinks by a step. */
const SHRINKS_AFTER = ms(10_000);
/** Held this much beyond the target, silences are shortened; */
const SLACK = ms(100);
/** and this much beyond it, the sound jumps to the present. */
const JUMP = ms(500);
/** Below this a stretch counts as silence: -54 dBFS. */
const QUIET = 0.002;
/** A party whose sound ends this long before the other's does not come at all. */
const ABSENT = ms(1000);

const SIZE = 65_536;
const MASK = SIZE - 1;

const PARTIES = ["agent", "caller"] as const;

export interface JitterStats {
  /** Samples that were played, of both parties at once. */
  played: number;
  /** Times that the sound ran dry while it played. */
  dry: number;
  /** Samples left out to come back to the present. */
  left: number;
  /** Samples that came too late to be played. */
  late: number;
}

export class JitterBuffer {
  readonly stats: JitterStats = { played: 0, dry: 0, left: 0, late: 0 };
  isPlaying = false;
  target = TARGET_LEAST;
  private readonly rings: Record<Party, Float32Array> = {
    agent: new Float32Array(SIZE),
    caller: new Float32Array(SIZE),
  };
  private readonly ends: Record<Party, number | null> = { agent: null, caller: null };
  private active: readonly Party[] = PARTIES;
  private head: number | null = null;
  private well = 0;

  /** Plays these parties from here on. */
  choose(parties: readonly Party[]): void {
    for (const party of PARTIES) {
      // What was held of a party that comes back is as old as its leaving.
      if (!this.active.includes(party) || !parties.includes(party)) this.clear(party);
    }
    this.active = parties;
  }

  /** Takes a frame; `pcm` null is silence. */
  push(party: Party, start: number, count: number, pcm: Int16Array | null): void {
    if (!this.active.includes(party)) return;
    const ring = this.rings[party];
    this.head ??= start;
    let end = this.ends[party] ?? Math.max(this.head, start - SIZE);
    if (start + count - this.head > SIZE) {
      // A burst longer than is held: what matters is its end.
      this.jump(start + count - this.target);
      end = Math.max(end, this.head);
    }
    const from = Math.max(end, this.head);
    for (let at = from; at < start; at += 1) ring[at & MASK] = 0;
    for (let n = Math.max(0, from - start); n < count; n += 1) {
      ring[(start + n) & MASK] = pcm === null ? 0 : pcm[n]! / 32768;
    }
    this.stats.late += Math.min(count, Math.max(0, this.head - start));
    this.ends[party] = Math.max(end, start + count);
  }

  /** How much is held, in samples. */
  get held(): number {
    const edge = this.edge();
    return edge === null || this.head === null ? 0 : Math.max(0, edge - this.head);
  }

  /** Fills one stretch of both parties' sound; false where there is none to play. */
  pull(out: Readonly<Record<Party, Float32Array>>): boolean {
    const count = out.agent.length;
    for (const party of PARTIES) out[party].fill(0);
    if (this.head === null || this.active.length === 0) return false;
    if (!this.isPlaying) {
      if (this.held < this.target) return false;
      if (this.held > this.target + SLACK) this.jump(this.edge()! - this.target);
      this.isPlaying = true;
    }
    if (this.held < count) {
      this.runDry();
      return false;
    }
    if (this.held > this.target + JUMP) this.jump(this.edge()! - this.target);
    else if (this.held > this.target + SLACK && this.held >= 2 * count && this.isQuiet(count)) {
      this.jump(this.head + count);
    }
    for (const party of this.active) this.read(party, out[party]);
    this.head += count;
    this.stats.played += count;
    this.playWell(count);
    return true;
  }

  private read(party: Party, out: Float32Array): void {
    const ring = this.rings[party];
    const head = this.head!;
    const known = Math.min(out.length, (this.ends[party] ?? head) - head);
    for (let n = 0; n < known; n += 1) out[n] = ring[(head + n) & MASK]!;
  }

  /** Up to where all have come that come at all. */
  private edge(): number | null {
    const ends = this.active.map((party) => this.ends[party]).filter((end) => end !== null);
    if (ends.length === 0) return null;
    const furthest = Math.max(...ends);
    return Math.min(...ends.filter((end) => end > furthest - ABSENT));
  }

  private isQuiet(count: number): boolean {
    return this.active.every((party) => {
      for (let n = 0; n < count; n += 1) {
        if (Math.abs(this.rings[party][(this.head! + n) & MASK]!) > QUIET) return false;
      }
      return true;
    });
  }

  private jump(to: number): void {
    if (to <= this.head!) return;
    this.stats.left += to - this.head!;
    this.head = to;
  }

  private runDry(): void {
    this.isPlaying = false;
    this.stats.dry += 1;
    this.target = Math.min(TARGET_MOST, this.target + GROWS_BY);
    this.well = 0;
  }

  private playWell(count: number): void {
    this.well += count;
    if (this.well < SHRINKS_AFTER) return;
    this.well = 0;
    this.target = Math.max(TARGET_LEAST, this.target - SHRINKS_BY);
  }

  private clear(party: Party): void {
    this.ends[party] = null;
    this.rings[party].fill(0);
  }
}
