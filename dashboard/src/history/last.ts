/** Where in the history somebody was last, so that a call leads back to the same search. */
import { signal } from "@preact/signals";

export const lastHistory = signal<string | null>(null);
