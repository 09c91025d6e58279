/** The keys of the inbox, and the line that tells them. Whoever speaks to their computer can switch them off. */
import { t } from "../i18n";
import { Icon } from "../ui/icons";
import { hasKeys, type Keys, setKeys } from "../ui/keys";

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

/** The keys that act on the chosen item; going from one to the next is every list's own. */
export function keysOf(obey: (wanted: KeyAct) => void): Keys {
  return Object.fromEntries(Object.entries(KEYS).map(([key, wanted]) => [key, () => obey(wanted)]));
}

/** The few that are used most, always to be seen where there is a keyboard. */
export function KeyLine() {
  if (!hasKeys.value) return null;
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
            checked={hasKeys.value}
            onChange={(event) => setKeys(event.currentTarget.checked)}
          />
          {words.keys.on}
        </label>
      </div>
    </details>
  );
}
