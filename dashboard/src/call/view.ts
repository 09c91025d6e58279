/** What the call page's parts share: the stretch shown, the instant pointed at, and where the sound stands. */
import { signal } from "@preact/signals";

/** Seconds shown by the charts; 0 shows the whole call. */
export const windowS = signal(180);

/** Right edge of the charts in call time while the viewer looks back; null follows the call. */
export const heldEndS = signal<number | null>(null);

/** Call time under the pointer or the keyboard's cursor. */
export const pointedS = signal<number | null>(null);

/** Against the party's own usual voice, or as measured. */
export const isRelative = signal(true);

/** Where the sound is played, in call time; null while it is not. */
export const playedS = signal<number | null>(null);

/** An instant that the viewer asked for, for the player and the charts. */
export const sought = signal<{ readonly s: number } | null>(null);

export function seekTo(s: number): void {
  sought.value = { s };
  const halfS = windowS.value / 2;
  if (windowS.value > 0) heldEndS.value = s + halfS;
}

export function resetView(): void {
  heldEndS.value = null;
  pointedS.value = null;
  playedS.value = null;
  sought.value = null;
}
