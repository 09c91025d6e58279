/** The supervisor's wall: every live call, those that need attention first. */
import { useRef } from "preact/hooks";
import { language, t } from "../i18n";
import { arrange, GROUPS, type Group, HOLD_MS, nothingArranged } from "../state/arrange";
import { isFiltering, isShown } from "../state/filters";
import { people } from "../state/people";
import { connection, isStale, nowMs, wall } from "../state/store";
import { callsByAge, endedCalls, type WallCall } from "../state/wall";
import { clearFilters, filters } from "./address";
import { Ended } from "./ended";
import { useRowList } from "../ui/row-list";
import { useGlidingRows } from "./flip";
import { LiveRow } from "./row";
import { Toolbar } from "./toolbar";
import "../styles/wall.css";
import "../styles/wall-row.css";

export function WallPage() {
  const root = useRef<HTMLElement>(null);
  const arranged = useRef(nothingArranged);
  const heldUntilMs = useRef(0);
  useRowList(root, ".row-link");
  const asked = filters.value;
  const known = people.value;
  const live = callsByAge(wall.value);
  const ended = endedCalls(wall.value);
  // All calls are arranged, whether they are shown or not: a filter that is lifted moves none.
  arranged.current = arrange(arranged.current, live, nowMs.value < heldUntilMs.current);
  const isPicked = (call: WallCall) => isShown(call, known, asked);
  const groups = GROUPS.map((group) => [group, arranged.current.groups[group].filter(isPicked)] as const);
  const endedShown = ended.filter(isPicked);
  const order = groups
    .map(([group, calls]) => `${group} ${calls.map((call) => call.id).join(" ")}`)
    .join(" ");
  useGlidingRows(root, order);
  if (!wall.value.isLoaded) return <Waiting />;
  const shown = groups.reduce((sum, [, calls]) => sum + calls.length, endedShown.length);
  const hold = () => {
    heldUntilMs.current = Date.now() + HOLD_MS;
  };
  const isAny = live.length + ended.length > 0;
  return (
    <main id="content" class="wall" data-stale={isStale.value} ref={root}>
      <Head live={live} waiting={arranged.current.waiting} />
      {isAny && <Toolbar calls={[...live, ...ended]} shown={shown} />}
      {!isAny && <Empty />}
      {live.length === 0 && ended.length > 0 && !isFiltering(asked) && (
        <p class="wall-none">{t.value.wall.noLive}</p>
      )}
      {isAny && shown === 0 && isFiltering(asked) && <NoneShown />}
      {groups.some(([, calls]) => calls.length > 0) && <Columns />}
      <div class="groups" onPointerMove={hold} onPointerDown={hold} onKeyDown={hold} onFocusIn={hold}>
        {groups.map(([group, calls]) => (
          <GroupView key={group} group={group} calls={calls} />
        ))}
      </div>
      <Ended calls={endedShown} />
    </main>
  );
}

function Head({ live, waiting }: { live: readonly WallCall[]; waiting: number }) {
  const words = t.value.wall;
  const needing = live.filter((call) => call.attention >= 3).length;
  return (
    <div class="wall-head">
      <h1>{words.title}</h1>
      {live.length > 0 && (
        <p class="wall-sum">
          <span>{words.live(live.length)}</span>
          <span data-attention={needing > 0}>
            {needing > 0 ? words.needing(needing) : words.nobodyNeeding}
          </span>
          {waiting > 0 && <span class="wall-waiting">{words.waiting(waiting)}</span>}
        </p>
      )}
    </div>
  );
}

function Columns() {
  const words = t.value.wall.column;
  return (
    <div class="columns" aria-hidden="true">
      <span>{words.call}</span>
      <span>{words.duration}</span>
      <span>{words.temper}</span>
      <span>{words.strip}</span>
      <span>{words.alerts}</span>
    </div>
  );
}

function GroupView({ group, calls }: { group: Group; calls: readonly WallCall[] }) {
  const words = t.value.wall;
  if (calls.length === 0) return null;
  const title = { act: words.attention, watch: words.watch, calm: words.calm }[group];
  return (
    <section class="group" data-kind={group}>
      <h2>
        {title} <span class="count">{calls.length}</span>
      </h2>
      <ul>
        {calls.map((call) => (
          <LiveRow
            key={call.id}
            call={call}
            person={people.value[call.agent]}
            nowMs={nowMs.value}
            isStale={isStale.value}
            language={language.value}
          />
        ))}
      </ul>
    </section>
  );
}

function NoneShown() {
  const words = t.value.filter;
  return (
    <div class="empty">
      <h2>{words.none}</h2>
      <p>{words.noneWhy}</p>
      <p>
        <button type="button" class="quiet" onClick={clearFilters}>
          {words.clear}
        </button>
      </p>
    </div>
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
