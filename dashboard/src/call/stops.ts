/** Where to hear a call's alerts, one after another. */
import type { AlertRecord } from "../state/call";

/** One wants to hear what led to an alert, too. */
const LEAD_S = 2;
/** Whoever has just gone to an alert, and goes back once more, wants the one before. */
const HERE_S = 1;

/** Where to hear an alert: shortly before what it is about. */
export const stopOf = ({ alert }: AlertRecord): number => Math.max(0, alert.about.start_s - LEAD_S);

/** The next alert's place after `s`, or the last one before it; null where there is none. */
export function nextStop(alerts: readonly AlertRecord[], s: number, direction: 1 | -1): number | null {
  const stops = alerts.map(stopOf).sort((a, b) => a - b);
  const found =
    direction === 1 ? stops.find((stop) => stop > s + 0.05) : stops.findLast((stop) => stop < s - HERE_S);
  return found ?? null;
}
