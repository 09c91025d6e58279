/** One call in full, as a fold over the stream's topic `call`. */
import type {
  Alert,
  AlertCleared,
  AudioLost,
  Backchannel,
  Bilingual,
  CallEnded,
  CallEvent,
  CallStarted,
  Cue,
  CueCleared,
  Gap,
  Interruption,
  Notice,
  Overlap,
  Partial,
  Party,
  Prosody,
  Reading,
  Stretch,
  Temper,
  Word,
  Words,
} from "../protocol/messages";
import { callZeroMs } from "./clock";
import { Log } from "./log";

/** Committed words that belong together: what a party said without a long pause. */
export interface Utterance extends Stretch {
  readonly party: Party;
  readonly number: number;
  readonly words: readonly Word[];
  readonly text: string;
}

export interface AlertRecord {
  readonly alert: Alert;
  readonly cleared: AlertCleared | null;
}

export interface CueRecord {
  readonly cue: Cue;
  readonly cleared: CueCleared | null;
  /** When it came and went on this machine's clock, for what fades by itself. */
  readonly raisedMs: number;
  readonly clearedMs: number | null;
}

type PerParty<T> = Readonly<Record<Party, T>>;

export interface CallState {
  readonly id: string;
  readonly started: CallStarted | null;
  readonly ended: CallEnded | null;
  /** A part of the call was left out by the server and will not come. */
  readonly isIncomplete: boolean;
  readonly lastSeq: number;
  readonly lastS: number;
  readonly zeroMs: number | null;
  readonly speakingSince: PerParty<number | null>;
  readonly speech: PerParty<Log<Stretch>>;
  readonly talkS: PerParty<number>;
  /** By start. */
  readonly utterances: readonly Utterance[];
  readonly partial: PerParty<Partial | null>;
  readonly prosody: PerParty<Log<Prosody>>;
  readonly temper: Log<Temper>;
  readonly gaps: Log<Gap>;
  readonly overlaps: Log<Overlap>;
  readonly backchannels: Log<Backchannel>;
  readonly interruptions: Log<Interruption>;
  readonly alerts: readonly AlertRecord[];
  readonly cues: readonly CueRecord[];
  readonly notices: readonly Notice[];
  /** The latest snapshot of what is read of the call: who calls how, for what, and how far it has come. */
  readonly reading: Reading | null;
  /** All of them: a call that is played back shows what was read by then. */
  readonly readings: Log<Reading>;
  readonly lost: readonly AudioLost[];
  readonly isLagging: boolean;
}

export function emptyCall(id: string): CallState {
  return {
    id,
    started: null,
    ended: null,
    isIncomplete: false,
    lastSeq: 0,
    lastS: 0,
    zeroMs: null,
    speakingSince: { agent: null, caller: null },
    speech: { agent: Log.empty(), caller: Log.empty() },
    talkS: { agent: 0, caller: 0 },
    utterances: [],
    partial: { agent: null, caller: null },
    prosody: { agent: Log.empty(), caller: Log.empty() },
    temper: Log.empty(),
    gaps: Log.empty(),
    overlaps: Log.empty(),
    backchannels: Log.empty(),
    interruptions: Log.empty(),
    alerts: [],
    cues: [],
    notices: [],
    reading: null,
    readings: Log.empty(),
    lost: [],
    isLagging: false,
  };
}

/** Events of another call, and kept events that were folded before, change nothing. */
export function reduceCallEvent(before: CallState, event: CallEvent, nowMs: number): CallState {
  if (event.call_id !== before.id) return before;
  const isKept = event.type !== "partial";
  if (isKept && event.seq <= before.lastSeq && !closesAnything(before, event)) return before;
  const call: CallState = {
    ...before,
    lastSeq: isKept ? Math.max(event.seq, before.lastSeq) : before.lastSeq,
    lastS: Math.max(before.lastS, event.t_s),
    zeroMs: before.ended ? null : callZeroMs(before.zeroMs, event.t_s, nowMs),
  };
  return fold(call, event, nowMs);
}

/**
 * A server that died had told more than it had written: the one that ends its calls goes on numbering from what
 * was written. What closes something that is open here was not folded before, whatever its number.
 */
function closesAnything(call: CallState, event: CallEvent): boolean {
  switch (event.type) {
    case "call_ended":
      return call.ended === null;
    case "alert_cleared":
      return call.alerts.some(({ alert, cleared }) => alert.id === event.id && cleared === null);
    case "cue_cleared":
      return call.cues.some(({ cue, cleared }) => cue.id === event.id && cleared === null);
    default:
      return false;
  }
}

/** The stream was broken off: what was only for display is void. */
export function breakOff(call: CallState, isLossy: boolean): CallState {
  return {
    ...call,
    partial: { agent: null, caller: null },
    isIncomplete: call.isIncomplete || isLossy,
  };
}

/** The cue that the agent's page shows, or null. */
export function openCue(call: CallState): CueRecord | null {
  const newest = call.cues.at(-1);
  return newest && newest.cleared === null && call.ended === null ? newest : null;
}

/** The advice for what stands out most; a need before a type where both stand out alike. */
export function wayToMeet(reading: Reading): Bilingual | null {
  const named = [...reading.needs, ...reading.types].filter((one) => one.is_named && one.meet !== null);
  const first = named.sort((a, b) => b.score - a.score)[0];
  return first?.meet ?? null;
}

function fold(call: CallState, event: CallEvent, nowMs: number): CallState {
  switch (event.type) {
    case "call_started":
      return { ...call, started: event };
    case "call_ended":
      return {
        ...call,
        ended: event,
        zeroMs: null,
        speakingSince: { agent: null, caller: null },
        partial: { agent: null, caller: null },
        isLagging: false,
      };
    case "speaking":
      return event.is_speaking
        ? { ...call, speakingSince: { ...call.speakingSince, [event.party]: event.start_s } }
        : stopSpeaking(call, event.party, { start_s: event.start_s, end_s: event.end_s ?? event.t_s });
    case "partial":
      return { ...call, partial: { ...call.partial, [event.party]: event.text === "" ? null : event } };
    case "words":
      return {
        ...call,
        utterances: withWords(call.utterances, event),
        partial: { ...call.partial, [event.party]: null },
      };
    case "prosody":
      return {
        ...call,
        prosody: { ...call.prosody, [event.party]: call.prosody[event.party].push(event) },
      };
    case "temper":
      return { ...call, temper: call.temper.push(event) };
    case "gap":
      return { ...call, gaps: call.gaps.push(event) };
    case "overlap":
      return { ...call, overlaps: call.overlaps.push(event) };
    case "backchannel":
      return { ...call, backchannels: call.backchannels.push(event) };
    case "interruption":
      return { ...call, interruptions: call.interruptions.push(event) };
    case "alert":
      return { ...call, alerts: [...call.alerts, { alert: event, cleared: null }] };
    case "alert_cleared":
      return {
        ...call,
        alerts: call.alerts.map((known) =>
          known.alert.id === event.id ? { ...known, cleared: event } : known,
        ),
      };
    case "cue":
      return {
        ...call,
        cues: [...call.cues, { cue: event, cleared: null, raisedMs: nowMs, clearedMs: null }],
      };
    case "cue_cleared":
      return {
        ...call,
        cues: call.cues.map((known) =>
          known.cue.id === event.id ? { ...known, cleared: event, clearedMs: nowMs } : known,
        ),
      };
    case "reading":
      return { ...call, reading: event, readings: call.readings.push(event) };
    case "notice":
      return { ...call, notices: [...call.notices, event] };
    case "audio_lost":
      return { ...call, lost: [...call.lost, event] };
    case "engine_lagging":
      return { ...call, isLagging: event.is_lagging };
    case "turn":
    case "pause":
    case "finding":
      return call; // turns are seen in the speech itself, findings in the report
    default:
      event satisfies never;
      return call; // a newer server's event: this page has no place for it
  }
}

function stopSpeaking(call: CallState, party: Party, stretch: Stretch): CallState {
  return {
    ...call,
    speakingSince: { ...call.speakingSince, [party]: null },
    speech: { ...call.speech, [party]: call.speech[party].push(stretch) },
    talkS: { ...call.talkS, [party]: call.talkS[party] + stretch.end_s - stretch.start_s },
  };
}

function withWords(utterances: readonly Utterance[], event: Words): Utterance[] {
  const place = utterances.findLastIndex(
    (known) => known.party === event.party && known.number === event.utterance,
  );
  const known = utterances[place];
  if (known) return utterances.with(place, joined(known, event));
  const fresh: Utterance = {
    party: event.party,
    number: event.utterance,
    start_s: event.start_s,
    end_s: event.end_s,
    words: event.words,
    text: event.text.trim(),
  };
  const next = utterances.findLastIndex((other) => other.start_s <= fresh.start_s) + 1;
  return utterances.toSpliced(next, 0, fresh);
}

function joined(known: Utterance, event: Words): Utterance {
  const words = [...known.words, ...event.words];
  return {
    ...known,
    end_s: Math.max(known.end_s, event.end_s),
    words,
    text: words
      .map((word) => word.text)
      .join("")
      .trim(),
  };
}
