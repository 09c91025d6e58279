/** The inbox: alerts of the desk as items, one for each bad minute of a call. Pure: time comes with the question. */
import type { AlertState, DeskAlert, Mute, Severity } from "../protocol/messages";
import { SEVERITY_RANK } from "./attention";
import { type DeskState, keyOf, muteOf, STANDINGS, type Standing, standingOf } from "./desk";

/** Alerts of a call that follow the one before within this are one item. */
export const JOIN_S = 60;
/** A call that goes wrong for long makes another item from time to time, so that what is new is seen. */
export const ITEM_MOST_S = 300;

export interface InboxAlert {
  readonly key: string;
  readonly alert: DeskAlert;
  readonly state: AlertState | undefined;
  readonly standing: Standing;
  readonly mute: Mute | null;
}

export interface InboxItem {
  /** The first alert's key: it stays while the item grows. */
  readonly key: string;
  readonly callId: string;
  readonly agent: string;
  readonly callTitle: string;
  /** Oldest first. */
  readonly alerts: readonly InboxAlert[];
  /** The alert that the item is named by: the worst of those that share its standing. */
  readonly first: InboxAlert;
  readonly standing: Standing;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface InboxFilter {
  readonly standing: Standing | "all";
  /** The least severity; null: every one. */
  readonly severity: Severity | null;
  readonly agent: string | null;
  readonly rule: string | null;
}

export interface Placed {
  readonly item: InboxItem;
  /** It no longer belongs here, and keeps its place until the list is sorted again. */
  readonly isLeaving: boolean;
}

export function itemsOf(desk: DeskState, nowMs: number): InboxItem[] {
  const byCall = new Map<string, DeskAlert[]>();
  for (const alert of Object.values(desk.alerts)) {
    const known = byCall.get(alert.call_id);
    if (known) known.push(alert);
    else byCall.set(alert.call_id, [alert]);
  }
  return [...byCall.values()].flatMap((alerts) => {
    const ordered = alerts.toSorted((a, b) => a.raised_at_s - b.raised_at_s);
    return stretches(ordered).map((stretch) => itemOf(desk, stretch, nowMs));
  });
}

/** Items that belong to the list, the most urgent first. `held` is the order that stays as it is; null: none. */
export function arranged(
  items: readonly InboxItem[],
  filter: InboxFilter,
  held: readonly string[] | null,
): Placed[] {
  const matching = items.filter((item) => matches(item, filter)).sort(urgentFirst);
  if (held === null) return matching.map((item) => ({ item, isLeaving: false }));
  const byKey = new Map(items.map((item) => [item.key, item]));
  const known = new Set(held);
  const staying = held.flatMap((key) => {
    const item = byKey.get(key);
    return item === undefined ? [] : [{ item, isLeaving: !matches(item, filter) }];
  });
  const fresh = matching.filter((item) => !known.has(item.key));
  return [...staying, ...fresh.map((item) => ({ item, isLeaving: false }))];
}

export function matches(item: InboxItem, filter: InboxFilter): boolean {
  if (filter.standing !== "all" && item.standing !== filter.standing) return false;
  if (filter.agent !== null && item.agent !== filter.agent) return false;
  return item.alerts.some(
    ({ alert }) =>
      (filter.rule === null || alert.rule === filter.rule) &&
      (filter.severity === null || SEVERITY_RANK[alert.severity] >= SEVERITY_RANK[filter.severity]),
  );
}

/** How many items there are of each standing, whatever standing is asked for. */
export function countsOf(items: readonly InboxItem[], filter: InboxFilter): Record<Standing | "all", number> {
  const counts = { open: 0, acknowledged: 0, snoozed: 0, muted: 0, cleared: 0, all: 0 };
  for (const item of items) {
    if (!matches(item, { ...filter, standing: "all" })) continue;
    counts[item.standing] += 1;
    counts.all += 1;
  }
  return counts;
}

/** Of what waits, the worst first and then what waits longest; of the rest, the latest first. */
function urgentFirst(a: InboxItem, b: InboxItem): number {
  const standing = STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing);
  if (standing !== 0) return standing;
  if (a.standing !== "open") return b.lastMs - a.lastMs || (a.key < b.key ? -1 : 1);
  const severity = SEVERITY_RANK[b.first.alert.severity] - SEVERITY_RANK[a.first.alert.severity];
  return severity || a.firstMs - b.firstMs || (a.key < b.key ? -1 : 1);
}

function stretches(ordered: readonly DeskAlert[]): DeskAlert[][] {
  const found: DeskAlert[][] = [];
  for (const alert of ordered) {
    const last = found.at(-1);
    const isNear =
      last !== undefined &&
      alert.raised_at_s - last.at(-1)!.raised_at_s <= JOIN_S &&
      alert.raised_at_s - last[0]!.raised_at_s <= ITEM_MOST_S;
    if (isNear) last.push(alert);
    else found.push([alert]);
  }
  return found;
}

function itemOf(desk: DeskState, alerts: readonly DeskAlert[], nowMs: number): InboxItem {
  const own = alerts.map((alert) => ({
    key: keyOf(alert),
    alert,
    state: desk.states[keyOf(alert)],
    standing: standingOf(desk, alert, nowMs),
    mute: muteOf(desk, alert.rule, alert.agent, nowMs),
  }));
  const standing = STANDINGS.find((one) => own.some((each) => each.standing === one))!;
  const deciding = own.filter((each) => each.standing === standing);
  const first = deciding.reduce((worst, each) =>
    SEVERITY_RANK[each.alert.severity] > SEVERITY_RANK[worst.alert.severity] ? each : worst,
  );
  return {
    key: own[0]!.key,
    callId: alerts[0]!.call_id,
    agent: alerts[0]!.agent,
    callTitle: alerts[0]!.call_title,
    alerts: own,
    first,
    standing,
    firstMs: Date.parse(deciding[0]!.alert.raised_at),
    lastMs: Date.parse(deciding.at(-1)!.alert.raised_at),
  };
}

/** Alerts that want somebody now and did not a moment ago: raised anew, or put off until now. */
export function newlyOpen(before: DeskState, beforeMs: number, after: DeskState, nowMs: number): DeskAlert[] {
  // What a page finds when it is opened has been there: the list shows it, nobody is called.
  if (!before.isLoaded) return [];
  return Object.values(after.alerts).filter((alert) => {
    const key = keyOf(alert);
    const known = before.alerts[key];
    if (known !== undefined && !before.states[key]?.snoozed) return false; // most, at every second
    if (standingOf(after, alert, nowMs) !== "open") return false;
    return known === undefined || standingOf(before, known, beforeMs) === "snoozed";
  });
}
