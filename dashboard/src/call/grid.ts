/** Readings of a party as dense columns on a 100 ms grid, the form in which charts draw them. */
import type { Prosody } from "../protocol/messages";
import type { Log } from "../state/log";

/** Grid places a second. */
export const GRID_HZ = 10;

export type Column = (number | null)[];

export const QUANTITIES = ["f0_hz", "f0_st", "level_dbfs", "level_db", "rate_syl_s", "rate_ratio"] as const;
export type Quantity = (typeof QUANTITIES)[number];

export const gridIndex = (s: number) => Math.round(s * GRID_HZ);

/** Grows with the call's readings; place `i` holds what was heard up to `i / GRID_HZ` seconds. */
export class Grid {
  readonly columns: Record<Quantity, Column> = {
    f0_hz: [],
    f0_st: [],
    level_dbfs: [],
    level_db: [],
    rate_syl_s: [],
    rate_ratio: [],
  };
  private seen = 0;
  private first: Prosody | undefined;

  /** Takes over what is new in `readings`; another call's readings start the grid anew. */
  extend(readings: Log<Prosody>): void {
    if (readings.at(0) !== this.first || readings.length < this.seen) this.restart(readings.at(0));
    for (; this.seen < readings.length; this.seen += 1) this.put(readings.at(this.seen)!);
  }

  /** The places [from, to) of a column; null where nothing was heard. */
  slice(quantity: Quantity, from: number, to: number): Column {
    const column = this.columns[quantity];
    const part = column.slice(Math.max(0, from), Math.max(0, to));
    while (part.length < to - Math.max(0, from)) part.push(null);
    return part;
  }

  /** The reading at `s`, or the last one before it within `within` seconds. */
  valueAt(quantity: Quantity, s: number, withinS = 0.5): number | null {
    const column = this.columns[quantity];
    const last = Math.min(gridIndex(s), column.length - 1);
    for (let place = last; place >= Math.max(0, gridIndex(s - withinS)); place -= 1) {
      const value = column[place];
      if (value !== null && value !== undefined) return value;
    }
    return null;
  }

  private restart(first: Prosody | undefined): void {
    for (const quantity of QUANTITIES) this.columns[quantity].length = 0;
    this.seen = 0;
    this.first = first;
  }

  private put(reading: Prosody): void {
    const place = gridIndex(reading.at_s);
    for (const quantity of QUANTITIES) {
      const column = this.columns[quantity];
      while (column.length < place) column.push(null);
      column[place] = reading[quantity];
    }
  }
}

/** Readings on either side that a median is taken over, and how many places without one are bridged. */
const MEDIAN_REACH = 2;
const BRIDGED = 2;

/** The running median of half a second, which the eye can follow; silence stays silence. */
export function calmed(column: Column): Column {
  const medians = column.map((value, place) => (value === null ? null : medianAround(column, place)));
  return medians.map((value, place) => value ?? bridged(medians, place));
}

function medianAround(column: Column, place: number): number {
  const near = column
    .slice(Math.max(0, place - MEDIAN_REACH), place + MEDIAN_REACH + 1)
    .filter((value) => value !== null)
    .sort((a, b) => a - b);
  return near[near.length >> 1]!;
}

/** Between two readings at most `BRIDGED` places apart, their mean: a consonant does not end a melody. */
function bridged(column: Column, place: number): number | null {
  for (let before = 1; before <= BRIDGED; before += 1) {
    const left = column[place - before];
    if (left === null || left === undefined) continue;
    for (let after = 1; before + after <= BRIDGED + 1; after += 1) {
      const right = column[place + after];
      if (right !== null && right !== undefined) return (left + right) / 2;
    }
  }
  return null;
}
