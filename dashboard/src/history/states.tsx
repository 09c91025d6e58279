/** What is shown while there is nothing to show: loading, nothing found, and what failed. */
import { t } from "../i18n";
import { Refusal, UNREACHABLE } from "../net/api";

export function Skeletons({ says }: { says: string }) {
  return (
    <div class="history-wait" aria-busy="true">
      <p class="unseen" role="status">
        {says}
      </p>
      <div class="skeletons" aria-hidden="true">
        <div />
        <div />
        <div />
      </div>
    </div>
  );
}

export function Faulty({ error, again }: { error: unknown; again: () => void }) {
  const words = t.value.history;
  const code = error instanceof Refusal ? error.code : "";
  return (
    <div class="history-none" role="alert">
      <p>
        <b>{words.failed}</b>
      </p>
      <p>{code === UNREACHABLE || code === "" ? words.failedWhy : words.failedCode(code)}</p>
      <button type="button" class="quiet" onClick={again}>
        {words.again}
      </button>
    </div>
  );
}
