/** What the call page's parts share: the stretch shown, the instant pointed at, and where the sound stands. */
import { computed, signal } from "@preact/signals";

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

/** The call is read along with where it is played. */
export const isPlayedBack = computed(() => playedS.value !== null);

/** When the page was opened, on this machine's clock: what had ended by then is played from its beginning. */
export let openedMs = Date.now();

/** Whether the sound of a call that is over is being played. */
export const isPlaying = signal(false);

/** An instant that the viewer asked for, for the player and the charts. */
export const sought = signal<{ readonly s: number } | null>(null);

export function seekTo(s: number): void {
  const halfS = windowS.value / 2;
  if (windowS.value > 0) heldEndS.value = s + halfS;
  sought.value = { s }; // last: a playback takes the charts along with it
}

export function resetView(): void {
  openedMs = Date.now();
  heldEndS.value = null;
  pointedS.value = null;
  playedS.value = null;
  sought.value = null;
  isPlaying.value = false;
}
