/** The keys of the inbox, and the line that tells them. Whoever speaks to their computer can switch them off. */
import { signal } from "@preact/signals";
import { t } from "../i18n";
import { Icon } from "../ui/icons";
import { remember, remembered } from "../ui/memory";

export type KeyAct =
  | "next"
  | "previous"
  | "acknowledge"
  | "snooze"
  | "take"
  | "comment"
  | "false"
  | "mute"
  | "expand"
  | "open"
  | "undo";

const KEYS: Readonly<Record<string, KeyAct>> = {
  j: "next",
  k: "previous",
  a: "acknowledge",
  s: "snooze",
  t: "take",
  c: "comment",
  f: "false",
  m: "mute",
  x: "expand",
  o: "open",
  u: "undo",
};

export const areKeysOn = signal(remembered("inbox.keys") !== "off");

function switchKeys(on: boolean): void {
  areKeysOn.value = on;
  remember("inbox.keys", on ? "on" : "off");
}

/** What a key asks for; null where it is somebody's typing, or a key of the browser's. */
export function keyAct(event: KeyboardEvent): KeyAct | null {
  if (!areKeysOn.peek() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  const target = event.target as HTMLElement;
  if (target.matches("input, textarea, select, [contenteditable]")) return null;
  return KEYS[event.key.toLowerCase()] ?? null;
}

/** The few that are used most, always to be seen where there is a keyboard. */
export function KeyLine() {
  if (!areKeysOn.value) return null;
  const says = wording();
  return (
    <p class="key-line">
      {(["j", "k", "a", "s", "t", "f", "u"] as const).map((key) => (
        <span key={key}>
          <kbd>{key}</kbd> {says[KEYS[key]!]}
        </span>
      ))}
    </p>
  );
}

function wording(): Record<KeyAct, string> {
  const words = t.value.inbox;
  return {
    next: words.keys.next,
    previous: words.keys.previous,
    acknowledge: words.acts.acknowledge,
    snooze: words.acts.snooze,
    take: words.acts.take,
    comment: words.acts.comment,
    false: words.acts.markFalse,
    mute: words.acts.mute,
    expand: words.keys.expand,
    open: words.keys.open,
    undo: words.undo,
  };
}

export function KeyHelp() {
  const words = t.value.inbox;
  const says = wording();
  return (
    <details class="inbox-panel">
      <summary class="quiet">
        <Icon name="keys" />
        {words.keys.title}
      </summary>
      <div>
        <dl class="keys">
          {Object.entries(KEYS).map(([key, act]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{says[act]}</dd>
            </div>
          ))}
        </dl>
        <label class="check">
          <input
            type="checkbox"
            checked={areKeysOn.value}
            onChange={(event) => switchKeys(event.currentTarget.checked)}
          />
          {words.keys.on}
        </label>
      </div>
    </details>
  );
}
