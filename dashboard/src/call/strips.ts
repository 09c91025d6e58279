/** Which strips the charts have, and the scale of each. */
import type { Quantity } from "./grid";

export type MeterKey = "f0" | "level" | "rate";

export interface Meter {
  readonly key: MeterKey;
  readonly relative: Scale;
  readonly absolute: Scale;
}

export interface Scale {
  readonly quantity: Quantity;
  readonly unit: "st" | "hz" | "db" | "dbfs" | "times" | "rate";
  /** What is shown; readings beyond it are cut off, so that the scale never moves under the eye. */
  readonly range: readonly [number, number];
  readonly ticks: readonly number[];
  /** The party's own usual value; null where the scale has none. */
  readonly usual: number | null;
  readonly digits: number;
  readonly isSigned: boolean;
}

/** Ranges hold ordinary speech and its heat: +8 st and +12 dB over one's own usual is shouting. */
export const METERS: readonly Meter[] = [
  {
    key: "f0",
    relative: scale("f0_st", "st", [-8, 12], [-6, 0, 6], 0, 1, true),
    absolute: scale("f0_hz", "hz", [60, 360], [100, 200, 300], null, 0, false),
  },
  {
    key: "level",
    relative: scale("level_db", "db", [-12, 14], [-10, 0, 10], 0, 1, true),
    absolute: scale("level_dbfs", "dbfs", [-60, 0], [-50, -30, -10], null, 0, true),
  },
  {
    key: "rate",
    relative: scale("rate_ratio", "times", [0.5, 1.7], [0.5, 1, 1.5], 1, 2, false),
    absolute: scale("rate_syl_s", "rate", [0, 9], [2, 5, 8], null, 1, false),
  },
];

function scale(
  quantity: Quantity,
  unit: Scale["unit"],
  range: readonly [number, number],
  ticks: readonly number[],
  usual: number | null,
  digits: number,
  isSigned: boolean,
): Scale {
  return { quantity, unit, range, ticks, usual, digits, isSigned };
}
