/** Where in the history somebody was last, so that a call leads back to the same search. */
import { signal } from "@preact/signals";
import { onAnother } from "../state/session";

export const lastHistory = signal<string | null>(null);
onAnother(() => {
  lastHistory.value = null;
});
