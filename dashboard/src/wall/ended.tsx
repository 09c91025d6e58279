/** Calls that are over, the latest first. */
import { useState } from "preact/hooks";
import { language, t } from "../i18n";
import { nameOf, people } from "../state/people";
import type { WallCall } from "../state/wall";
import { clock, timeOfDay } from "../ui/format";
import { callPath } from "../ui/router";

const ENDED_AT_FIRST = 8;
const ENDED_MORE = 20;

export function Ended({ calls }: { calls: readonly WallCall[] }) {
  const [shown, setShown] = useState(ENDED_AT_FIRST);
  const words = t.value;
  if (calls.length === 0) return null;
  const hidden = calls.length - shown;
  return (
    <section class="group" data-kind="ended">
      <h2>
        {words.wall.ended} <span class="count">{calls.length}</span>
      </h2>
      <ul>
        {calls.slice(0, shown).map((call) => (
          <li key={call.id} class="ended-row" data-row={call.id}>
            <a class="row-link" href={callPath(call.id)}>
              {nameOf(people.value, call.agent) || call.title}
            </a>
            <span class="row-title">{call.agent !== "" && call.title !== call.agent ? call.title : ""}</span>
            <span class="ended-when">{timeOfDay(call.startedAt, language.value)}</span>
            <span class="ended-duration">{clock(call.durationS ?? call.lastS)}</span>
            <span class="ended-state" data-state={call.state}>
              {words.state[call.state]}
            </span>
          </li>
        ))}
      </ul>
      {hidden > 0 && (
        <button type="button" class="quiet" onClick={() => setShown(shown + ENDED_MORE)}>
          {words.wall.showMore(Math.min(hidden, ENDED_MORE))}
        </button>
      )}
    </section>
  );
}
