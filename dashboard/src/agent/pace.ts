/** The agent's own pace and share of the talk, smoothed so that the bars move calmly. */
import type { CallState } from "../state/call";

/** The pace shown is the mean over the agent's last seconds of speech. */
const PACE_OVER_S = 8;
/** Own usual pace times these is the edge of "usual"; the bar spans twice as far. */
const SLOW = 0.8;
const FAST = 1.25;
const BAR_OCTAVES = 0.65;
/** Speech heard before a share means anything. */
const SHARE_FROM_S = 10;

export interface Pace {
  readonly word: "slow" | "usual" | "fast" | "unknown";
  /** 0..1 along the bar, 0.5 at the own usual pace. */
  readonly place: number | null;
}

export function paceOf(call: CallState): Pace {
  const readings = call.prosody.agent;
  const last = readings.last;
  if (!last) return { word: "unknown", place: null };
  const ratios = readings
    .from(readings.lowerBound(last.at_s - PACE_OVER_S, (reading) => reading.at_s))
    .map((reading) => reading.rate_ratio)
    .filter((ratio) => ratio !== null);
  if (ratios.length === 0) return { word: "unknown", place: null };
  const ratio = ratios.reduce((sum, one) => sum + one, 0) / ratios.length;
  const place = 0.5 + Math.log2(Math.max(ratio, 0.01)) / (2 * BAR_OCTAVES);
  return {
    word: ratio < SLOW ? "slow" : ratio > FAST ? "fast" : "usual",
    place: Math.min(0.97, Math.max(0.03, place)),
  };
}

/** The agent's share of all speech so far, 0..1; null while too little was heard. */
export function shareOf(call: CallState): number | null {
  const { agent, caller } = call.talkS;
  return agent + caller < SHARE_FROM_S ? null : agent / (agent + caller);
}
