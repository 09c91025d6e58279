/** How much a call wants a supervisor's attention, and in which order calls stand on the wall. */
import type { Severity, TemperState } from "../protocol/messages";

/** 0 calm, 1 worth a glance, 2 watch, 3 act, 4 act before all others. */
export type Attention = 0 | 1 | 2 | 3 | 4;

/** From here on somebody is needed. */
export const ACT: Attention = 3;

const OF_SEVERITY: Record<Severity, Attention> = { critical: 4, high: 3, medium: 2, low: 1, info: 0 };
const OF_TEMPER: Record<TemperState, Attention> = { calm: 0, raised: 2, hot: 3 };

export const SEVERITY_RANK: Record<Severity, number> = { critical: 4, high: 3, medium: 2, low: 1, info: 0 };

/** A call keeps its place for this long after it has calmed, so that rows do not jump to and fro. */
export const CALMING_MS = 8000;

export interface Ranked {
  readonly attention: Attention;
  /** Since when the call wants less attention than its place says; null while it does not. */
  readonly calmerSinceMs: number | null;
}

export function wantedAttention(severities: Iterable<Severity>, temper: TemperState): Attention {
  let wanted = OF_TEMPER[temper];
  for (const severity of severities) wanted = Math.max(wanted, OF_SEVERITY[severity]) as Attention;
  return wanted;
}

/** Up at once, down only after `CALMING_MS` of less. Returns `before` itself where nothing changes. */
export function rank<R extends Ranked>(before: R, wanted: Attention, nowMs: number): R {
  if (wanted > before.attention) return { ...before, attention: wanted, calmerSinceMs: null };
  if (wanted === before.attention) {
    return before.calmerSinceMs === null ? before : { ...before, calmerSinceMs: null };
  }
  if (before.calmerSinceMs === null) return { ...before, calmerSinceMs: nowMs };
  if (nowMs - before.calmerSinceMs < CALMING_MS) return before;
  return { ...before, attention: wanted, calmerSinceMs: null };
}
