/** What the mock's calls add up to, for the wall's snapshot. */
import type { CallEvent, CallSummary } from "../src/protocol/messages";

export const WALL_TYPES: ReadonlySet<string> = new Set([
  "call_started",
  "call_ended",
  "speaking",
  "temper",
  "alert",
  "alert_cleared",
  "notice",
  "engine_lagging",
  "audio_lost",
  "interruption",
]);

export class Summaries {
  private readonly calls = new Map<string, CallSummary>();

  all(): CallSummary[] {
    return [...this.calls.values()].reverse();
  }

  take(event: CallEvent): void {
    if (event.type === "call_started") this.calls.set(event.call_id, fresh(event));
    const call = this.calls.get(event.call_id);
    if (!call) return;
    call.t_s = event.t_s;
    switch (event.type) {
      case "speaking":
        call.speaking = { ...call.speaking, [event.party]: event.is_speaking };
        call.speech = {
          ...call.speech,
          [event.party]: [
            ...call.speech[event.party].filter(([, end_s]) => end_s !== null),
            [event.start_s, event.end_s],
          ],
        };
        break;
      case "temper":
        call.score = event.score;
        call.temper_state = event.state;
        call.heat = [...call.heat.filter(([t_s]) => t_s > event.t_s - 300), [event.t_s, event.score]];
        break;
      case "alert":
        call.open_alerts = [...call.open_alerts, event];
        break;
      case "alert_cleared":
        call.open_alerts = call.open_alerts.filter((open) => open.id !== event.id);
        break;
      case "notice":
        call.notices = [...call.notices, event.code];
        break;
      case "audio_lost":
        call.notices = [...call.notices, "audio_lost"];
        break;
      case "engine_lagging":
        call.is_lagging = event.is_lagging;
        break;
      case "interruption":
        call.interruptions = { ...call.interruptions, [event.by]: call.interruptions[event.by] + 1 };
        break;
      case "call_ended":
        call.state = event.reason === "completed" ? "ended" : event.reason;
        call.duration_s = event.duration_s;
        call.open_alerts = [];
        break;
    }
  }
}

function fresh(event: Extract<CallEvent, { type: "call_started" }>): CallSummary {
  return {
    call_id: event.call_id,
    title: event.title,
    agent: event.agent,
    source: event.source,
    started_at: event.started_at,
    state: "live",
    t_s: 0,
    duration_s: event.duration_s,
    speaking: { agent: false, caller: false },
    speech: { agent: [], caller: [] },
    score: null,
    temper_state: "calm",
    heat: [],
    open_alerts: [],
    has_words: event.has_words,
    is_lagging: false,
    notices: [],
    interruptions: { agent: 0, caller: 0 },
  };
}
