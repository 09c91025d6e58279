/** What the page and the audio thread tell each other. */
import type { Party } from "../protocol/messages";
import type { JitterStats } from "./jitter";

export type ToWorklet =
  | {
      readonly kind: "packet";
      readonly party: Party;
      readonly start: number;
      readonly count: number;
      readonly pcm: Int16Array | null;
    }
  | { readonly kind: "choose"; readonly parties: readonly Party[] }
  | { readonly kind: "end" };

export interface FromWorklet extends JitterStats {
  readonly isPlaying: boolean;
  /** Samples in the buffer. */
  readonly held: number;
  /** RMS of what was played since the last report, 0..1. */
  readonly rms: Readonly<Record<Party, number>>;
}
