/**
 * A live call's clock on this machine.
 *
 * The server tells call time only with events, and events arrive late by differing delays. The earliest
 * arrival is the nearest to the truth, so the call's zero is the least of `arrival - call time`: it only
 * moves back, and a burst after a lost connection cannot move it forward.
 */
export function callZeroMs(knownMs: number | null, t_s: number, arrivedMs: number): number {
  const zeroMs = arrivedMs - t_s * 1000;
  return knownMs === null ? zeroMs : Math.min(knownMs, zeroMs);
}

/** Call time now, in seconds; never before the last event's. */
export function callTimeS(zeroMs: number | null, lastS: number, nowMs: number): number {
  return zeroMs === null ? lastS : Math.max(lastS, (nowMs - zeroMs) / 1000);
}
