/** Which calls of the wall are shown: what the address asks, and which calls that means. */
import type { Severity } from "../protocol/messages";
import { type Attention, SEVERITY_RANK } from "./attention";
import { nameOf, type People } from "./people";
import type { WallCall } from "./wall";

/** Where a call stands on the wall. */
export const STATES = ["act", "watch", "calm", "ended"] as const;
export type Standing = (typeof STATES)[number];

/** From the worst; a filter takes each with those before it. */
export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low", "info"];

export interface Filters {
  readonly text: string;
  /** An alert of this severity or worse is open. */
  readonly least: Severity | null;
  readonly team: string | null;
  readonly agent: string | null;
  readonly state: Standing | null;
  /** Only calls that are not heard as they should be. */
  readonly isDegraded: boolean;
}

export const NO_FILTERS: Filters = {
  text: "",
  least: null,
  team: null,
  agent: null,
  state: null,
  isDegraded: false,
};

export const isFiltering = (filters: Filters): boolean => queryOf(filters).size > 0;

/** What the address asks; what it cannot mean counts for nothing. */
export function filtersOf(query: string): Filters {
  const asked = new URLSearchParams(query);
  const oneOf = <T extends string>(known: readonly T[], name: string) =>
    known.find((one) => one === asked.get(name)) ?? null;
  return {
    text: asked.get("q") ?? "",
    least: oneOf(SEVERITIES, "severity"),
    team: asked.get("team") || null,
    agent: asked.get("agent") || null,
    state: oneOf(STATES, "state"),
    isDegraded: asked.get("degraded") === "1",
  };
}

export function queryOf(filters: Filters): URLSearchParams {
  const asked = new URLSearchParams();
  const text = filters.text.trim();
  if (text !== "") asked.set("q", text);
  if (filters.least !== null) asked.set("severity", filters.least);
  if (filters.team !== null) asked.set("team", filters.team);
  if (filters.agent !== null) asked.set("agent", filters.agent);
  if (filters.state !== null) asked.set("state", filters.state);
  if (filters.isDegraded) asked.set("degraded", "1");
  return asked;
}

export function standingOf(attention: Attention): Standing {
  return attention >= 3 ? "act" : attention === 2 ? "watch" : "calm";
}

/** Notices that say what happened, and take nothing from what can be heard of the call. */
export const HARMLESS: ReadonlySet<string> = new Set([
  "source.length_differs",
  "device.back",
  "stream.late",
  "stream.restarted",
  "sound.gain_changed",
  "sound.line_changed",
  "sound.voice_changed",
  "words.back",
]);

/** Whether a call is not heard as it should be: without words, late, or with lost or spoilt sound. */
export function isDegraded(call: WallCall): boolean {
  return !call.hasWords || call.isLagging || Object.keys(call.notices).some((code) => !HARMLESS.has(code));
}

export function isShown(call: WallCall, known: People, filters: Filters): boolean {
  const { least, team, agent, state } = filters;
  if (agent !== null && call.agent !== agent) return false;
  if (team !== null && known[call.agent]?.team !== team) return false;
  if (filters.isDegraded && !isDegraded(call)) return false;
  if (state !== null && state !== (call.state === "live" ? standingOf(call.attention) : "ended"))
    return false;
  if (least !== null) {
    const worst = call.openAlerts[0];
    if (worst === undefined || SEVERITY_RANK[worst.severity] < SEVERITY_RANK[least]) return false;
  }
  const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const told = searched(call, known);
  return words.every((word) => told.includes(word));
}

/** What the search looks through: whose call it is, what it is called, and what is open. */
function searched(call: WallCall, known: People): string {
  const alerts = call.openAlerts.flatMap(({ title, because }) => [
    title.zh,
    title.en,
    because.zh,
    because.en,
  ]);
  const { team = "" } = known[call.agent] ?? {};
  return [call.agent, nameOf(known, call.agent), team, call.title, ...alerts].join("\n").toLowerCase();
}

/** What can be chosen among the calls that there are. */
export function choices(calls: Iterable<WallCall>, known: People): { teams: string[]; agents: string[] } {
  const teams = new Set<string>();
  const agents = new Set<string>();
  for (const { agent } of calls) {
    if (agent !== "") agents.add(agent);
    const team = known[agent]?.team;
    if (team) teams.add(team);
  }
  const byName = (a: string, b: string) => nameOf(known, a).localeCompare(nameOf(known, b));
  return { teams: [...teams].sort(), agents: [...agents].sort(byName) };
}
