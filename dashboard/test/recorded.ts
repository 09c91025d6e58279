/** A short call as the server sent it, shortened to what each test needs. */
import type { CallEvent, CallSummary, ServerMessage } from "../src/protocol/messages";

export const CALL = "c1";

type Loose = { type: CallEvent["type"]; t_s: number } & Record<string, unknown>;

/** Events of one call, numbered from 1. */
export function recorded(events: readonly Loose[], callId = CALL): CallEvent[] {
  return events.map(
    (event, place) => ({ v: 1, seq: place + 1, call_id: callId, ...event }) as unknown as CallEvent,
  );
}

export const started: Loose = {
  type: "call_started",
  t_s: 0,
  started_at: "2026-01-05T08:00:00Z",
  source: "file",
  title: "parcel.wav",
  agent: "",
  duration_s: 60,
  has_words: true,
};

export const word = (start_s: number, end_s: number, text: string) => ({
  start_s,
  end_s,
  text,
  probability: 0.9,
});

export function words(
  party: "agent" | "caller",
  utterance: number,
  ...list: ReturnType<typeof word>[]
): Loose {
  const [first, last] = [list[0]!, list.at(-1)!];
  return {
    type: "words",
    t_s: last.end_s + 0.8,
    party,
    utterance,
    start_s: first.start_s,
    end_s: last.end_s,
    text: list
      .map((one) => one.text)
      .join("")
      .trim(),
    language: "en",
    words: list,
  };
}

export function partial(
  party: "agent" | "caller",
  utterance: number,
  start_s: number,
  end_s: number,
  text: string,
): Loose {
  return { type: "partial", t_s: end_s + 0.3, seq: 0, party, utterance, start_s, end_s, text };
}

export function prosody(at_s: number, f0_hz: number | null, party: "agent" | "caller" = "caller"): Loose {
  return {
    type: "prosody",
    t_s: at_s + 0.2,
    party,
    at_s,
    f0_hz,
    f0_st: f0_hz === null ? null : 1.5,
    level_dbfs: -28,
    level_db: 2,
    rate_syl_s: 4.2,
    rate_ratio: 1.1,
    alpha_db: -12,
    voicing: f0_hz === null ? 0.1 : 0.9,
    confidence: 0.7,
  };
}

export function alert(id: string, t_s: number, severity = "high"): Loose {
  return {
    type: "alert",
    t_s,
    id,
    rule: "hot_temper",
    title: { zh: "客户情绪激烈", en: "Caller is heated" },
    severity,
    party: "caller",
    about: { start_s: t_s - 3, end_s: t_s },
    raised_at_s: t_s,
    because: { zh: "比平常响 8 dB", en: "8 dB louder than usual" },
    evidence: [],
  };
}

export function cleared(id: string, t_s: number): Loose {
  return { type: "alert_cleared", t_s, id, rule: "hot_temper", cleared_at_s: t_s, reason: "ended" };
}

export const ended = (t_s: number, reason = "completed"): Loose => ({
  type: "call_ended",
  t_s,
  reason,
  duration_s: t_s,
  talk_s: { agent: 10, caller: 20 },
  overlap_s: 1,
  alerts: { critical: 0, high: 1, medium: 0, low: 0, info: 0 },
  interruptions: { agent: 0, caller: 0 },
  code: "",
});

export function summary(callId: string, changes: Partial<CallSummary> = {}): CallSummary {
  return {
    call_id: callId,
    title: callId,
    agent: "",
    source: "stream",
    started_at: "2026-01-05T08:00:00Z",
    state: "live",
    t_s: 30,
    duration_s: null,
    speaking: { agent: false, caller: false },
    speech: { agent: [], caller: [] },
    score: 0.2,
    temper_state: "calm",
    heat: [],
    open_alerts: [],
    has_words: true,
    is_lagging: false,
    notices: [],
    interruptions: { agent: 0, caller: 0 },
    ...changes,
  };
}

export const hello: ServerMessage = { type: "hello", v: 1, version: "0.1.0", heartbeat_s: 5, pos: 0 };
