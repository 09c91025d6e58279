/** The choice of sound and notifications, and what the browser says to it. */
import { t } from "../i18n";
import type { Severity } from "../protocol/messages";
import { SEVERITY_RANK } from "../state/attention";
import { Icon } from "../ui/icons";
import {
  audioState,
  chooseLeast,
  hasNotes,
  hasSound,
  isSilent,
  least,
  permission,
  switchNotes,
  switchSound,
  test,
} from "./bell";

export function BellPanel() {
  const words = t.value.inbox.bell;
  const isOn = hasSound.value || hasNotes.value;
  const refusal =
    permission.value === "denied"
      ? words.denied
      : permission.value === "unsupported"
        ? words.unsupported
        : null;
  return (
    <details class="inbox-panel">
      <summary class="quiet">
        <Icon name={isOn ? "bell" : "bellOff"} />
        {words.title}
      </summary>
      <div>
        <label class="check">
          <input
            type="checkbox"
            checked={hasSound.value}
            onChange={(event) => switchSound(event.currentTarget.checked)}
          />
          {words.sound}
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={hasNotes.value}
            disabled={refusal !== null}
            aria-describedby={refusal === null ? undefined : "bell-refusal"}
            onChange={(event) => {
              const box = event.currentTarget;
              void switchNotes(box.checked).then(() => {
                box.checked = hasNotes.peek(); // the browser may have refused
              });
            }}
          />
          {words.note}
        </label>
        {refusal !== null && (
          <p class="panel-note" id="bell-refusal" role="status">
            {refusal}
          </p>
        )}
        {isSilent.value && <p class="panel-note">{words.silent}</p>}
        {hasSound.value && audioState.value === "unsupported" && <p class="panel-note">{words.noSound}</p>}
        <label class="panel-choice">
          {words.least}
          <select
            class="inbox-choice"
            value={least.value}
            onChange={(event) => chooseLeast(event.currentTarget.value as Severity)}
          >
            {(Object.keys(SEVERITY_RANK) as Severity[]).map((severity) => (
              <option key={severity} value={severity}>
                {t.value.severity[severity]}
              </option>
            ))}
          </select>
        </label>
        <p class="panel-why">{words.why}</p>
        <button type="button" class="quiet" disabled={!isOn} onClick={test}>
          {words.test}
        </button>
      </div>
    </details>
  );
}
