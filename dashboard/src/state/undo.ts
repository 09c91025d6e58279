/** What takes an act back. Pure. */
import type { AlertState } from "../protocol/messages";
import { keyOf } from "./desk";

export type ActName =
  | "acknowledge"
  | "unacknowledge"
  | "assign"
  | "unassign"
  | "snooze"
  | "unsnooze"
  | "comment"
  | "withdraw"
  | "mark_false"
  | "mark_true"
  | "unmark";

/** An act as the server takes it, about some alerts. */
export interface ActBody {
  readonly alerts: readonly { readonly call_id: string; readonly alert_id: string }[];
  readonly action: ActName;
  readonly to?: string;
  readonly for_s?: number;
  readonly text?: string;
  readonly comment?: number;
}

type Known = Readonly<Record<string, AlertState | undefined>>;
type Inverse = Omit<ActBody, "alerts"> | null;

/** Acts that restore what was before; none where nothing changed, or where it cannot be taken back. */
export function undoOf(action: ActName, alerts: ActBody["alerts"], before: Known, after: Known): ActBody[] {
  const found = new Map<string, ActBody>();
  for (const alert of alerts) {
    const inverse = inverseOf(action, before[keyOf(alert)], after[keyOf(alert)]);
    if (inverse === null) continue;
    const ref = { call_id: alert.call_id, alert_id: alert.alert_id };
    const known = found.get(JSON.stringify(inverse));
    found.set(JSON.stringify(inverse), { ...inverse, alerts: [...(known?.alerts ?? []), ref] });
  }
  return [...found.values()];
}

function inverseOf(action: ActName, before: AlertState | undefined, after: AlertState | undefined): Inverse {
  if ((before?.number ?? 0) === (after?.number ?? 0)) return null;
  switch (action) {
    case "acknowledge":
      return { action: "unacknowledge" };
    case "unacknowledge":
      return { action: "acknowledge" };
    case "snooze":
      return { action: "unsnooze" };
    case "assign":
    case "unassign":
      return before?.assigned ? { action: "assign", to: before.assigned.to } : { action: "unassign" };
    case "mark_false":
    case "mark_true":
    case "unmark":
      return before?.marked
        ? { action: before.marked.verdict === "false" ? "mark_false" : "mark_true" }
        : { action: "unmark" };
    case "comment": {
      const number = after?.comments.at(-1)?.number;
      return number === undefined ? null : { action: "withdraw", comment: number };
    }
    case "unsnooze":
    case "withdraw":
      return null; // how long was left, or the words, are gone
  }
}
