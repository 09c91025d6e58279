/** The mock's tuning: a few thresholds and rules, trials that take a moment, versions. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type {
  Overlay,
  QuietRule,
  Threshold,
  Trial,
  TunableRule,
  TuningFault,
  TuningVersion,
} from "../src/protocol/tuning";

const threshold = (
  name: string,
  [zh, en]: readonly [string, string],
  [whyZh, whyEn]: readonly [string, string],
  unit: string,
  value: number,
): Threshold => ({
  section: name.split(".")[0]!,
  name: name.split(".")[1]!,
  label: { zh, en },
  why: { zh: whyZh, en: whyEn },
  unit,
  is_whole: unit === "",
  default: value,
  configured: value,
  least: 0,
  most: null,
  is_least_allowed: false,
  is_most_allowed: false,
});

const THRESHOLDS: readonly Threshold[] = [
  threshold(
    "detectors.hot_clear_s",
    ["平静多久才解除", "Calm before it clears"],
    ["不再激动这么久之后解除提示", "how long it must not be hot before the alert clears"],
    "s",
    3,
  ),
  threshold(
    "detectors.raised_level_db",
    ["抬高嗓门：响度", "Louder by"],
    [
      "比本人平时响这么多：大约从正常说话到抬高嗓门",
      "level above own usual: about one step from a normal to a raised voice",
    ],
    "dB",
    6,
  ),
  threshold(
    "detectors.raised_f0_st",
    ["抬高嗓门：音高", "Higher by"],
    ["音高高出平时这么多，说明在用力", "F0 above usual that shows vocal effort"],
    "st",
    2.5,
  ),
  threshold(
    "detectors.dead_air_alert_s",
    ["冷场：告知主管", "Silence: alert"],
    ["双方沉默这么久，告知主管", "silence of both that a supervisor should know"],
    "s",
    20,
  ),
  threshold(
    "detectors.interruptions",
    ["抢话次数", "Interruptions"],
    ["时间窗内打断这么多次就提示", "interruptions within the window that raise an alert"],
    "",
    2,
  ),
  threshold(
    "cues.between_s",
    ["两条提示的间隔", "Rest between two cues"],
    ["两条提示之间至少隔这么久，除非下一条更严重", "rest between two cues, unless the next is more severe"],
    "s",
    8,
  ),
];

const rule = (
  id: string,
  topic: readonly [string, string],
  title: readonly [string, string],
  severity: TunableRule["severity"],
  more: Partial<TunableRule> = {},
): TunableRule => ({
  id,
  topic: { zh: topic[0], en: topic[1] },
  title: { zh: title[0], en: title[1] },
  because: { zh: "“{phrase}”之后没有说明原因", en: "No reason was given after “{phrase}”" },
  who: "agent",
  severity,
  is_on: true,
  is_report_only: false,
  cool_down_s: 30,
  cue: null,
  phrases: null,
  numbers: [],
  ...more,
});

const ANSWERS = ["解释与拒绝", "Explaining and refusing"] as const;
const COMFORT = ["安抚与倾听", "Comfort and listening"] as const;
const RULES: readonly TunableRule[] = [
  rule("refusal_without_reason", ANSWERS, ["拒绝没讲原因", "Refuses without a reason"], "medium", {
    cue: {
      text: { zh: "讲清原因，别只说不行", en: "Give the reason, not just a no" },
      say: { zh: "因为……所以……", en: "That’s because…" },
    },
    numbers: [{ place: "what.within_turns", value: 1, unit: "" }],
  }),
  rule("no_authority", ANSWERS, ["对客户说自己没权限", "Says they lack the authority"], "high", {
    phrases: { zh: ["没有?权限", "做不了主"], en: ["\\bnot authori[sz]ed\\b"] },
  }),
  rule("blunt_refusal", ANSWERS, ["生硬拒绝", "Refuses bluntly"], "high"),
  rule(
    "comfort_before_account_ends",
    COMFORT,
    ["客户没说完就安慰", "Comforts before the caller is done"],
    "low",
  ),
  rule("no_sign_of_listening", COMFORT, ["久不回应", "No sign of listening"], "medium", {
    numbers: [{ place: "what.unacknowledged_for_s", value: 20, unit: "s" }],
  }),
  rule("closing_without_summary", ["收尾", "Closing"], ["收尾没有复述", "Closes without a summary"], "info"),
];

const EMPTY: Overlay = { thresholds: {}, rules: {} };

interface Kept extends TuningVersion {
  readonly tuned: Overlay;
}

export class MockTuning {
  private kept: readonly Kept[] = [];
  /** Cues that rest, because agents sent them away. */
  quiet: readonly QuietRule[] = [];
  private trial: { readonly begunMs: number; readonly tuned: Overlay; isCancelled: boolean } | null = null;

  /** Answers what is asked about tuning; false where something else was asked. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const { pathname: path, searchParams } = new URL(request.url ?? "/", "http://mock");
    if (path.startsWith("/api/cues/quiet")) {
      if (request.method === "DELETE") this.wake(path.split("/").at(-1)!, searchParams.get("agent") ?? "");
      response
        .writeHead(request.method === "DELETE" ? 204 : 200, { "Content-Type": "application/json" })
        .end(request.method === "DELETE" ? undefined : JSON.stringify({ rules: this.quiet }));
      return true;
    }
    if (path === "/api/rules") {
      const rules = Object.fromEntries(RULES.map(({ id, title }) => [id, title]));
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ rules }));
      return true;
    }
    if (!path.startsWith("/api/tuning")) return false;
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      const [status, told] = this.told(request.method ?? "GET", path, body === "" ? null : JSON.parse(body));
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(told));
    });
    return true;
  }

  /** Somebody else saves, at another screen. */
  saveAsOther(tuned: Overlay): void {
    this.add(tuned, { author: "wang", kind: "saved", comment: "", restores: null });
  }

  /** Agents sent cues away until they rest: one of everybody's, and one agent's. */
  sendAway(): void {
    const now = Date.now() / 1000;
    const row = (rule: string, agent: string, times: number) => ({
      rule,
      agent,
      times,
      since_s: now - 3600,
      until_s: now + 5 * 3600,
    });
    this.quiet = [
      row("no_sign_of_listening", "", 11),
      row("refusal_without_reason", "3012 林", 5),
      row("refusal_without_reason", "3040 Rao", 6),
    ];
  }

  private wake(rule: string, agent: string): void {
    this.quiet = this.quiet.filter((one) => one.rule !== rule || (agent !== "" && one.agent !== agent));
  }

  private get latest(): Overlay {
    return this.kept.at(-1)?.tuned ?? EMPTY;
  }

  private add(tuned: Overlay, how: Pick<Kept, "author" | "kind" | "comment" | "restores">): number {
    const number = this.kept.length + 1;
    this.kept = [...this.kept, { number, at: new Date().toISOString(), tuned, ...how }];
    return number;
  }

  private told(method: string, path: string, body: unknown): readonly [number, unknown] {
    const { tuned, base, comment } = (body ?? {}) as { tuned: Overlay; base: number; comment: string };
    const version = this.kept.length;
    if (path === "/api/tuning")
      return [200, { version, tuned: this.latest, fault: "", thresholds: THRESHOLDS, rules: RULES }];
    if (path === "/api/tuning/check") return [200, { faults: faultsOf(tuned) }];
    if (path.startsWith("/api/tuning/trials")) {
      if (method === "POST") this.trial = { begunMs: Date.now(), tuned, isCancelled: false };
      if (method === "DELETE" && this.trial !== null) this.trial.isCancelled = true;
      return [method === "POST" ? 202 : 200, this.tried()];
    }
    const found = /^\/api\/tuning\/versions\/(\d+)(\/restore)?$/.exec(path);
    if (method === "POST" && base !== version)
      return [409, { code: "tuning.conflict", message: "somebody else saved meanwhile" }];
    if (found === null && method === "POST")
      return [201, { version: this.add(tuned, { author: "local", kind: "saved", comment, restores: null }) }];
    if (found === null) return [200, { versions: [...this.kept].reverse() }];
    const number = Number(found[1]);
    const content = (of: number) => this.kept[of - 1]?.tuned ?? EMPTY;
    if (found[2] === undefined) return [200, { tuned: content(number), before: content(number - 1) }];
    const how = { author: "local", kind: "restored", comment: "", restores: number } as const;
    return [201, { version: this.add(content(number), how) }];
  }

  private tried(): Trial {
    const { begunMs, isCancelled } = this.trial!;
    const calls = 8;
    const done = Math.min(calls, Math.floor((Date.now() - begunMs) / 120));
    const share = done / calls;
    const title = { zh: "抬高嗓门", en: "Raised voice" };
    const moved = [83, 312, 45].map((at_s, index) => ({
      call_id: index === 1 ? "call-0701" : "call-0702-b",
      call_title: index === 1 ? "8012 · 快递" : "8027 · parcel",
      comes: index !== 2,
      rule: "raised_voice",
      title: index === 2 ? { zh: "拒绝没讲原因", en: "Refuses without a reason" } : title,
      because: { zh: "比平时响 5.1 分贝", en: "5.1 dB louder than usual" },
      severity: "medium" as const,
      at_s,
    }));
    return {
      id: "1",
      status: isCancelled ? "cancelled" : done < calls ? "running" : "done",
      progress: share,
      calls,
      calls_done: done,
      calls_left_out: 0,
      hours: 1.6 * share,
      alerts_before: Math.round(31 * share),
      alerts_after: Math.round(33 * share),
      cues_before: Math.round(18 * share),
      cues_after: Math.round(18 * share),
      rules: [{ rule: "raised_voice", title, before: 4, after: 6 }],
      moved: moved.slice(0, Math.floor(3 * share)),
      moved_count: Math.floor(3 * share),
      error: "",
    };
  }
}

function faultsOf(tuned: Overlay): TuningFault[] {
  return Object.entries(tuned.rules).flatMap(([id, change]) =>
    [...(change.cue?.text?.zh ?? "")].length > 17
      ? [
          {
            level: "error",
            rule: id,
            field: "cue",
            line: 3,
            message: "the cue has more than 17 Chinese characters",
          } as const,
        ]
      : [],
  );
}
