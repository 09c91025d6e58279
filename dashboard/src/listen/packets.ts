/** The messages of `/listen`: sound as it comes, and what is said about it. */
import type { Party } from "../protocol/messages";

export const RATE_HZ = 16_000;

const VERSION = 1;
const HEADER_BYTES = 16;
const PARTY_OF = ["agent", "caller"] as const;
const CONCEALED = 1;
const SILENT = 2;
const SKIPPED = 4;

/** One frame of one party's sound. */
export interface Packet {
  readonly party: Party;
  /** Place of its first sample in the call. */
  readonly start: number;
  readonly count: number;
  /** The samples; null is silence. */
  readonly pcm: Int16Array | null;
  /** It was lost on its way to the server. */
  readonly isConcealed: boolean;
  /** The server dropped what came before, because this page did not take it. */
  readonly hasSkipped: boolean;
  /** How long the server held it. */
  readonly heldMs: number;
}

export type Told =
  | { readonly type: "listening"; readonly call_id: string; readonly sample_rate_hz: number }
  | { readonly type: "pong"; readonly number: number }
  | { readonly type: "over" }
  | { readonly type: "error"; readonly code: string; readonly message: string };

/** Null where the message is none that these pages know. */
export function packetOf(data: ArrayBuffer): Packet | null {
  if (data.byteLength < HEADER_BYTES) return null;
  const view = new DataView(data);
  const party = PARTY_OF[view.getUint8(1)];
  const flags = view.getUint8(2);
  const count = view.getUint32(8, true);
  const isSilent = (flags & SILENT) !== 0;
  if (view.getUint8(0) !== VERSION || party === undefined) return null;
  if (data.byteLength !== HEADER_BYTES + (isSilent ? 0 : count * 2)) return null;
  return {
    party,
    start: view.getUint32(4, true),
    count,
    // Every machine that runs a browser is little-endian, as the wire is.
    pcm: isSilent ? null : new Int16Array(data, HEADER_BYTES, count),
    isConcealed: (flags & CONCEALED) !== 0,
    hasSkipped: (flags & SKIPPED) !== 0,
    heldMs: view.getUint16(12, true),
  };
}
