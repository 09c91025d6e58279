/** The wall: every call in outline, as a fold over the stream's topic `wall`. */
import type {
  Bilingual,
  CallEnded,
  CallEvent,
  CallSummary,
  OpenAlert,
  Party,
  Stretch,
  TemperState,
} from "../protocol/messages";
import { ACT, type Attention, rank, SEVERITY_RANK, wantedAttention } from "./attention";
import { callZeroMs } from "./clock";

/** Ended calls that the wall keeps, the latest: a page that is open all day must not grow with its calls. */
export const ENDED_KEPT = 40;

/** How far back a row's strip looks, in seconds. */
export const STRIP_S = 180;
const KEPT_S = 300;

export interface WallCall {
  readonly id: string;
  readonly title: string;
  readonly agent: string;
  readonly source: string;
  readonly startedAt: string;
  readonly state: CallSummary["state"];
  readonly lastS: number;
  readonly zeroMs: number | null;
  readonly durationS: number | null;
  /** Since when a party has been speaking; null where it is silent. */
  readonly speakingSince: Readonly<Record<Party, number | null>>;
  readonly speech: Readonly<Record<Party, readonly Stretch[]>>;
  readonly score: number | null;
  readonly temper: TemperState;
  /** [call time in s, score 0..1] */
  readonly heat: readonly (readonly [number, number])[];
  /** The worst first. */
  readonly openAlerts: readonly OpenAlert[];
  readonly hasWords: boolean;
  readonly isLagging: boolean;
  /** Notices by code; the text is null where only the code is known. */
  readonly notices: Readonly<Record<string, Bilingual | null>>;
  readonly interruptions: Readonly<Record<Party, number>>;
  readonly attention: Attention;
  readonly calmerSinceMs: number | null;
}

export interface WallState {
  readonly isLoaded: boolean;
  readonly calls: Readonly<Record<string, WallCall>>;
}

export const emptyWall: WallState = { isLoaded: false, calls: {} };

/** Whether a rule is muted in an agent's calls: it draws no attention then. */
export type IsMuted = (rule: string, agent: string) => boolean;

const nothingMuted: IsMuted = () => false;

/** The rule that tells what the caller's temper shows; who mutes it has seen that. */
const TEMPER_RULE = "hot_temper";

export function wallOfSnapshot(
  before: WallState,
  summaries: CallSummary[],
  nowMs: number,
  isMuted: IsMuted = nothingMuted,
): WallState {
  const calls: Record<string, WallCall> = {};
  for (const summary of summaries) {
    const call = callOfSummary(summary, before.calls[summary.call_id], nowMs);
    calls[summary.call_id] = ranked(call, nowMs, isMuted);
  }
  return { isLoaded: true, calls };
}

export function reduceWall(
  wall: WallState,
  event: CallEvent,
  nowMs: number,
  isMuted: IsMuted = nothingMuted,
): WallState {
  const before = wall.calls[event.call_id] ?? callOfStart(event);
  if (before === null) return wall;
  if (before.state !== "live") return wall;
  const heard: WallCall = {
    ...before,
    lastS: Math.max(before.lastS, event.t_s),
    zeroMs: callZeroMs(before.zeroMs, event.t_s, nowMs),
  };
  const after = withCall(wall, ranked(reduceCall(heard, event), nowMs, isMuted));
  return event.type === "call_ended" ? withoutOld(after) : after;
}

function withoutOld(wall: WallState): WallState {
  const old = endedCalls(wall).slice(ENDED_KEPT);
  if (old.length === 0) return wall;
  const calls = { ...wall.calls };
  for (const { id } of old) delete calls[id];
  return { ...wall, calls };
}

/** Time passes, or rules are muted: calls that have calmed take their new places. */
export function tickWall(wall: WallState, nowMs: number, isMuted: IsMuted = nothingMuted): WallState {
  let changed = wall;
  for (const call of Object.values(wall.calls)) {
    const after = ranked(call, nowMs, isMuted);
    if (after !== call) changed = withCall(changed, after);
  }
  return changed;
}

/** Live calls by attention, then by age; what a row is about changes its place, nothing else does. */
export function liveCalls(wall: WallState): WallCall[] {
  return Object.values(wall.calls)
    .filter((call) => call.state === "live")
    .sort((a, b) => b.attention - a.attention || byStart(a, b));
}

/** Live calls, the oldest first: an order that never changes. */
export function callsByAge(wall: WallState): WallCall[] {
  return Object.values(wall.calls)
    .filter((call) => call.state === "live")
    .sort(byStart);
}

/** How many live calls need somebody now. */
export function needingCount(wall: WallState): number {
  let count = 0;
  for (const call of Object.values(wall.calls))
    if (call.state === "live" && call.attention >= ACT) count += 1;
  return count;
}

/** Ended calls, the latest first. */
export function endedCalls(wall: WallState): WallCall[] {
  return Object.values(wall.calls)
    .filter((call) => call.state !== "live")
    .sort((a, b) => byStart(b, a));
}

/** The live call that began last, else the call that began last. */
export function newestCall(wall: WallState): WallCall | null {
  return liveCalls(wall).sort((a, b) => byStart(b, a))[0] ?? endedCalls(wall)[0] ?? null;
}

function byStart(a: WallCall, b: WallCall): number {
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function withCall(wall: WallState, call: WallCall): WallState {
  return { ...wall, calls: { ...wall.calls, [call.id]: call } };
}

function ranked(call: WallCall, nowMs: number, isMuted: IsMuted): WallCall {
  const severities = call.openAlerts
    .filter(({ rule }) => !isMuted(rule, call.agent))
    .map((alert) => alert.severity);
  const temper = call.temper !== "calm" && isMuted(TEMPER_RULE, call.agent) ? "calm" : call.temper;
  return rank(call, wantedAttention(severities, temper), nowMs);
}

function callOfSummary(summary: CallSummary, before: WallCall | undefined, nowMs: number): WallCall {
  const isLive = summary.state === "live";
  const speakingSince = (party: Party) =>
    summary.speaking[party] && isLive ? (summary.speech[party].at(-1)?.[0] ?? summary.t_s) : null;
  const call: WallCall = {
    id: summary.call_id,
    title: summary.title,
    agent: summary.agent,
    source: summary.source,
    startedAt: summary.started_at,
    state: summary.state,
    lastS: summary.t_s,
    zeroMs: isLive ? callZeroMs(before?.zeroMs ?? null, summary.t_s, nowMs) : null,
    durationS: summary.duration_s,
    speakingSince: { agent: speakingSince("agent"), caller: speakingSince("caller") },
    speech: { agent: stretches(summary.speech.agent), caller: stretches(summary.speech.caller) },
    score: summary.score,
    temper: summary.temper_state,
    heat: summary.heat,
    openAlerts: worstFirst(summary.open_alerts),
    hasWords: summary.has_words,
    isLagging: summary.is_lagging,
    notices: Object.fromEntries(summary.notices.map((code) => [code, before?.notices[code] ?? null])),
    interruptions: summary.interruptions,
    attention: before?.attention ?? 0,
    calmerSinceMs: before?.calmerSinceMs ?? null,
  };
  return call;
}

/** What is over; who speaks now is told by `speakingSince`. */
function stretches(speech: CallSummary["speech"][Party]): Stretch[] {
  return speech.flatMap(([start_s, end_s]) => (end_s === null ? [] : [{ start_s, end_s }]));
}

function callOfStart(event: CallEvent): WallCall | null {
  if (event.type !== "call_started") return null;
  return {
    id: event.call_id,
    title: event.title,
    agent: event.agent,
    source: event.source,
    startedAt: event.started_at,
    state: "live",
    lastS: event.t_s,
    zeroMs: null,
    durationS: event.duration_s,
    speakingSince: { agent: null, caller: null },
    speech: { agent: [], caller: [] },
    score: null,
    temper: "calm",
    heat: [],
    openAlerts: [],
    hasWords: event.has_words,
    isLagging: false,
    notices: {},
    interruptions: { agent: 0, caller: 0 },
    attention: 0,
    calmerSinceMs: null,
  };
}

function reduceCall(call: WallCall, event: CallEvent): WallCall {
  switch (event.type) {
    case "speaking":
      return event.is_speaking
        ? { ...call, speakingSince: { ...call.speakingSince, [event.party]: event.start_s } }
        : {
            ...call,
            speakingSince: { ...call.speakingSince, [event.party]: null },
            speech: {
              ...call.speech,
              [event.party]: recent(call.speech[event.party], call.lastS, {
                start_s: event.start_s,
                end_s: event.end_s ?? event.t_s,
              }),
            },
          };
    case "temper":
      return {
        ...call,
        score: event.score,
        temper: event.state,
        heat: [...call.heat.filter(([t_s]) => t_s > event.t_s - KEPT_S), [event.t_s, event.score]],
      };
    case "alert":
      return {
        ...call,
        openAlerts: worstFirst([...call.openAlerts.filter((open) => open.id !== event.id), event]),
      };
    case "alert_cleared":
      return { ...call, openAlerts: call.openAlerts.filter((open) => open.id !== event.id) };
    case "notice":
      return { ...call, notices: { ...call.notices, [event.code]: event.text } };
    case "audio_lost":
      return { ...call, notices: { ...call.notices, audio_lost: call.notices.audio_lost ?? null } };
    case "engine_lagging":
      return { ...call, isLagging: event.is_lagging };
    case "interruption":
      return {
        ...call,
        interruptions: { ...call.interruptions, [event.by]: call.interruptions[event.by] + 1 },
      };
    case "call_ended":
      return ended(call, event);
    default:
      return call;
  }
}

function ended(call: WallCall, event: CallEnded): WallCall {
  return {
    ...call,
    state: event.reason === "completed" ? "ended" : event.reason,
    durationS: event.duration_s,
    zeroMs: null,
    speakingSince: { agent: null, caller: null },
    speech: { agent: [], caller: [] },
    heat: [],
    openAlerts: [],
    isLagging: false,
  };
}

function recent(list: readonly Stretch[], nowS: number, item: Stretch): Stretch[] {
  return [...list.filter((stretch) => stretch.end_s > nowS - KEPT_S), item];
}

function worstFirst(alerts: readonly OpenAlert[]): OpenAlert[] {
  return [...alerts].sort(
    (a, b) => SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity] || a.raised_at_s - b.raised_at_s,
  );
}
