/** What the server answers about calls that are over. See PROTOCOL.md. */
import type { Bilingual, Party, Severity } from "./messages";

export type PastState = "ended" | "cut_off" | "failed";

export interface Hit {
  readonly party: Party;
  readonly at_s: number;
  readonly before: string;
  readonly match: string;
  readonly after: string;
}

export interface RaisedRule {
  readonly rule: string;
  readonly severity: Severity;
  readonly count: number;
}

export interface PastCall {
  readonly number: number;
  readonly call_id: string;
  readonly started_at: string;
  readonly state: PastState;
  readonly title: string;
  readonly source: string;
  readonly agent: string;
  readonly has_words: boolean;
  readonly duration_s: number;
  readonly talk_s: Readonly<Record<Party, number>>;
  readonly overlap_s: number;
  readonly interruptions: Readonly<Record<Party, number>>;
  readonly heat_peak: number | null;
  readonly hot_s: number;
  readonly cues: number;
  readonly cues_followed: number;
  readonly rate_syl_s: Readonly<Record<Party, number | null>>;
  readonly words_per_min: number | null;
  readonly alerts: Readonly<Partial<Record<Severity, number>>>;
  readonly rules: readonly RaisedRule[];
  readonly hits: readonly Hit[];
}

export interface HistoryPart {
  readonly calls: readonly PastCall[];
  readonly next_before: number | null;
  readonly total: number;
  readonly waiting: number;
}

export interface Facets {
  readonly agents: readonly string[];
  readonly teams: Readonly<Record<string, readonly string[]>>;
  readonly rules: Readonly<Record<string, Bilingual>>;
}

export interface Sums {
  readonly key: string;
  readonly calls: number;
  readonly hours: number;
  readonly talk_s: Readonly<Record<Party, number>>;
  readonly interruptions: Readonly<Record<Party, number>>;
  readonly alerts: number;
  readonly cues: number;
  readonly cues_followed: number;
  readonly rate_syl_s: number | null;
  readonly words_per_min: number | null;
}

export type By = "day" | "week" | "agent";
