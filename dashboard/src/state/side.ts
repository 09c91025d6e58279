/** What people do beside the open call: messages to its agent, the agent's pause, who listens in. */
import type { MessageToAgent, Side } from "../protocol/messages";

export interface Pause {
  /** When the pause ends, by this machine's clock. */
  readonly untilMs: number;
  /** For how long it was asked. */
  readonly forS: number;
}

export interface SideState {
  readonly callId: string;
  /** The first first. */
  readonly messages: readonly MessageToAgent[];
  readonly pause: Pause | null;
  readonly listeners: readonly string[];
}

/** The server tells how much of a pause is left: the two clocks need not agree. */
export function sideOf(told: Side, nowMs: number): SideState {
  const pause = told.pause && { untilMs: nowMs + told.pause.left_s * 1000, forS: told.pause.for_s };
  return { callId: told.call_id, messages: told.messages, pause, listeners: told.listeners };
}

/** What waits for the agent's eyes: while the cues are paused, only what is urgent. */
export function unseen(side: SideState | null): readonly MessageToAgent[] {
  if (side === null) return [];
  return side.messages.filter(
    (message) => message.seen_at === null && (side.pause === null || message.is_urgent),
  );
}

/** Messages that the pause holds back. */
export function heldBack(side: SideState | null): number {
  if (side === null || side.pause === null) return 0;
  return side.messages.filter((message) => message.seen_at === null && !message.is_urgent).length;
}
