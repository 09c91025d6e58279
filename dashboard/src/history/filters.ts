/** What is looked for: in the address, where it can be linked to, and as the server is asked. */
import type { PastState } from "../protocol/history";
import type { Severity } from "../protocol/messages";

export interface Filters {
  readonly words: string;
  readonly agent: string;
  readonly team: string;
  /** Days of the viewer, as 2026-03-01; both belong to the stretch. Empty: without a bound. */
  readonly from: string;
  readonly to: string;
  readonly rule: string;
  /** At least that grave. */
  readonly severity: Severity | "";
  readonly state: PastState | "";
}

/** Gravest first. */
export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low", "info"];
export const STATES: readonly PastState[] = ["ended", "cut_off", "failed"];

export const nothing: Filters = {
  words: "",
  agent: "",
  team: "",
  from: "",
  to: "",
  rule: "",
  severity: "",
  state: "",
};

const NAMES = Object.keys(nothing) as (keyof Filters)[];

/** What an address asks for; what it asks that is no such thing is left out. */
export function filtersOf(search: string): Filters {
  const asked = new URLSearchParams(search);
  const text = (name: keyof Filters) => asked.get(name)?.trim() ?? "";
  const one = <T extends string>(name: keyof Filters, known: readonly T[]): T | "" =>
    known.find((value) => value === text(name)) ?? "";
  const day = (name: "from" | "to") => (isDay(text(name)) ? text(name) : "");
  return {
    words: text("words"),
    agent: text("agent"),
    team: text("team"),
    from: day("from"),
    to: day("to"),
    rule: text("rule"),
    severity: one("severity", SEVERITIES),
    state: one("state", STATES),
  };
}

/** The address's part for filters: only what is set. */
export function addressOf(filters: Filters): URLSearchParams {
  const set = NAMES.filter((name) => filters[name] !== "");
  return new URLSearchParams(set.map((name) => [name, filters[name]]));
}

/** What the server is asked: days become instants of the viewer's zone. */
export function askedOf(filters: Filters): URLSearchParams {
  const asked = addressOf(filters);
  if (filters.from !== "") asked.set("from", midnight(filters.from, 0).toISOString());
  if (filters.to !== "") asked.set("to", midnight(filters.to, 1).toISOString());
  return asked;
}

export function isSame(a: Filters, b: Filters): boolean {
  return NAMES.every((name) => a[name] === b[name]);
}

export const isAnySet = (filters: Filters): boolean => !isSame(filters, nothing);

/** The viewer's today, less some days. */
export function daysAgo(days: number, now = new Date()): string {
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days);
  const pad = (n: number) => String(n).padStart(2, "0");
  return `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
}

export const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(midnight(text, 0).getTime());
}

/** The beginning of the viewer's day, `later` days on; days are not always 24 hours long. */
function midnight(day: string, later: number): Date {
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  return new Date(year, month - 1, date + later);
}
