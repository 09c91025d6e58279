/** The supervisor's wall: every live call, those that need attention first. */
import { useRef, useState } from "preact/hooks";
import { language, t } from "../i18n";
import { connection, isStale, wall } from "../state/store";
import { endedCalls, liveCalls, type WallCall } from "../state/wall";
import { clock, timeOfDay } from "../ui/format";
import { callPath } from "../ui/router";
import { useGlidingRows } from "./flip";
import { LiveRow } from "./row";
import "../styles/wall.css";

const ENDED_AT_FIRST = 8;
const ENDED_MORE = 20;

export function WallPage() {
  const words = t.value.wall;
  const live = liveCalls(wall.value);
  const ended = endedCalls(wall.value);
  const needing = live.filter((call) => call.attention === 3);
  const watched = live.filter((call) => call.attention === 2);
  const calm = live.filter((call) => call.attention < 2);
  const root = useRef<HTMLElement>(null);
  useGlidingRows(root, live.map((call) => `${call.id}${call.attention}`).join(" "));
  if (!wall.value.isLoaded) return <Waiting />;
  return (
    <main id="content" class="wall" data-stale={isStale.value} ref={root}>
      <div class="wall-head">
        <h1>{words.title}</h1>
        {live.length > 0 && (
          <p class="wall-sum">
            <span>{words.live(live.length)}</span>
            <span data-attention={needing.length > 0}>
              {needing.length > 0 ? words.needing(needing.length) : words.nobodyNeeding}
            </span>
          </p>
        )}
      </div>
      {live.length === 0 && ended.length === 0 && <Empty />}
      {live.length === 0 && ended.length > 0 && <p class="wall-none">{words.noLive}</p>}
      {live.length > 0 && (
        <div class="columns" aria-hidden="true">
          <span>{words.column.call}</span>
          <span>{words.column.duration}</span>
          <span>{words.column.temper}</span>
          <span>{words.column.strip}</span>
          <span>{words.column.alerts}</span>
        </div>
      )}
      <Group title={words.attention} calls={needing} kind="act" />
      <Group title={words.watch} calls={watched} kind="watch" />
      <Group title={words.calm} calls={calm} kind="calm" />
      <Ended calls={ended} />
    </main>
  );
}

function Group({ title, calls, kind }: { title: string; calls: WallCall[]; kind: string }) {
  if (calls.length === 0) return null;
  return (
    <section class="group" data-kind={kind}>
      <h2>
        {title} <span class="count">{calls.length}</span>
      </h2>
      <ul>
        {calls.map((call) => (
          <LiveRow key={call.id} call={call} />
        ))}
      </ul>
    </section>
  );
}

function Ended({ calls }: { calls: WallCall[] }) {
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
              {call.agent || call.title}
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

function Empty() {
  const words = t.value.wall;
  return (
    <div class="empty">
      <svg class="empty-wave" viewBox="0 0 240 40" aria-hidden="true">
        <path d="M0 20h60c10 0 10-9 20-9s10 18 20 18 10-27 20-27 10 27 20 27 10-9 20-9h80" />
      </svg>
      <h2>{words.empty}</h2>
      <p>{words.emptyWhy}</p>
      <p>
        {words.emptyHow} <code>tingyin demo</code>
      </p>
    </div>
  );
}

function Waiting() {
  const isRefused = connection.value.retryMs !== null;
  return (
    <main id="content" class="wall" aria-busy="true">
      <h1 class="unseen">{isRefused ? t.value.connection.neverReached : t.value.wall.loading}</h1>
      <div class="skeletons" data-still={isRefused} aria-hidden="true">
        <div />
        <div />
        <div />
      </div>
    </main>
  );
}
