/** As many invented calls as one likes, for a full wall: the same crowd every time, told as the server does. */
import type { CallEvent, Party, Severity } from "../src/protocol/messages";

const TEAMS = ["投递", "售后", "Billing", "VIP"];
const NAMES = ["林", "周", "陈", "何", "Rao", "Osei", "王", "李", "赵", "Diaz", "吴", "孙"];
const TITLES = ["投递查询热线", "售后专线", "Billing line", "大客户专线", "English line"];

interface Kind {
  readonly rule: string;
  readonly severity: Severity;
  readonly title: readonly [string, string];
  readonly because: readonly [string, string];
}

const KINDS: readonly Kind[] = [
  {
    rule: "hot_temper",
    severity: "critical",
    title: ["客户情绪激烈", "Caller is heated"],
    because: ["音高比平常高 3.1 半音，响 7 dB", "pitch 3.1 semitones above own usual, 7 dB louder"],
  },
  {
    rule: "agent_interrupts",
    severity: "high",
    title: ["坐席打断客户", "Agent cuts in"],
    because: ["2 分钟内 3 次", "3 times in 2 minutes"],
  },
  {
    rule: "dead_air",
    severity: "medium",
    title: ["长时间静默", "Dead air"],
    because: ["双方静默 14 秒", "Nobody spoke for 14 s"],
  },
  {
    rule: "fast_pace",
    severity: "low",
    title: ["坐席语速过快", "Agent speaks fast"],
    because: ["比平常快 1.4 倍", "1.4 times own usual pace"],
  },
];

type Loose = { type: CallEvent["type"] } & Record<string, unknown>;

interface Member {
  id: string;
  agent: string;
  title: string;
  startedMs: number;
  endsS: number;
  turn: Party;
  nextTurnS: number;
  nextTemperS: number;
  nextAlertS: number;
  since: number;
  heat: number;
  seq: number;
  alerts: { id: string; rule: string; untilS: number }[];
}

/** Numbers that look random and are the same every time. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export class Crowd {
  private readonly roll = dice(7);
  private readonly members: Member[] = [];
  private born = 0;

  /** `alertEveryS`: how far apart a call's alerts are, about. */
  constructor(
    size: number,
    nowMs: number,
    private readonly alertEveryS = 240,
  ) {
    for (let place = 0; place < size; place += 1) this.members.push(this.make(nowMs, 20 + this.roll() * 500));
  }

  /** Names and teams of the crowd's agents, as the server tells them. */
  people(): Record<string, { name: string; team: string }> {
    return Object.fromEntries(
      this.members.map(({ agent }, place) => [
        agent,
        { name: `${agent} ${NAMES[place % NAMES.length]}`, team: TEAMS[place % TEAMS.length]! },
      ]),
    );
  }

  /** What each call told when it began. */
  beginnings(): CallEvent[] {
    return this.members.map((member) => this.begin(member));
  }

  /** What has happened since the last step. Ended calls make room for new ones of the same agents. */
  step(nowMs: number): CallEvent[] {
    const told: CallEvent[] = [];
    this.members.forEach((member, place) => {
      const s = (nowMs - member.startedMs) / 1000;
      this.talk(member, s, told);
      this.feel(member, s, told);
      this.warn(member, s, told);
      if (s < member.endsS) return;
      told.push(this.end(member, s));
      const next = { ...this.make(nowMs, 0), agent: member.agent, title: member.title };
      this.members[place] = next;
      told.push(this.begin(next));
    });
    return told;
  }

  private make(nowMs: number, agoS: number): Member {
    const number = this.born;
    this.born += 1;
    const after = (s: number) => agoS + this.roll() * s;
    return {
      id: `crowd-${number}`,
      agent: String(4000 + number),
      title: `${TITLES[number % TITLES.length]} ${String((number % 40) + 1).padStart(2, "0")}`,
      startedMs: nowMs - agoS * 1000,
      endsS: agoS + 120 + this.roll() * 600,
      turn: number % 2 === 0 ? "agent" : "caller",
      nextTurnS: after(5),
      nextTemperS: after(1),
      nextAlertS: after(this.alertEveryS),
      since: agoS,
      heat: 0.1 + this.roll() * 0.15,
      seq: 1,
      alerts: [],
    };
  }

  private talk(member: Member, s: number, told: CallEvent[]): void {
    if (s < member.nextTurnS) return;
    const { turn, since } = member;
    told.push(
      this.event(member, s, { type: "speaking", party: turn, is_speaking: false, start_s: since, end_s: s }),
    );
    member.turn = turn === "agent" ? "caller" : "agent";
    member.since = s;
    member.nextTurnS = s + 1.2 + this.roll() * 7;
    told.push(
      this.event(member, s, {
        type: "speaking",
        party: member.turn,
        is_speaking: true,
        start_s: s,
        end_s: null,
      }),
    );
  }

  private feel(member: Member, s: number, told: CallEvent[]): void {
    if (member.turn !== "caller" || s < member.nextTemperS) return;
    const calm = member.alerts.some((one) => one.rule === "hot_temper") ? 0.9 : 0.15;
    member.heat += (calm - member.heat) * 0.2 + (this.roll() - 0.5) * 0.08;
    const score = Math.min(1, Math.max(0, member.heat));
    const state = score > 0.7 ? "hot" : score > 0.45 ? "raised" : "calm";
    told.push(this.event(member, s, { type: "temper", score, state, evidence: [] }));
    member.nextTemperS = s + 0.5;
  }

  private warn(member: Member, s: number, told: CallEvent[]): void {
    for (const open of member.alerts.filter((one) => one.untilS <= s)) {
      told.push(
        this.event(member, s, {
          type: "alert_cleared",
          id: open.id,
          rule: open.rule,
          cleared_at_s: s,
          reason: "ended",
        }),
      );
    }
    member.alerts = member.alerts.filter((one) => one.untilS > s);
    if (s < member.nextAlertS) return;
    member.nextAlertS = s + this.alertEveryS * (0.5 + this.roll());
    // The worse, the rarer.
    const kind = KINDS[KINDS.length - 1 - Math.floor(this.roll() ** 2 * KINDS.length)]!;
    const id = `${member.id}-${member.seq}`;
    member.alerts.push({ id, rule: kind.rule, untilS: s + 12 + this.roll() * 40 });
    told.push(
      this.event(member, s, {
        type: "alert",
        id,
        rule: kind.rule,
        severity: kind.severity,
        party: "caller",
        title: { zh: kind.title[0], en: kind.title[1] },
        because: { zh: kind.because[0], en: kind.because[1] },
        about: { start_s: s - 3, end_s: s },
        raised_at_s: s,
        evidence: [],
      }),
    );
  }

  private begin(member: Member): CallEvent {
    return this.event(member, 0, {
      type: "call_started",
      started_at: new Date(member.startedMs).toISOString(),
      source: "stream",
      title: member.title,
      agent: member.agent,
      duration_s: null,
      has_words: Number(member.agent) % 17 !== 0,
    });
  }

  private end(member: Member, s: number): CallEvent {
    return this.event(member, s, {
      type: "call_ended",
      reason: "completed",
      duration_s: s,
      talk_s: { agent: s / 2, caller: s / 2 },
      overlap_s: 0,
      alerts: { critical: 0, high: 0, medium: 0, low: 0, info: 0 },
      interruptions: { agent: 0, caller: 0 },
      code: "",
    });
  }

  private event(member: Member, t_s: number, told: Loose): CallEvent {
    const seq = member.seq;
    member.seq += 1;
    return { v: 1, seq, call_id: member.id, t_s, ...told } as unknown as CallEvent;
  }
}

/** Agents of the invented calls that are told in full. */
export const TOLD_PEOPLE: Readonly<Record<string, { name: string; team: string }>> = {
  "3012 林": { name: "3012 林", team: "投递" },
  "3027 陈": { name: "3027 陈", team: "投递" },
  "3008 何": { name: "3008 何", team: "投递" },
  "3033 周": { name: "3033 周", team: "大客户" },
  "3040 Rao": { name: "3040 Rao", team: "Billing" },
  "3051 Osei": { name: "3051 Osei", team: "Billing" },
};
