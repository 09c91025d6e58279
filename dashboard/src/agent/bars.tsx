/** The agent's own pace and share of the talk, as two quiet bars. */
import { t } from "../i18n";
import type { CallState } from "../state/call";
import { percent } from "../ui/format";
import { type Pace, paceOf, shareOf } from "./pace";

export function Bars({ call }: { call: CallState }) {
  const words = t.value.agent;
  const pace = paceOf(call);
  const share = shareOf(call);
  return (
    <dl class="bars">
      <div class="bar">
        <dt>{words.pace}</dt>
        <dd>
          <PaceBar pace={pace} />
          <span class="bar-word">{words.paceWords[pace.word]}</span>
        </dd>
      </div>
      <div class="bar">
        <dt>{words.share}</dt>
        <dd>
          <span class="talk-bar" aria-hidden="true">
            <i data-party="agent" style={{ width: percent(share ?? 0.5) }} data-known={share !== null} />
          </span>
          <span class="bar-word">{share === null ? "–" : `${words.you} ${percent(share)}`}</span>
        </dd>
      </div>
    </dl>
  );
}

/** A mark on a line whose middle is the agent's own usual pace. */
function PaceBar({ pace }: { pace: Pace }) {
  return (
    <span class="pace-bar" aria-hidden="true">
      <i class="pace-usual" />
      {pace.place !== null && <i class="pace-mark" style={{ left: percent(pace.place) }} />}
    </span>
  );
}
