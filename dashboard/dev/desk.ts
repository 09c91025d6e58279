/** The mock's desk: alerts of the invented calls, what invented supervisors did about them, and what pages do. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type {
  AlertState,
  CallEvent,
  CallStarted,
  DeskAlert,
  DeskMessage,
  Mute,
} from "../src/protocol/messages";
import { keyOf } from "../src/state/desk";
import type { ActBody } from "../src/state/undo";

const OWN = "local";
const PEOPLE = [
  { name: OWN, display: "本机" },
  { name: "limin", display: "李敏" },
  { name: "sara", display: "Sara Owusu" },
];

type Changed = Exclude<DeskMessage, { type: "desk" }>;

export class MockDesk {
  private readonly calls = new Map<string, CallStarted>();
  private readonly alerts = new Map<string, DeskAlert>();
  private readonly states = new Map<string, AlertState>();
  private mutes: Mute[] = [];
  private count = 0;

  constructor(private readonly tell: (message: Changed) => void) {}

  whole(): DeskMessage {
    return {
      type: "desk",
      now: new Date().toISOString(),
      alerts: [...this.alerts.values()],
      states: [...this.states.values()],
      mutes: this.mutes,
    };
  }

  take(event: CallEvent): void {
    if (event.type === "call_started") this.calls.set(event.call_id, event);
    if (event.type === "alert") {
      const { agent, title, started_at } = this.calls.get(event.call_id)!;
      const { call_id, rule, severity, party, because, raised_at_s } = event;
      this.put({
        call_id,
        alert_id: event.id,
        agent,
        call_title: title,
        rule,
        title: event.title,
        severity,
        party,
        because,
        raised_at_s,
        raised_at: new Date(Date.parse(started_at) + raised_at_s * 1000).toISOString(),
        cleared_at_s: null,
        is_call_over: false,
      });
    }
    for (const known of [...this.alerts.values()].filter((alert) => alert.call_id === event.call_id)) {
      if (event.type === "alert_cleared" && event.id === known.alert_id)
        this.put({ ...known, cleared_at_s: event.cleared_at_s });
      if (event.type === "call_ended") this.put({ ...known, is_call_over: true });
    }
  }

  acknowledge(by: string, callId: string): void {
    const alerts = [...this.alerts.values()].filter((alert) => alert.call_id === callId);
    this.act(by, { alerts, action: "acknowledge" });
  }

  /** Other supervisors have been at work. */
  staff(): void {
    const all = [...this.alerts.values()];
    const of = (rule: string) => all.filter((alert) => alert.rule === rule);
    this.act("limin", { alerts: of("policy_refusal"), action: "acknowledge" });
    this.act("sara", { alerts: of("talks_much"), action: "acknowledge" });
    this.act("sara", { alerts: of("talks_much"), action: "assign", to: "limin" });
    this.act("limin", { alerts: of("talks_much"), action: "comment", text: "已请他多问少说，下一通再看。" });
    this.act("sara", { alerts: of("dead_air").slice(0, 1), action: "mark_false" });
    this.act("limin", { alerts: of("slow_pace"), action: "snooze", for_s: 900 });
    const agents = [...new Set(of("fast_pace").map((alert) => alert.agent))];
    if (agents.length > 0) this.mute("limin", "fast_pace", agents, 2400);
  }

  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const path = request.url ?? "";
    if (path === "/api/desk/people") return json(response, 200, { people: PEOPLE });
    if (path.startsWith("/api/desk/calls/")) return json(response, 200, { states: [], acts: [] });
    const ended = /^\/api\/desk\/mutes\/(\d+)$/.exec(path);
    if (ended) {
      const mute = this.mutes.find((one) => one.id === Number(ended[1]));
      if (!mute) return json(response, 404, { code: "desk.unknown_mute" });
      this.mutes = this.mutes.filter((one) => one !== mute);
      this.tell({ type: "desk_mute", mute: { ...mute, ended_by: OWN } });
      return json(response, 200, mute);
    }
    if (path !== "/api/desk/acts" && path !== "/api/desk/mutes") return false;
    void bodyOf(request).then((body) => {
      if (path === "/api/desk/acts") {
        json(response, 200, { states: this.act(OWN, body as ActBody) });
      } else {
        const given = body as { rule: string; agent: string | null; for_s: number };
        const agents = given.agent === null ? null : [given.agent];
        json(response, 201, this.mute(OWN, given.rule, agents, given.for_s));
      }
    });
    return true;
  }

  private put(alert: DeskAlert): void {
    this.alerts.set(keyOf(alert), alert);
    this.tell({ type: "desk_alert", alert });
  }

  mute(by: string, rule: string, agents: string[] | null, forS: number): Mute {
    this.count += 1;
    const until = new Date(Date.now() + forS * 1000).toISOString();
    const mute = { id: this.count, rule, agents, until, by, at: new Date().toISOString(), ended_by: null };
    this.mutes = [...this.mutes, mute];
    this.tell({ type: "desk_mute", mute });
    return mute;
  }

  private act(by: string, { alerts, action, to, for_s, text, comment }: ActBody): AlertState[] {
    return alerts.map(({ call_id, alert_id }) => {
      const key = keyOf({ call_id, alert_id });
      const state = this.states.get(key) ?? nothing(this.alerts.get(key)!);
      const at = new Date().toISOString();
      this.count += 1;
      const done: Record<ActBody["action"], Partial<AlertState>> = {
        acknowledge: { acknowledged: state.acknowledged ?? { by, at }, snoozed: null },
        unacknowledge: { acknowledged: null },
        assign: { assigned: { to: to ?? "", by, at } },
        unassign: { assigned: null },
        snooze: { snoozed: { until: new Date(Date.now() + (for_s ?? 0) * 1000).toISOString(), by, at } },
        unsnooze: { snoozed: null },
        comment: { comments: [...state.comments, { number: this.count, by, at, text: text ?? "" }] },
        withdraw: { comments: state.comments.filter((one) => one.number !== comment) },
        mark_false: { marked: { verdict: "false", by, at } },
        mark_true: { marked: { verdict: "true", by, at } },
        unmark: { marked: null },
      };
      const after = { ...state, ...done[action], number: this.count };
      this.states.set(key, after);
      this.tell({ type: "desk_state", state: after });
      return after;
    });
  }
}

function nothing({ call_id, alert_id, agent }: DeskAlert): AlertState {
  const none = { acknowledged: null, assigned: null, snoozed: null, marked: null };
  return { call_id, alert_id, agent, number: 0, comments: [], ...none };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString());
}

function json(response: ServerResponse, status: number, body: unknown): true {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  return true;
}
