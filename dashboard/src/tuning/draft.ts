/** A draft of what is tuned, as values that are never changed in place; and what two of them differ in. */
import type { Overlay, RuleChange, Threshold, TunableRule } from "../protocol/tuning";

export const NOTHING: Overlay = { thresholds: {}, rules: {} };

type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const same = (one: unknown, other: unknown): boolean =>
  isTree(one) && isTree(other)
    ? [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) => same(one[key], other[key]))
    : Array.isArray(one) && Array.isArray(other)
      ? one.length === other.length && one.every((value, at) => same(value, other[at]))
      : one === other;

/** The tree with a value at a path; `undefined` takes it away, and with it tables that are left empty. */
function put(tree: Tree, path: readonly string[], value: unknown): Tree {
  const [first, ...rest] = path as [string, ...string[]];
  const inner = rest.length === 0 ? value : put(isTree(tree[first]) ? tree[first] : {}, rest, value);
  const isGone = inner === undefined || (rest.length > 0 && isTree(inner) && Object.keys(inner).length === 0);
  const { [first]: _, ...others } = tree;
  return isGone ? others : { ...others, [first]: inner };
}

/** The tables of a draft are there, though empty. */
const whole = (tree: Tree): Overlay => ({ ...NOTHING, ...tree }) as Overlay;

const tree = (overlay: Overlay) => overlay as unknown as Tree;

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isTree(inner) ? inner[key] : undefined), value);
}

/** What a threshold is by the draft. */
export function thresholdOf(draft: Overlay, threshold: Threshold): number {
  return draft.thresholds[threshold.section]?.[threshold.name] ?? threshold.configured;
}

/** The draft with a threshold at a value; at the value that it has anyway, it is not tuned. */
export function withThreshold(draft: Overlay, threshold: Threshold, value: number): Overlay {
  const told = value === threshold.configured ? undefined : value;
  return whole(put(tree(draft), ["thresholds", threshold.section, threshold.name], told));
}

/** Where a field of a rule stands in its change, and in the rule as its file has it. */
export type RulePath =
  | readonly ["is_on" | "severity" | "cool_down_s"]
  | readonly ["numbers", string]
  | readonly ["cue", "text" | "say", "zh" | "en"]
  | readonly ["phrases", string];

export function writtenOf(rule: TunableRule, path: RulePath): unknown {
  if (path[0] === "numbers") return rule.numbers.find((number) => number.place === path[1])?.value;
  return at(rule, path);
}

export function ruleValueOf(draft: Overlay, rule: TunableRule, path: RulePath): unknown {
  const tuned = at(draft.rules[rule.id], path);
  return tuned === undefined ? writtenOf(rule, path) : tuned;
}

export function withRule(draft: Overlay, rule: TunableRule, path: RulePath, value: unknown): Overlay {
  const told = same(value, writtenOf(rule, path)) ? undefined : value;
  return whole(put(tree(draft), ["rules", rule.id, ...path], told));
}

/** The draft with a rule as its file has it. */
export function withoutRule(draft: Overlay, id: string): Overlay {
  const { [id]: _, ...rules } = draft.rules;
  return { ...draft, rules };
}

export const isTuned = (draft: Overlay, id: string): boolean => draft.rules[id] !== undefined;

/** One field in which two states differ; `null` where one does not name it. */
export interface Difference {
  /** Empty of a threshold, whose section the path begins with. */
  readonly rule: string;
  readonly path: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
}

/** What another state changes, field by field. */
export function differences(before: Overlay, after: Overlay): Difference[] {
  const found: Difference[] = [];
  const walk = (one: unknown, other: unknown, path: readonly string[]): void => {
    if (same(one, other)) return;
    if ((isTree(one) || one === undefined) && (isTree(other) || other === undefined)) {
      const keys = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})]);
      for (const key of [...keys].sort()) walk(one?.[key], other?.[key], [...path, key]);
      return;
    }
    const [kind, name, ...rest] = path;
    const isRule = kind === "rules";
    found.push({
      rule: isRule ? name! : "",
      path: isRule ? rest : [name!, ...rest],
      before: one ?? null,
      after: other ?? null,
    });
  };
  walk(before, after, []);
  return found;
}

/**
 * One's own changes laid over what somebody else saved meanwhile: each field that one has changed since
 * `base` is one's own, every other is theirs.
 */
export function rebased(base: Overlay, mine: Overlay, theirs: Overlay): Overlay {
  let merged = tree(theirs);
  for (const { rule, path, after } of differences(base, mine)) {
    const place = rule === "" ? ["thresholds", ...path] : ["rules", rule, ...path];
    merged = put(merged, place, after ?? undefined);
  }
  return whole(merged);
}

/** The draft as it is sent: without the empty lines that stand among phrases while somebody types. */
export function cleaned(draft: Overlay): Overlay {
  const rules = Object.entries(draft.rules).map(([id, change]) => {
    if (change.phrases === undefined) return [id, change] as const;
    const phrases = Object.entries(change.phrases).map(
      ([name, lines]) => [name, lines.map((line) => line.trim()).filter((line) => line !== "")] as const,
    );
    return [id, { ...change, phrases: Object.fromEntries(phrases) }] as const;
  });
  return { ...draft, rules: Object.fromEntries(rules) };
}

/** Why a number cannot be a threshold: null, or which bound it breaks. */
export function boundFault(
  threshold: Threshold,
  value: number,
): "number" | "whole" | "least" | "most" | null {
  if (!Number.isFinite(value)) return "number";
  if (threshold.is_whole && !Number.isInteger(value)) return "whole";
  const { least, most } = threshold;
  if (least !== null && (threshold.is_least_allowed ? value < least : value <= least)) return "least";
  if (most !== null && (threshold.is_most_allowed ? value > most : value >= most)) return "most";
  return null;
}

/** Whether a rule is one that somebody looks for. */
export function fits(rule: TunableRule, change: RuleChange | undefined, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  if (wanted === "") return true;
  const texts = [rule.id, rule.id.replaceAll("_", " "), rule.title.zh, rule.title.en, rule.because.zh];
  texts.push(rule.because.en, rule.topic.zh, rule.topic.en, JSON.stringify(rule.cue ?? ""));
  return [...texts, JSON.stringify(change ?? "")].some((text) => text.toLowerCase().includes(wanted));
}
