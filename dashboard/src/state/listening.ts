/** Whether somebody listens in on this page now: its title says so, wherever they look. */
import { signal } from "@preact/signals";

export const isListening = signal(false);
