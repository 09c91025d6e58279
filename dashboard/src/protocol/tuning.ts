/** What the server says about tuning: PROTOCOL.md, "Tuning of thresholds and rules". */
import type { Bilingual, Severity } from "./messages";

export type Value = number | boolean | string;

/** What is tuned about a rule: only what is named changes. */
export interface RuleChange {
  readonly is_on?: boolean;
  readonly severity?: Severity;
  readonly cool_down_s?: number;
  readonly cue?: { readonly text?: Bilingual; readonly say?: Bilingual };
  readonly phrases?: Readonly<Record<string, readonly string[]>>;
  readonly numbers?: Readonly<Record<string, number>>;
}

export interface Overlay {
  readonly thresholds: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly rules: Readonly<Record<string, RuleChange>>;
}

export interface Threshold {
  readonly section: string;
  readonly name: string;
  readonly label: Bilingual;
  readonly why: Bilingual;
  readonly unit: string;
  readonly is_whole: boolean;
  readonly default: number;
  readonly configured: number;
  readonly least: number | null;
  readonly most: number | null;
  readonly is_least_allowed: boolean;
  readonly is_most_allowed: boolean;
}

export interface TunableRule {
  readonly id: string;
  readonly topic: Bilingual;
  readonly title: Bilingual;
  readonly because: Bilingual;
  readonly who: string;
  /** Empty of a signal. */
  readonly severity: Severity | "";
  readonly is_on: boolean;
  readonly is_report_only: boolean;
  readonly cool_down_s: number;
  readonly cue: { readonly text: Bilingual; readonly say?: Bilingual } | null;
  readonly phrases: Readonly<Record<string, readonly string[] | number>> | null;
  readonly numbers: readonly { readonly place: string; readonly value: number; readonly unit: string }[];
}

export interface TuningState {
  readonly version: number;
  readonly tuned: Overlay;
  readonly fault: string;
  readonly thresholds: readonly Threshold[];
  readonly rules: readonly TunableRule[];
}

export interface TuningFault {
  readonly level: "error" | "warning";
  readonly rule: string;
  readonly field: string;
  readonly line: number;
  readonly message: string;
}

export interface MovedAlert {
  readonly call_id: string;
  readonly call_title: string;
  readonly comes: boolean;
  readonly rule: string;
  readonly title: Bilingual;
  readonly because: Bilingual;
  readonly severity: Severity;
  readonly at_s: number;
}

export interface Trial {
  readonly id: string;
  readonly status: "running" | "done" | "cancelled" | "failed";
  readonly progress: number;
  readonly calls: number;
  readonly calls_done: number;
  readonly calls_left_out: number;
  readonly hours: number;
  readonly alerts_before: number;
  readonly alerts_after: number;
  readonly cues_before: number;
  readonly cues_after: number;
  readonly rules: readonly {
    readonly rule: string;
    readonly title: Bilingual;
    readonly before: number;
    readonly after: number;
  }[];
  readonly moved: readonly MovedAlert[];
  readonly moved_count: number;
  readonly error: string;
}

/** A rule whose cues rest, because agents sent them away; `agent` is empty where they do for everybody. */
export interface QuietRule {
  readonly rule: string;
  readonly agent: string;
  readonly times: number;
  /** Seconds of the epoch. */
  readonly since_s: number;
  readonly until_s: number;
}

export interface TuningVersion {
  readonly number: number;
  readonly at: string;
  readonly author: string;
  readonly kind: "saved" | "restored" | "outside";
  readonly comment: string;
  readonly restores: number | null;
}
