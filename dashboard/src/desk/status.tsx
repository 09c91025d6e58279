/** What was done last, with the way back, and what was refused. */
import { t } from "../i18n";
import { nowMs } from "../state/store";
import { Icon } from "../ui/icons";
import { lastStep, refused, undo } from "./acting";
import "../styles/desk.css";

/** After this the line goes; the acts themselves can still be taken back by their buttons. */
const SHOWN_MS = 12_000;

export function DeskStatus() {
  const words = t.value.inbox;
  const step = lastStep.value;
  const isShown = step !== null && nowMs.value - step.atMs < SHOWN_MS;
  const code = refused.value;
  return (
    <div class="desk-status">
      <div role="alert">
        {code !== null && (
          <p class="desk-refused">
            <Icon name="broken" />
            {words.errors[code] ?? words.errors.other}
          </p>
        )}
      </div>
      <div role="status">
        {isShown && (
          <p class="desk-done">
            <Icon name="check" />
            {words.did[step.what](step.count)}
            <button type="button" class="quiet small" onClick={() => void undo()}>
              {words.undo}
            </button>
          </p>
        )}
      </div>
    </div>
  );
}
