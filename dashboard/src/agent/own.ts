/** What the agent tells the server from this page, and who the agent is. */
import { signal } from "@preact/signals";
import { askAsOneself, visitor } from "../state/session";

/** Supervisors may look at this page; only the agent answers. Where nobody signs in, everybody may. */
export function isOwnPage(): boolean {
  const { account, isOpen } = visitor.value;
  return isOpen || account?.role === "agent";
}

/** The last thing that was told did not arrive. */
export const hasFailed = signal(false);

const pathOf = (callId: string, rest: string) => `/api/calls/${encodeURIComponent(callId)}/${rest}`;

async function tell(method: string, path: string, body?: unknown): Promise<boolean> {
  try {
    await askAsOneself(method, path, body);
    hasFailed.value = false;
    return true;
  } catch {
    hasFailed.value = true;
    return false;
  }
}

export type CueAnswer = "done" | "dismissed" | "not_helpful";

export const answerCue = (callId: string, cueId: string, answer: CueAnswer) =>
  tell("POST", pathOf(callId, `cues/${encodeURIComponent(cueId)}`), { answer });

export const markMessage = (callId: string, messageId: string, mark: "shown" | "seen") =>
  tell("POST", pathOf(callId, `messages/${encodeURIComponent(messageId)}`), { mark });

export const pauseCues = (callId: string, forS: number) =>
  tell("POST", pathOf(callId, "pause"), { for_s: forS });

export const resumeCues = (callId: string) => tell("DELETE", pathOf(callId, "pause"));
