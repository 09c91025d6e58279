/** Invented calls for looking at the pages without a server: scripts in, events of the wire out. */
import type { CallEvent, Party, Severity } from "../src/protocol/messages";

export interface Line {
  readonly party: Party;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** 0 calm .. 1 shouting */
  readonly heat?: number;
  readonly isBackchannel?: boolean;
}

export interface Judged {
  readonly rule: string;
  readonly severity: Severity;
  readonly party: Party | null;
  readonly about: readonly [number, number];
  readonly raised: number;
  readonly cleared: number | null;
  readonly title: readonly [string, string];
  readonly because: readonly [string, string];
  readonly evidence?: readonly (readonly [string, number, string, number | null, string, string])[];
  readonly cue?: {
    readonly text: readonly [string, string];
    readonly say: readonly [string, string] | null;
    readonly clears: readonly [string, string];
    readonly cleared: number;
    readonly reason: "done" | "replaced" | "expired" | "ended";
  };
}

export interface Script {
  readonly id: string;
  readonly agent: string;
  readonly title: string;
  readonly source: string;
  readonly duration: number;
  readonly language: "zh" | "en";
  readonly hasWords?: boolean;
  readonly lines: readonly Line[];
  readonly cuts?: readonly { by: Party; start: number; end: number; yielded: boolean }[];
  readonly judged?: readonly Judged[];
  readonly extra?: readonly Loose[];
  readonly ending?: "completed" | "cut_off" | "failed";
}

type Loose = { type: CallEvent["type"]; t_s: number } & Record<string, unknown>;

const text = ([zh, en]: readonly [string, string]) => ({ zh, en });
const round = (value: number, digits = 3) => Number(value.toFixed(digits));

/** A wave that looks alive and is the same every time. */
function wobble(seed: number, at: number): number {
  return (
    Math.sin(at * 2.7 + seed) * 0.5 + Math.sin(at * 7.3 + seed * 2.1) * 0.3 + Math.sin(at * 17.1 + seed) * 0.2
  );
}

export function eventsOf(script: Script, startedAt: string): CallEvent[] {
  const events: Loose[] = [
    {
      type: "call_started",
      t_s: 0,
      started_at: startedAt,
      source: script.source,
      title: script.title,
      agent: script.agent,
      duration_s: script.source === "stream" ? null : script.duration,
      has_words: script.hasWords ?? true,
    },
  ];
  events.push(...script.lines.flatMap((line, number) => ofLine(script, line, number)));
  events.push(...betweenLines(script), ...(script.judged ?? []).flatMap(ofJudged), ...(script.extra ?? []));
  for (const cut of script.cuts ?? []) {
    events.push({
      type: "interruption",
      t_s: cut.end,
      by: cut.by,
      of: cut.by === "agent" ? "caller" : "agent",
      start_s: cut.start,
      end_s: cut.end,
      yielded: cut.yielded,
    });
  }
  events.push(ending(script));
  const ordered = events
    .map((event, place) => ({ event, place }))
    .sort((a, b) => a.event.t_s - b.event.t_s || a.place - b.place);
  return ordered.map(
    ({ event }, place) =>
      ({ ...event, v: 1, seq: place + 1, call_id: script.id, t_s: round(event.t_s) }) as unknown as CallEvent,
  );
}

function ending(script: Script): Loose {
  const talk = (party: Party) =>
    round(script.lines.filter((l) => l.party === party).reduce((sum, l) => sum + l.end - l.start, 0));
  const by = (party: Party) => (script.cuts ?? []).filter((cut) => cut.by === party).length;
  return {
    type: "call_ended",
    t_s: script.duration,
    reason: script.ending ?? "completed",
    duration_s: script.duration,
    talk_s: { agent: talk("agent"), caller: talk("caller") },
    overlap_s: 2.1,
    alerts: { critical: 0, high: 1, medium: 1, low: 0, info: 0 },
    interruptions: { agent: by("agent"), caller: by("caller") },
    code: script.ending === "failed" ? "engine.failed" : "",
  };
}

function ofLine(script: Script, line: Line, number: number): Loose[] {
  const { party, start, end } = line;
  const events: Loose[] = [
    { type: "speaking", t_s: start + 0.1, party, is_speaking: true, start_s: start, end_s: null },
    { type: "speaking", t_s: end + 0.2, party, is_speaking: false, start_s: start, end_s: end },
    ...prosodyOf(line, number),
  ];
  if (script.hasWords ?? true) events.push(...wordsOf(script, line, number));
  return events;
}

function prosodyOf(line: Line, number: number): Loose[] {
  const { party, start, end, heat = 0 } = line;
  const events: Loose[] = [];
  const own = party === "agent" ? { hz: 118, dbfs: -27, rate: 4.6 } : { hz: 205, dbfs: -31, rate: 4.9 };
  for (let at = Math.ceil(start * 10) / 10 + 0.1; at <= end; at += 0.1) {
    const fall = 1 - (at - start) / Math.max(0.5, end - start);
    const isVoiced = wobble(number * 3.1, at * 1.7) > -0.55;
    const st = round(wobble(number, at) * 2.4 + fall * 1.6 - 0.8 + heat * 5.5, 2);
    const db = round(wobble(number + 9, at * 1.3) * 3.2 + heat * 8, 2);
    const ratio = round(1 + wobble(number + 4, at / 3) * 0.09 + heat * 0.32, 3);
    const hasRate = at - start > 1;
    events.push({
      type: "prosody",
      t_s: round(at + 0.2),
      party,
      at_s: round(at, 1),
      f0_hz: isVoiced ? round(own.hz * 2 ** (st / 12), 1) : null,
      f0_st: isVoiced ? st : null,
      level_dbfs: round(own.dbfs + db, 1),
      level_db: db,
      rate_syl_s: hasRate ? round(own.rate * ratio, 2) : null,
      rate_ratio: hasRate ? ratio : null,
      alpha_db: -14,
      voicing: isVoiced ? 0.9 : 0.1,
      confidence: 0.8,
    });
    const place = Math.round(at * 10);
    if (party === "caller" && place % 5 === 0)
      events.push(temperOf(round(at + 0.2), heat, db, st, wobble(number, at)));
  }
  return events;
}

function temperOf(t_s: number, heat: number, db: number, st: number, wave: number): Loose {
  const score = round(Math.min(0.97, Math.max(0.02, 0.1 + heat * 0.75 + wave * 0.07)));
  return {
    type: "temper",
    t_s,
    party: "caller",
    score,
    state: score > 0.68 ? "hot" : score > 0.42 ? "raised" : "calm",
    evidence: [
      evidenceOf("level", db, "dB", 0.5, `比平常响 ${db} dB`, `${db} dB louder than usual`),
      evidenceOf("f0", st, "st", 0.3, `音高高出 ${st} 个半音`, `pitch ${st} semitones above usual`),
    ],
  };
}

function evidenceOf(
  feature: string,
  value: number,
  unit: string,
  contribution: number | null,
  zh: string,
  en: string,
) {
  return { feature, value, unit, contribution, label: { zh, en } };
}

function wordsOf(script: Script, line: Line, number: number): Loose[] {
  const pieces = script.language === "zh" ? zhPieces(line.text) : line.text.split(/(?=\s)/);
  const stepS = (line.end - line.start) / pieces.length;
  const words = pieces.map((piece, place) => ({
    start_s: round(line.start + place * stepS),
    end_s: round(line.start + (place + 1) * stepS),
    text: script.language === "en" && place === 0 ? ` ${piece}` : piece,
    probability: 0.9,
  }));
  const events: Loose[] = [];
  const base = { party: line.party, utterance: number };
  for (let at = line.start + 1.2; at < line.end; at += 1) {
    const so_far = words.filter((word) => word.end_s <= at - 0.4);
    if (so_far.length === 0) continue;
    events.push({
      type: "partial",
      t_s: round(at),
      ...base,
      start_s: line.start,
      end_s: so_far.at(-1)!.end_s,
      text: so_far
        .map((word) => word.text)
        .join("")
        .trim(),
    });
  }
  events.push({
    type: "words",
    t_s: round(line.end + 0.9),
    ...base,
    start_s: line.start,
    end_s: line.end,
    text: line.text,
    language: script.language,
    words,
  });
  return events;
}

function zhPieces(sentence: string): string[] {
  return sentence.match(/.{1,2}?[，。？！、]|.{1,2}/gu) ?? [sentence];
}

/** Gaps, overlaps and backchannels, from how the lines lie. */
function betweenLines(script: Script): Loose[] {
  const events: Loose[] = [];
  script.lines.forEach((line, place) => {
    for (const other of script.lines.slice(0, place)) {
      if (other.party === line.party || other.end <= line.start) continue;
      const end = Math.min(other.end, line.end);
      const cut = (script.cuts ?? []).some((one) => one.start === line.start);
      const kind = line.isBackchannel ? "backchannel" : cut ? "competitive" : "terminal";
      events.push({
        type: "overlap",
        t_s: end + 0.2,
        start_s: line.start,
        end_s: end,
        holder: other.party,
        kind,
      });
      if (line.isBackchannel) {
        events.push({
          type: "backchannel",
          t_s: line.end + 0.3,
          party: line.party,
          holder: other.party,
          start_s: line.start,
          end_s: line.end,
        });
      }
    }
  });
  return events;
}

function ofJudged(judged: Judged, place: number): Loose[] {
  const id = `${judged.rule}-${place + 1}`;
  const events: Loose[] = [
    {
      type: "alert",
      t_s: judged.raised,
      id,
      rule: judged.rule,
      title: text(judged.title),
      severity: judged.severity,
      party: judged.party,
      about: { start_s: judged.about[0], end_s: judged.about[1] },
      raised_at_s: judged.raised,
      because: text(judged.because),
      evidence: (judged.evidence ?? []).map((item) => evidenceOf(...item)),
    },
  ];
  if (judged.cleared !== null) {
    events.push({
      type: "alert_cleared",
      t_s: judged.cleared,
      id,
      rule: judged.rule,
      cleared_at_s: judged.cleared,
      reason: "ended",
    });
  }
  if (judged.cue) {
    const cue = { id: `cue-${id}`, rule: judged.rule };
    events.push(
      {
        type: "cue",
        t_s: judged.raised,
        ...cue,
        severity: judged.severity,
        text: text(judged.cue.text),
        say: judged.cue.say ? text(judged.cue.say) : null,
        raised_at_s: judged.raised,
        clears_when: text(judged.cue.clears),
      },
      {
        type: "cue_cleared",
        t_s: judged.cue.cleared,
        ...cue,
        cleared_at_s: judged.cue.cleared,
        reason: judged.cue.reason,
      },
    );
  }
  return events;
}
