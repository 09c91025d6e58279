/** What was done about an alert, in signs with words: who acknowledged it, whose matter it is, until when it rests. */
import { language, t } from "../i18n";
import type { AlertState, Mute } from "../protocol/messages";
import { isSnoozed, keyOf, muteOf } from "../state/desk";
import { has, visitor } from "../state/session";
import { desk, nowMs } from "../state/store";
import { timeOfDay } from "../ui/format";
import { Icon, type IconName } from "../ui/icons";
import { act, nameOf } from "./acting";

interface Sign {
  readonly icon: IconName;
  readonly says: string;
  readonly kind: string;
}

const time = (at: string) => timeOfDay(at, language.value);

/** In whole sentences. */
export function Signs({ state, mute }: { state: AlertState | undefined; mute: Mute | null }) {
  const words = t.value.inbox.signs;
  const signs: Sign[] = [];
  if (mute !== null)
    signs.push({ kind: "muted", icon: "bellOff", says: words.muted(nameOf(mute.by), time(mute.until)) });
  if (state?.acknowledged) {
    const { by, at } = state.acknowledged;
    signs.push({ kind: "acknowledged", icon: "check", says: words.acknowledged(nameOf(by), time(at)) });
  }
  if (state?.assigned)
    signs.push({ kind: "assigned", icon: "person", says: words.assigned(nameOf(state.assigned.to)) });
  if (state?.snoozed && isSnoozed(desk.value, state, nowMs.value)) {
    const { by, until } = state.snoozed;
    signs.push({ kind: "snoozed", icon: "clock", says: words.snoozed(time(until), nameOf(by)) });
  }
  if (state?.marked) {
    const { verdict, by } = state.marked;
    const says = verdict === "false" ? words.markedFalse(nameOf(by)) : words.markedTrue(nameOf(by));
    signs.push({ kind: `marked-${verdict}`, icon: "flag", says });
  }
  return <SignList signs={signs} />;
}

interface ShortSignsProps {
  readonly callId: string;
  readonly alertId: string;
  readonly rule: string;
  readonly agent: string;
  readonly nowMs: number;
}

/** In a few words each, for the wall: its rows say themselves when time passes. */
export function ShortSigns(of: ShortSignsProps) {
  const words = t.value.inbox.signs.short;
  const state = desk.value.states[keyOf({ call_id: of.callId, alert_id: of.alertId })];
  const mute = muteOf(desk.value, of.rule, of.agent, of.nowMs);
  const signs: Sign[] = [];
  if (mute !== null) signs.push({ kind: "muted", icon: "bellOff", says: words.muted(time(mute.until)) });
  if (state?.acknowledged) {
    const says = words.acknowledged(nameOf(state.acknowledged.by));
    signs.push({ kind: "acknowledged", icon: "check", says });
  }
  if (state?.assigned)
    signs.push({ kind: "assigned", icon: "person", says: words.assigned(nameOf(state.assigned.to)) });
  if (state?.snoozed && isSnoozed(desk.value, state, of.nowMs))
    signs.push({ kind: "snoozed", icon: "clock", says: words.snoozed(time(state.snoozed.until)) });
  if (state?.marked?.verdict === "false")
    signs.push({ kind: "marked-false", icon: "flag", says: words.markedFalse });
  return <SignList signs={signs} />;
}

function SignList({ signs }: { signs: readonly Sign[] }) {
  if (signs.length === 0) return null;
  return (
    <ul class="desk-signs">
      {signs.map((sign) => (
        <li key={sign.kind} data-kind={sign.kind}>
          <Icon name={sign.icon} size={13} />
          {sign.says}
        </li>
      ))}
    </ul>
  );
}

export function Comments({ states }: { states: readonly (AlertState | undefined)[] }) {
  const own = visitor.value.account?.name;
  const all = states.flatMap((state) =>
    (state?.comments ?? []).map((comment) => ({ comment, state: state! })),
  );
  if (all.length === 0) return null;
  return (
    <ul class="desk-comments">
      {all
        .sort((a, b) => a.comment.number - b.comment.number)
        .map(({ comment, state }) => (
          <li key={comment.number}>
            <Icon name="note" size={13} />
            <p>
              {comment.text}
              <small>
                {nameOf(comment.by)}, <time dateTime={comment.at}>{time(comment.at)}</time>
              </small>
            </p>
            {comment.by === own && has("act") && (
              <button
                type="button"
                class="quiet small"
                onClick={() => {
                  const { call_id, alert_id } = state;
                  void act([{ call_id, alert_id }], "withdraw", { comment: comment.number });
                }}
              >
                {t.value.inbox.acts.withdraw}
              </button>
            )}
          </li>
        ))}
    </ul>
  );
}
