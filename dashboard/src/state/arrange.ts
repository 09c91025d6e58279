/**
 * Where live calls stand on the wall: who needs help now first, yet calm under the eye.
 *
 * Three rules keep rows from jumping. A call rises at once but sinks only after `CALMING_MS` (`attention.ts`);
 * within its group it stands by its age, which never changes; and while somebody reaches for a row, every row
 * keeps its place.
 */
import { standingOf } from "./filters";
import type { WallCall } from "./wall";

/** How long after the pointer last moved over the rows, or a key was pressed on one, places are kept. */
export const HOLD_MS = 3000;

export type Group = "act" | "watch" | "calm";
export const GROUPS: readonly Group[] = ["act", "watch", "calm"];

/** Calls in the order in which they stand, and where each does. */
export interface Arranged {
  readonly groups: Readonly<Record<Group, readonly WallCall[]>>;
  readonly places: ReadonlyMap<string, Place>;
  /** Calls that would stand elsewhere if places were not kept. */
  readonly waiting: number;
}

interface Place {
  readonly group: Group;
  readonly attention: number;
}

export const nothingArranged: Arranged = {
  groups: { act: [], watch: [], calm: [] },
  places: new Map(),
  waiting: 0,
};

/** `live` comes ordered by age, oldest first. */
export function arrange(before: Arranged, live: readonly WallCall[], isHeld: boolean): Arranged {
  const places = new Map<string, Place>();
  const groups: Record<Group, WallCall[]> = { act: [], watch: [], calm: [] };
  let waiting = 0;
  for (const call of live) {
    const wanted: Place = { group: standingOf(call.attention) as Group, attention: call.attention };
    const kept = before.places.get(call.id);
    const place = isHeld && kept !== undefined ? kept : wanted;
    if (place.group !== wanted.group) waiting += 1;
    places.set(call.id, place);
    groups[place.group].push(call);
  }
  for (const group of GROUPS) {
    // Array.sort is stable: calls that need as much as each other stay by age.
    groups[group].sort((a, b) => places.get(b.id)!.attention - places.get(a.id)!.attention);
  }
  return { groups, places, waiting };
}
