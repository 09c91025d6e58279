/** What was measured of a voice, in one sentence: how far from its own usual, and for how long. */
import type { Alert } from "../protocol/messages";

export interface EvidenceWords {
  readonly f0: (st: string, isAbove: boolean) => string;
  readonly level: (db: string, isAbove: boolean) => string;
  readonly rate: (percent: string, isAbove: boolean) => string;
  readonly alpha: (db: string, isAbove: boolean) => string;
  readonly lasting: (s: string) => string;
  readonly join: (parts: readonly string[]) => string;
}

/** Smaller differences than these are nobody's evidence. */
const LEAST = { f0: 0.3, level: 0.5, alpha: 0.5, rate_ratio: 0.03 } as const;

/** Null where an alert is about no voice. */
export function inWords(alert: Alert, words: EvidenceWords): string | null {
  const measured = new Map(alert.evidence.map((item) => [item.feature, item.value]));
  const value = (feature: keyof typeof LEAST, usual = 0) => {
    const found = measured.get(feature);
    if (typeof found !== "number" || Math.abs(found - usual) < LEAST[feature]) return null;
    return found - usual;
  };
  const short = (number: number) => String(Number(Math.abs(number).toFixed(1)));
  const parts: string[] = [];
  const f0 = value("f0");
  if (f0 !== null) parts.push(words.f0(short(f0), f0 > 0));
  const level = value("level");
  if (level !== null) parts.push(words.level(short(level), level > 0));
  const rate = value("rate_ratio", 1);
  if (rate !== null) parts.push(words.rate(String(Math.round(Math.abs(rate) * 100)), rate > 0));
  const alpha = value("alpha");
  if (alpha !== null) parts.push(words.alpha(short(alpha), alpha > 0));
  if (parts.length === 0) return null;
  const { start_s, end_s } = alert.about;
  return words.join([...parts, words.lasting(String(Math.max(1, Math.round(end_s - start_s))))]);
}
