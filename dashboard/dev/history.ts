/** The mock's calls of the past: what the server would answer about calls that are over. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Facets, Hit, HistoryPart, PastCall, RaisedRule, Sums } from "../src/protocol/history";
import type { Bilingual, Severity } from "../src/protocol/messages";
import { SEVERITIES } from "../src/history/filters";
import type { Script } from "./scenario";
import { billing, ended, parcel } from "./scripts";

const AGENTS = ["3012 林", "3045 Meyer", "3051 周", "3060 Okafor", "3077 何"];
const TEAMS = { 投递: ["3012 林", "3051 周", "3077 何"], Billing: ["3045 Meyer", "3060 Okafor"] };
const RULES: Readonly<Record<string, readonly [string, string, Severity]>> = {
  hot_temper: ["客户情绪激烈", "Caller is heated", "high"],
  agent_interrupts: ["坐席打断客户", "Agent interrupts", "medium"],
  wants_leader: ["客户要求找领导", "Caller wants a manager", "critical"],
  dead_air: ["长时间无人说话", "Nobody speaks for long", "low"],
  agent_fast: ["坐席说得太快", "Agent speaks fast", "low"],
};
const DAYS = 34;
const EVERY = 3;

/** The same numbers each time: pictures can be compared. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const title = (rule: string): Bilingual => ({ zh: RULES[rule]![0], en: RULES[rule]![1] });

/** All calls of the past, the latest first: those that can be opened, then others of the last month. */
function calls(): PastCall[] {
  const now = Date.now();
  const opened = [parcel, billing, ...ended].map((script, place) =>
    past(script.id, script.agent, now - (place + 1) * 2_700_000, 50_000 - place, script, random(place + 5)),
  );
  const chance = random(42);
  const others: PastCall[] = [];
  for (let day = 0; day < DAYS; day += 1) {
    for (let place = 0; place < EVERY + (day % 4); place += 1) {
      const at = now - 86_400_000 * day - 3_600_000 * (4 + place * 1.3);
      const agent = AGENTS[Math.floor(chance() * AGENTS.length)]!;
      others.push(past(`past-${day}-${place}`, agent, at, 49_000 - day * 20 - place, null, chance));
    }
  }
  return [...opened, ...others];
}

function past(
  id: string,
  agent: string,
  at: number,
  number: number,
  script: Script | null,
  chance: () => number,
): PastCall {
  const duration = script?.duration ?? 90 + chance() * 700;
  const talk = duration * (0.62 + chance() * 0.2);
  const share = 0.38 + chance() * 0.3;
  const cues = Math.floor(chance() * 6);
  const raised: RaisedRule[] = Object.entries(RULES)
    .map(([rule, [, , severity]]) => ({ rule, severity, count: Math.max(0, Math.floor(chance() * 4 - 1.6)) }))
    .filter((one) => one.count > 0)
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const alerts: Partial<Record<Severity, number>> = {};
  for (const one of raised) alerts[one.severity] = (alerts[one.severity] ?? 0) + one.count;
  const odd = chance();
  return {
    number,
    call_id: id,
    started_at: new Date(at).toISOString(),
    state: script === null && odd > 0.96 ? "failed" : script === null && odd > 0.92 ? "cut_off" : "ended",
    title: script?.title ?? "",
    source: "stream",
    agent,
    has_words: true,
    duration_s: duration,
    talk_s: { agent: talk * share, caller: talk * (1 - share) },
    overlap_s: talk * 0.02,
    interruptions: { agent: Math.floor(chance() * 4), caller: Math.floor(chance() * 3) },
    heat_peak: 0.15 + chance() * 0.8,
    hot_s: chance() * 20,
    cues,
    cues_followed: Math.min(cues, Math.floor(chance() * (cues + 1))),
    rate_syl_s: { agent: 4.2 + chance() * 1.6, caller: 4.5 + chance() },
    words_per_min: null,
    alerts,
    rules: raised,
    hits: [],
  };
}

function hitsOf(call: PastCall, words: string): Hit[] {
  const script = [parcel, billing, ...ended].find((one) => one.id === call.call_id);
  const found: Hit[] = [];
  for (const line of script?.lines ?? []) {
    const place = line.text.toLowerCase().indexOf(words.toLowerCase());
    if (place < 0) continue;
    const end = place + words.length;
    found.push({
      party: line.party,
      at_s: line.start + ((line.end - line.start) * place) / line.text.length,
      before: line.text.slice(0, place),
      match: line.text.slice(place, end),
      after: line.text.slice(end),
    });
  }
  return found.slice(0, 3);
}

function fitting(asked: URLSearchParams): PastCall[] {
  const [from, to] = [asked.get("from"), asked.get("to")];
  const rank = (severity: Severity) => SEVERITIES.length - SEVERITIES.indexOf(severity);
  const wanted = asked.get("severity") as Severity | null;
  const words = asked.get("words");
  return calls()
    .filter((call) => asked.get("agent") === null || call.agent === asked.get("agent"))
    .filter((call) => {
      const team = asked.get("team");
      return team === null || (TEAMS as Record<string, string[]>)[team]?.includes(call.agent);
    })
    .filter((call) => asked.get("state") === null || call.state === asked.get("state"))
    .filter((call) => from === null || call.started_at >= from)
    .filter((call) => to === null || call.started_at < to)
    .filter((call) => asked.get("rule") === null || call.rules.some((one) => one.rule === asked.get("rule")))
    .filter((call) => wanted === null || call.rules.some((one) => rank(one.severity) >= rank(wanted)))
    .map((call) => (words === null ? call : { ...call, hits: hitsOf(call, words) }))
    .filter((call) => words === null || call.hits.length > 0);
}

function search(asked: URLSearchParams): HistoryPart {
  const all = fitting(asked);
  const before = Number(asked.get("before") ?? Number.POSITIVE_INFINITY);
  const limit = Number(asked.get("limit") ?? 50);
  const page = all.filter((call) => call.number < before).slice(0, limit);
  const next = page.length === limit ? (page.at(-1)?.number ?? null) : null;
  return { calls: page, next_before: next, total: all.length, waiting: 0 };
}

function trends(asked: URLSearchParams): { sums: Sums[] } {
  const by = asked.get("by") ?? "day";
  const groups = new Map<string, PastCall[]>();
  for (const call of fitting(asked)) {
    const key = by === "agent" ? call.agent : dayOf(call.started_at, by === "week");
    groups.set(key, [...(groups.get(key) ?? []), call]);
  }
  return { sums: [...groups.keys()].sort().map((key) => sumsOf(key, groups.get(key)!)) };
}

function sumsOf(key: string, of: readonly PastCall[]): Sums {
  const sum = (value: (call: PastCall) => number) => of.reduce((total, call) => total + value(call), 0);
  return {
    key,
    calls: of.length,
    hours: sum((call) => call.duration_s) / 3600,
    talk_s: { agent: sum((call) => call.talk_s.agent), caller: sum((call) => call.talk_s.caller) },
    interruptions: {
      agent: sum((call) => call.interruptions.agent),
      caller: sum((call) => call.interruptions.caller),
    },
    alerts: sum((call) => Object.values(call.alerts).reduce((total, count) => total + count, 0)),
    cues: sum((call) => call.cues),
    cues_followed: sum((call) => call.cues_followed),
    rate_syl_s: sum((call) => call.rate_syl_s.agent ?? 0) / of.length,
    words_per_min: null,
  };
}

function dayOf(startedAt: string, isWeek: boolean): string {
  const day = new Date(startedAt);
  if (isWeek) day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  return day.toISOString().slice(0, 10);
}

function marks(asked: URLSearchParams) {
  const raised = new Map<string, number>();
  for (const one of fitting(asked).flatMap((call) => call.rules))
    raised.set(one.rule, (raised.get(one.rule) ?? 0) + one.count);
  const rules = [...raised].map(([rule, count], place) => {
    const [right, wrong] = [Math.floor(count / (3 + place)), Math.floor(count / (9 + 7 * place))];
    return {
      rule,
      raised: count,
      marked_false: wrong,
      marked_true: right,
      unmarked: count - right - wrong,
      acknowledged_unmarked: 0,
      precision: right + wrong === 0 ? null : right / (right + wrong),
    };
  });
  return { start: asked.get("from"), end: asked.get("to"), rules };
}

const facets: Facets = {
  agents: AGENTS,
  teams: TEAMS,
  rules: Object.fromEntries(Object.keys(RULES).map((rule) => [rule, title(rule)])),
};

/** What was posted: words stand in no address. */
async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return new URLSearchParams(body);
}

/** Answers about the history; false where something else was asked. */
export function answerHistory(request: IncomingMessage, response: ServerResponse): boolean {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://mock");
  const answers: Record<string, (asked: URLSearchParams) => unknown> = {
    "/api/history": search,
    "/api/history/facets": () => facets,
    "/api/history/trends": trends,
    "/api/marks/rules": marks,
  };
  const answer = answers[pathname];
  if (answer !== undefined) {
    const tell = (asked: URLSearchParams) =>
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer(asked)));
    if (request.method === "POST") void formOf(request).then(tell);
    else tell(searchParams);
    return true;
  }
  const isFile = pathname === "/api/history/calls.csv" || /^\/api\/calls\/[^/]+\/report$/.test(pathname);
  if (!isFile) return false;
  const name = pathname.endsWith("csv") ? "calls.csv" : `report.${searchParams.get("format") ?? "html"}`;
  response
    .writeHead(200, {
      "Content-Type": "application/octet-stream",
      "Content-Disposition": `attachment; filename="${name}"`,
    })
    .end("an invented file");
  return true;
}
