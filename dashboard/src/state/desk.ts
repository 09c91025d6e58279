/** The desk: recent alerts, what supervisors did about them, and mutes, as a fold over the topic `desk`. */
import type { AlertState, DeskAlert, DeskMessage, Mute } from "../protocol/messages";

export interface DeskState {
  readonly isLoaded: boolean;
  /** How far the server's clock is ahead of this machine's: a snooze ends by the server's. */
  readonly aheadMs: number;
  /** By `keyOf`, in the order in which they were raised. */
  readonly alerts: Readonly<Record<string, DeskAlert>>;
  /** By `keyOf`; also of alerts that are too old for `alerts`. */
  readonly states: Readonly<Record<string, AlertState>>;
  readonly mutes: readonly Mute[];
}

export type Standing = "open" | "acknowledged" | "snoozed" | "muted" | "cleared";
/** The first that one of a group's alerts has is the group's. */
export const STANDINGS: readonly Standing[] = ["open", "acknowledged", "snoozed", "muted", "cleared"];

/** As many as the server holds; what is older is on the calls' pages. */
const ALERTS_MAX = 1000;
const STATES_MAX = 3000;

export const emptyDesk: DeskState = { isLoaded: false, aheadMs: 0, alerts: {}, states: {}, mutes: [] };

export const keyOf = ({ call_id, alert_id }: { call_id: string; alert_id: string }) =>
  `${call_id} ${alert_id}`;

export function reduceDesk(desk: DeskState, message: DeskMessage, nowMs: number): DeskState {
  switch (message.type) {
    case "desk": {
      const whole = {
        isLoaded: true,
        aheadMs: Date.parse(message.now) - nowMs,
        alerts: byKey(message.alerts),
        // What is known of old alerts stays: the server told it because this page asked.
        states: desk.states,
        mutes: message.mutes,
      };
      return withStates(whole, message.states);
    }
    case "desk_alert":
      return { ...desk, alerts: withAlert(desk.alerts, message.alert) };
    case "desk_state":
      return withStates(desk, [message.state]);
    case "desk_mute":
      return withMute(desk, message.mute);
  }
}

/** States that the server told, by whatever way; of two of an alert the later one counts. */
export function withStates(desk: DeskState, told: readonly AlertState[]): DeskState {
  const news = told.filter((state) => (desk.states[keyOf(state)]?.number ?? -1) < state.number);
  if (news.length === 0) return desk;
  const states: Record<string, AlertState> = { ...desk.states };
  for (const state of news) {
    delete states[keyOf(state)]; // the latest told stand last, and go last
    states[keyOf(state)] = state;
  }
  const spare = Object.keys(states).length - STATES_MAX;
  for (const key of spare > 0 ? Object.keys(states).slice(0, spare) : []) delete states[key];
  return { ...desk, states };
}

export function withMute(desk: DeskState, mute: Mute): DeskState {
  const others = desk.mutes.filter((known) => known.id !== mute.id);
  return { ...desk, mutes: mute.ended_by === null ? [...others, mute] : others };
}

/** Time passes: mutes that are over are let go. */
export function tickDesk(desk: DeskState, nowMs: number): DeskState {
  const running = desk.mutes.filter((mute) => isRunning(desk, mute, nowMs));
  return running.length === desk.mutes.length ? desk : { ...desk, mutes: running };
}

/** The mute that covers a rule's alerts in an agent's calls, the one that lasts longest; null: none. */
export function muteOf(desk: DeskState, rule: string, agent: string, nowMs: number): Mute | null {
  let found: Mute | null = null;
  for (const mute of desk.mutes) {
    const isOf = mute.rule === rule && (mute.agents === null || mute.agents.includes(agent));
    if (isOf && isRunning(desk, mute, nowMs) && (found === null || mute.until > found.until)) found = mute;
  }
  return found;
}

export const isOver = (alert: DeskAlert) => alert.cleared_at_s !== null || alert.is_call_over;

export function standingOf(desk: DeskState, alert: DeskAlert, nowMs: number): Standing {
  if (isOver(alert)) return "cleared";
  if (muteOf(desk, alert.rule, alert.agent, nowMs) !== null) return "muted";
  const state = desk.states[keyOf(alert)];
  if (state?.acknowledged) return "acknowledged";
  return isSnoozed(desk, state, nowMs) ? "snoozed" : "open";
}

export function isSnoozed(desk: DeskState, state: AlertState | undefined, nowMs: number): boolean {
  return state?.snoozed != null && Date.parse(state.snoozed.until) > nowMs + desk.aheadMs;
}

/** Alerts that wait for somebody. */
export function openAlerts(desk: DeskState, nowMs: number): DeskAlert[] {
  return Object.values(desk.alerts).filter((alert) => standingOf(desk, alert, nowMs) === "open");
}

function isRunning(desk: DeskState, mute: Mute, nowMs: number): boolean {
  return Date.parse(mute.until) > nowMs + desk.aheadMs;
}

function withAlert(known: DeskState["alerts"], alert: DeskAlert): DeskState["alerts"] {
  const alerts = { ...known, [keyOf(alert)]: alert };
  const keys = Object.keys(alerts);
  if (keys.length > ALERTS_MAX) delete alerts[keys.find((key) => isOver(alerts[key]!)) ?? keys[0]!];
  return alerts;
}

function byKey<T extends { call_id: string; alert_id: string }>(items: readonly T[]): Record<string, T> {
  return Object.fromEntries(items.map((item) => [keyOf(item), item]));
}
