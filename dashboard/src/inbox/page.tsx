/** The alerts inbox: what waits for a supervisor, the most urgent first. */
import { useEffect, useRef, useState } from "preact/hooks";
import { forgetSteps, isBusy, nameOf as accountName, undo, unmute } from "../desk/acting";
import { acknowledge, take, toggleFalse, togglePanel } from "../desk/acts";
import { BellPanel } from "../desk/bell-panel";
import { language, say, t } from "../i18n";
import type { Mute } from "../protocol/messages";
import { openAlerts } from "../state/desk";
import { nameOf, people } from "../state/people";
import { askRuleTitles, ruleTitle } from "../state/rules";
import { arranged, countsOf, type InboxFilter, type InboxItem, itemsOf, type Placed } from "../state/inbox";
import { has } from "../state/session";
import { connection, desk, isStale, nowMs } from "../state/store";
import { timeOfDay } from "../ui/format";
import { Icon } from "../ui/icons";
import { callPath, query, replaceQuery, visit } from "../ui/router";
import { useRowList } from "../ui/row-list";
import { useGlidingRows } from "../wall/flip";
import { Filters, filterOf, OPEN_ONLY, queryOf } from "./filters";
import { ItemRow, targetsOf } from "./item";
import { type KeyAct, KeyHelp, KeyLine, keysOf } from "./keys";
import "../styles/inbox.css";

/** Rows keep their places for this long after the viewer last did something in the list. */
const HOLD_MS = 6000;
/** Items at first, and more at a wish: nobody reads a thousand. */
const SHOWN_AT_FIRST = 60;

export function InboxPage() {
  useEffect(() => forgetSteps, []);
  if (!desk.value.isLoaded) return <Waiting />;
  return <Inbox />;
}

function Inbox() {
  const words = t.value.inbox;
  const filter = filterOf(query.value);
  const items = itemsOf(desk.value, nowMs.value);
  const counts = countsOf(items, filter);
  const { placed, touch, release } = useHeldOrder(items, filter);
  const [selected, setSelected] = useState<string | null>(null);
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  const root = useRef<HTMLElement>(null);
  const expand = (key: string) =>
    setExpanded((known) =>
      known.has(key) ? new Set([...known].filter((one) => one !== key)) : new Set(known).add(key),
    );
  const change = (next: InboxFilter) => {
    release();
    setShown(SHOWN_AT_FIRST);
    replaceQuery(queryOf(next));
  };
  const visible = placed.slice(0, shown);
  useGlidingRows(root, visible.map(({ item }) => item.key).join(" "));
  const chosen = visible.find(({ item }) => item.key === selected)?.item;
  const keys = keysOf((wanted) => {
    touch();
    if (chosen !== undefined || wanted === "undo") obey(wanted, chosen, expand);
  });
  useRowList(root, ".item-title", keys, selected);
  const open = openAlerts(desk.value, nowMs.value).length;
  return (
    <main id="content" class="inbox" data-stale={isStale.value} ref={root}>
      <div class="inbox-head">
        <h1>{words.title}</h1>
        <p class="inbox-sum" data-waiting={open > 0}>
          {open === 0 ? words.nothing : words.waiting(open, counted(items))}
        </p>
        <KeyHelp />
        <BellPanel />
      </div>
      <Mutes />
      <Filters items={items} counts={counts} filter={filter} onChange={change} />
      {placed.length > 0 && <KeyLine />}
      {placed.length === 0 ? (
        <Empty filter={filter} onClear={() => change({ ...OPEN_ONLY, standing: filter.standing })} />
      ) : (
        <ul
          class="items"
          aria-label={words.list}
          onPointerMove={touch}
          onKeyDown={touch}
          onPointerLeave={release}
        >
          {visible.map(({ item, isLeaving }) => (
            <ItemRow
              key={item.key}
              item={item}
              isLeaving={isLeaving}
              isExpanded={expanded.has(item.key)}
              isSelected={selected === item.key}
              onExpand={() => expand(item.key)}
              onSelect={() => {
                touch();
                setSelected(item.key);
              }}
            />
          ))}
        </ul>
      )}
      {placed.length > shown && (
        <button type="button" class="quiet" onClick={() => setShown(shown + SHOWN_AT_FIRST)}>
          {t.value.wall.showMore(Math.min(SHOWN_AT_FIRST, placed.length - shown))}
        </button>
      )}
    </main>
  );
}

const counted = (items: readonly InboxItem[]) => items.filter(({ standing }) => standing === "open").length;

/** While the viewer is at work in the list nothing moves under their eyes or their pointer. */
function useHeldOrder(items: readonly InboxItem[], filter: InboxFilter) {
  const touchedMs = useRef(-HOLD_MS);
  const order = useRef<readonly string[]>([]);
  const isHeld = nowMs.value - touchedMs.current < HOLD_MS;
  const placed: Placed[] = arranged(items, filter, isHeld ? order.current : null);
  order.current = placed.map(({ item }) => item.key);
  const touch = () => {
    touchedMs.current = Date.now();
  };
  const release = () => {
    touchedMs.current = -HOLD_MS;
  };
  return { placed, touch, release };
}

function obey(wanted: KeyAct, item: InboxItem | undefined, expand: (key: string) => void): void {
  // What toggles waits for its answer: a second press would take back the first.
  if (isBusy.peek() && ["acknowledge", "take", "false", "undo"].includes(wanted)) return;
  if (wanted === "undo") {
    void undo();
    return;
  }
  if (item === undefined) return;
  if (wanted === "expand") expand(item.key);
  if (wanted === "open") visit(callPath(item.callId));
  if (!has("act")) return;
  const targets = targetsOf(item);
  const id = `item ${item.key}`;
  if (wanted === "acknowledge") acknowledge(targets);
  if (wanted === "take") take(targets);
  if (wanted === "false") toggleFalse(targets);
  if (wanted === "snooze" || wanted === "comment" || wanted === "mute") togglePanel(id, wanted);
}

const namesOf = (agents: readonly string[]) =>
  agents.map((agent) => nameOf(people.value, agent)).join(t.value.inbox.mutes.comma);

function Mutes() {
  const words = t.value.inbox;
  const { mutes, alerts } = desk.value;
  // Whenever other rules are muted, and whenever the stream begins anew: a playbook may be edited meanwhile.
  const muted = mutes.map((mute) => mute.rule).join(" ");
  const { phase } = connection.value;
  useEffect(() => {
    if (muted !== "" && phase === "live") void askRuleTitles();
  }, [muted, phase]);
  if (mutes.length === 0) return null;
  const titled = (mute: Mute) => Object.values(alerts).find((alert) => alert.rule === mute.rule)?.title;
  return (
    <section class="mutes" aria-label={words.mutes.title}>
      <h2>
        <Icon name="bellOff" size={14} />
        {words.mutes.title}
      </h2>
      <ul>
        {mutes.map((mute) => {
          const title = titled(mute);
          return (
            <li key={mute.id}>
              <b>{title === undefined ? ruleTitle(mute.rule) : say(title)}</b>
              <span>
                {words.mutes.of(mute.agents === null ? words.mutes.everybody : namesOf(mute.agents))}
              </span>
              <span>{words.mutes.by(accountName(mute.by), timeOfDay(mute.until, language.value))}</span>
              {has("act") && (
                <button type="button" class="quiet small" onClick={() => void unmute(mute)}>
                  {words.acts.unmute}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Empty({ filter, onClear }: { filter: InboxFilter; onClear: () => void }) {
  const words = t.value.inbox;
  const isFiltered = filter.severity !== null || filter.agent !== null || filter.rule !== null;
  return (
    <div class="empty">
      <svg class="empty-wave" viewBox="0 0 240 40" aria-hidden="true">
        <path d="M0 20h240" />
      </svg>
      <h2>{isFiltered ? words.emptyFilter : words.empty[filter.standing]}</h2>
      {isFiltered ? (
        <button type="button" class="quiet" onClick={onClear}>
          {words.clearFilters}
        </button>
      ) : (
        <p>{words.emptyWhy}</p>
      )}
    </div>
  );
}

function Waiting() {
  const isRefused = connection.value.retryMs !== null;
  return (
    <main id="content" class="inbox" aria-busy="true">
      <h1 class="unseen">{isRefused ? t.value.connection.neverReached : t.value.inbox.loading}</h1>
      <div class="skeletons" data-still={isRefused} aria-hidden="true">
        <div />
        <div />
        <div />
      </div>
    </main>
  );
}
