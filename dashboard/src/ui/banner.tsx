/** Says calmly when the page is cut off, out of date, or the server has a problem. */
import type { ComponentChildren } from "preact";
import { language, t } from "../i18n";
import type { Problem } from "../protocol/messages";
import { connection, nowMs, problems, retryNow } from "../state/store";
import { exactTime, sentence } from "./format";
import { Icon } from "./icons";

export function Banner() {
  const { phase, lostMs, retryMs } = connection.value;
  const words = t.value.connection;
  const retry = (
    <span class="banner-retry">
      {retryMs === null
        ? words.retrying
        : words.retryingIn(Math.max(1, Math.ceil((retryMs - nowMs.value) / 1000)))}
      <button type="button" class="quiet" onClick={retryNow} disabled={retryMs === null}>
        {words.retryNow}
      </button>
    </span>
  );
  const isTelling = phase === "lost" || phase === "outdated" || retryMs !== null || problems.value.length > 0;
  return (
    <section class="banners" aria-label={isTelling ? words.label : undefined}>
      {phase === "lost" && lostMs !== null && (
        <Line kind="lost" says={words.lostBanner(exactTime(lostMs, language.value))}>
          {retry}
        </Line>
      )}
      {phase === "connecting" && retryMs !== null && (
        <Line kind="lost" says={words.neverReached}>
          {retry}
        </Line>
      )}
      {phase === "outdated" && (
        <Line kind="lost" says={words.outdatedBanner}>
          <button type="button" class="quiet" onClick={() => location.reload()}>
            {words.reload}
          </button>
        </Line>
      )}
      {phase === "live" &&
        problems.value.map((problem) => <Line key={problem.code} kind="problem" says={told(problem)} />)}
    </section>
  );
}

/** What the server says is for its log, too, and in English. */
function told({ code, message }: Problem): string {
  return t.value.connection.problems[code] ?? sentence(message);
}

function Line({ kind, says, children }: { kind: string; says: string; children?: ComponentChildren }) {
  return (
    <div class="banner" data-kind={kind}>
      <Icon name="broken" />
      <span class="banner-says" role="alert">
        {says}
      </span>
      {children}
    </div>
  );
}
