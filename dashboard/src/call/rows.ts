/** What was said, laid out in rows of two lanes: what overlaps in time stands side by side. */
import type { Interruption, Party, Stretch, Word } from "../protocol/messages";
import { PARTIES } from "../protocol/messages";
import type { AlertRecord, CallState, CueRecord, Utterance } from "../state/call";

/** Silence between rows that is worth showing, in seconds. */
export const SILENCE_SHOWN_S = 3;
/** Less speech at once than this is a change of speakers, not an overlap to show. */
const OVERLAP_SHOWN_S = 0.3;
/** Shorter speech is not announced before its words: it may be a breath. */
const AWAITED_S = 0.6;
/** A backchannel's words lie within its span but for this much. */
const SLACK_S = 0.3;

/** A stretch of one utterance that is written in one way. */
export interface Run {
  readonly text: string;
  readonly isOverlapped: boolean;
  readonly start_s: number;
}

export interface Said extends Stretch {
  readonly key: string;
  readonly party: Party;
  readonly runs: readonly Run[];
  /** Words that may still change, shown grey after the committed ones. */
  readonly partial: string;
  readonly isBackchannel: boolean;
  readonly interruption: Interruption | null;
  /** Without words: only that the party spoke. */
  readonly isMute: boolean;
}

export interface Row extends Stretch {
  readonly key: string;
  readonly agent: readonly Said[];
  readonly caller: readonly Said[];
  /** Silence before this row, in seconds; 0 where it is not worth showing. */
  readonly silenceS: number;
  readonly alerts: readonly AlertRecord[];
  readonly cues: readonly CueRecord[];
}

type MutableRow = { -readonly [K in keyof Row]: Row[K] extends readonly (infer I)[] ? I[] : Row[K] };

export function rowsOf(call: CallState): Row[] {
  const said = saidInOrder(call);
  const rows: MutableRow[] = [];
  for (const item of said) place(rows, item);
  withSilence(rows);
  withAlerts(rows, call);
  return rows;
}

function saidInOrder(call: CallState): Said[] {
  const hasWords = call.started?.has_words ?? true;
  const items = hasWords
    ? [...call.utterances.map((utterance) => saidOf(call, utterance)), ...awaited(call)]
    : mutes(call, () => 0);
  for (const party of PARTIES) {
    const partial = call.partial[party];
    if (partial === null) continue;
    const place = items.findIndex((item) => item.key === keyOf(party, partial.utterance));
    const before = items[place];
    if (before)
      items[place] = { ...before, partial: partial.text, end_s: Math.max(before.end_s, partial.end_s) };
    else items.push(partialOnly(party, partial.utterance, partial));
  }
  return items.sort((a, b) => a.start_s - b.start_s);
}

const keyOf = (party: Party, utterance: number) => `${party}-${utterance}`;

function partialOnly(party: Party, utterance: number, partial: Stretch & { text: string }): Said {
  return {
    key: keyOf(party, utterance),
    party,
    start_s: partial.start_s,
    end_s: partial.end_s,
    runs: [],
    partial: partial.text,
    isBackchannel: false,
    interruption: null,
    isMute: false,
  };
}

function saidOf(call: CallState, utterance: Utterance): Said {
  const { party, start_s, end_s } = utterance;
  const backchannels = call.backchannels.from(
    Math.max(0, call.backchannels.lowerBound(start_s, (item) => item.end_s) - 1),
  );
  return {
    key: keyOf(party, utterance.number),
    party,
    start_s,
    end_s,
    runs: runsOf(utterance.words, overlapsWithin(call, utterance)),
    partial: "",
    isBackchannel: backchannels.some(
      (item) => item.party === party && item.start_s - SLACK_S <= start_s && end_s <= item.end_s + SLACK_S,
    ),
    interruption: interruptionIn(call, utterance),
    isMute: false,
  };
}

function overlapsWithin(call: CallState, span: Stretch): Stretch[] {
  const first = call.overlaps.lowerBound(span.start_s, (overlap) => overlap.end_s);
  return call.overlaps
    .from(first)
    .filter(
      (overlap) =>
        overlap.start_s < span.end_s &&
        overlap.kind !== "echo" &&
        overlap.end_s - overlap.start_s >= OVERLAP_SHOWN_S,
    );
}

function interruptionIn(call: CallState, utterance: Utterance): Interruption | null {
  const found = [...call.interruptions].find(
    (cut) =>
      cut.by === utterance.party &&
      cut.start_s >= utterance.start_s - SLACK_S &&
      cut.start_s < utterance.end_s,
  );
  return found ?? null;
}

/** Words joined into runs, cut where speech at once begins and ends. */
export function runsOf(words: readonly Word[], overlaps: readonly Stretch[]): Run[] {
  const runs: Run[] = [];
  for (const word of words) {
    const middle = (word.start_s + word.end_s) / 2;
    const isOverlapped = overlaps.some((overlap) => overlap.start_s <= middle && middle < overlap.end_s);
    const run = runs.at(-1);
    if (run && run.isOverlapped === isOverlapped) {
      runs[runs.length - 1] = { ...run, text: run.text + word.text };
    } else {
      runs.push({ text: run ? word.text : word.text.trimStart(), isOverlapped, start_s: word.start_s });
    }
  }
  return runs;
}

/** Speech whose words have not come yet: it stands where they will stand. */
function awaited(call: CallState): Said[] {
  if (call.ended) return [];
  const isLong = ({ start_s, end_s }: Stretch) => end_s - start_s >= AWAITED_S;
  return mutes(call, (party) => {
    const heardS = call.utterances.findLast((utterance) => utterance.party === party)?.end_s ?? 0;
    return Math.max(heardS, call.partial[party]?.end_s ?? 0);
  }).filter(isLong);
}

/** The stretches that each party spoke after `fromS`, those close together joined. */
function mutes(call: CallState, fromS: (party: Party) => number): Said[] {
  const items: Said[] = [];
  for (const party of PARTIES) {
    const own: Stretch[] = [];
    const heardS = fromS(party);
    for (const stretch of call.speech[party]) {
      if (stretch.start_s < heardS) continue;
      const before = own.at(-1);
      if (before && stretch.start_s - before.end_s < 1) {
        own[own.length - 1] = { start_s: before.start_s, end_s: stretch.end_s };
      } else own.push(stretch);
    }
    for (const stretch of own) {
      const key = `${party}@${stretch.start_s}`;
      items.push({ ...partialOnly(party, 0, { ...stretch, text: "" }), key, isMute: true });
    }
  }
  return items;
}

/** Beside what it overlaps where the lane is free, else in a row of its own. */
function place(rows: MutableRow[], item: Said): void {
  const row = rows.at(-1);
  const other = item.party === "agent" ? "caller" : "agent";
  const isOverlapping = row?.[other].some((said) => item.start_s < said.end_s - OVERLAP_SHOWN_S) ?? false;
  const hasRoom = row !== undefined && (row[item.party].length === 0 || item.isBackchannel);
  if (row && isOverlapping && hasRoom) {
    row[item.party].push(item);
    row.end_s = Math.max(row.end_s, item.end_s);
    return;
  }
  rows.push({
    key: item.key,
    start_s: item.start_s,
    end_s: item.end_s,
    agent: [],
    caller: [],
    [item.party]: [item],
    silenceS: 0,
    alerts: [],
    cues: [],
  });
}

function withSilence(rows: MutableRow[]): void {
  let heardUntilS = 0;
  for (const row of rows) {
    const silenceS = row.start_s - heardUntilS;
    if (silenceS >= SILENCE_SHOWN_S) row.silenceS = silenceS;
    heardUntilS = Math.max(heardUntilS, row.end_s);
  }
}

/** Alerts stand under the row that they are about, cues under the one in which they were shown. */
function withAlerts(rows: MutableRow[], call: CallState): void {
  const rowAt = (s: number) => rows.findLast((row) => row.start_s <= s) ?? rows[0];
  for (const record of call.alerts) rowAt(record.alert.about.end_s - SLACK_S)?.alerts.push(record);
  for (const record of call.cues) rowAt(record.cue.raised_at_s)?.cues.push(record);
}

/** What belongs to a row is heard from shortly before it: nobody's clock is that exact. */
const EARLY_S = 0.05;

/** The row that is played at `s`; -1 before the first. */
export function rowAt(rows: readonly Row[], s: number): number {
  return rows.findLastIndex((row) => row.start_s <= s + EARLY_S);
}

/** Whether two rows look the same, so that only rows that changed are drawn anew. */
export function isSameRow(a: Row, b: Row): boolean {
  return (
    a.key === b.key &&
    a.silenceS === b.silenceS &&
    isSameList(a.alerts, b.alerts) &&
    isSameList(a.cues, b.cues) &&
    isSameSaid(a.agent, b.agent) &&
    isSameSaid(a.caller, b.caller)
  );
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function isSameSaid(a: readonly Said[], b: readonly Said[]): boolean {
  return (
    a.length === b.length &&
    a.every((said, index) => {
      const other = b[index]!;
      return (
        said.key === other.key &&
        said.partial === other.partial &&
        said.isBackchannel === other.isBackchannel &&
        said.interruption === other.interruption &&
        said.end_s === other.end_s &&
        said.runs.length === other.runs.length &&
        said.runs.every((run, place) => {
          const twin = other.runs[place]!;
          return run.text === twin.text && run.isOverlapped === twin.isOverlapped;
        })
      );
    })
  );
}
