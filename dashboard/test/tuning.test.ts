/** Drafts of what is tuned, without a browser. */
import { describe, expect, it } from "vitest";
import type { Overlay, Threshold, TunableRule } from "../src/protocol/tuning";
import {
  boundFault,
  differences,
  fits,
  NOTHING,
  rebased,
  ruleValueOf,
  thresholdOf,
  withoutRule,
  withRule,
  withThreshold,
} from "../src/tuning/draft";

const level: Threshold = {
  section: "detectors",
  name: "raised_level_db",
  label: { zh: "响度", en: "Louder by" },
  why: { zh: "", en: "" },
  unit: "dB",
  is_whole: false,
  default: 6,
  configured: 6,
  least: 0,
  most: null,
  is_least_allowed: false,
  is_most_allowed: false,
};
const rule: TunableRule = {
  id: "refusal_without_reason",
  topic: { zh: "解释与拒绝", en: "Explaining and refusing" },
  title: { zh: "拒绝没讲原因", en: "Refuses without a reason" },
  because: { zh: "", en: "" },
  who: "agent",
  severity: "medium",
  is_on: true,
  is_report_only: false,
  cool_down_s: 30,
  cue: { text: { zh: "讲清原因", en: "Give the reason" } },
  phrases: { zh: ["办不了"] },
  numbers: [{ place: "what.within_turns", value: 1, unit: "" }],
};

describe("a draft", () => {
  it("holds only what differs from what is there anyway", () => {
    const changed = withThreshold(NOTHING, level, 4);
    expect(changed).toEqual({ thresholds: { detectors: { raised_level_db: 4 } }, rules: {} });
    expect(thresholdOf(changed, level)).toBe(4);
    expect(withThreshold(changed, level, 6)).toEqual({ thresholds: {}, rules: {} });
    let draft = withRule(NOTHING, rule, ["numbers", "what.within_turns"], 2);
    draft = withRule(draft, rule, ["cue", "text", "en"], "Say why");
    draft = withRule(draft, rule, ["phrases", "zh"], ["办不了", "不行"]);
    expect(draft.rules.refusal_without_reason).toEqual({
      numbers: { "what.within_turns": 2 },
      cue: { text: { en: "Say why" } },
      phrases: { zh: ["办不了", "不行"] },
    });
    expect(ruleValueOf(draft, rule, ["cue", "text", "zh"])).toBe("讲清原因");
    draft = withRule(draft, rule, ["phrases", "zh"], ["办不了"]);
    draft = withRule(draft, rule, ["cue", "text", "en"], "Give the reason");
    expect(withRule(draft, rule, ["numbers", "what.within_turns"], 1)).toEqual({ thresholds: {}, rules: {} });
    expect(withoutRule(draft, rule.id)).toEqual(NOTHING);
  });

  it("says field by field what it changes", () => {
    const one = withThreshold(NOTHING, level, 4);
    const two = withRule(withThreshold(NOTHING, level, 5), rule, ["is_on"], false);
    expect(differences(one, two)).toEqual([
      { rule: rule.id, path: ["is_on"], before: null, after: false },
      { rule: "", path: ["detectors", "raised_level_db"], before: 4, after: 5 },
    ]);
    expect(differences(two, two)).toEqual([]);
  });

  it("keeps one's own changes and another's where both saved", () => {
    const base = withThreshold(NOTHING, level, 4);
    const mine = withRule(base, rule, ["is_on"], false);
    const theirs: Overlay = { thresholds: { cues: { between_s: 20 } }, rules: {} };
    expect(rebased(base, mine, theirs)).toEqual({
      thresholds: { cues: { between_s: 20 } },
      rules: { [rule.id]: { is_on: false } },
    });
    expect(rebased(base, NOTHING, base)).toEqual({ thresholds: {}, rules: {} });
  });

  it("knows a threshold's bounds", () => {
    expect([4, 0, -1, Number.NaN].map((value) => boundFault(level, value))).toEqual([
      null,
      "least",
      "least",
      "number",
    ]);
    const share = { ...level, least: 0.5, most: 1, is_most_allowed: true, is_whole: false };
    expect([0.5, 1, 1.1].map((value) => boundFault(share, value))).toEqual(["least", null, "most"]);
    expect(boundFault({ ...level, is_whole: true }, 1.5)).toBe("whole");
  });

  it("finds rules by id, title, topic and cue, in either language", () => {
    for (const search of ["", "refusal w", "讲原因", "explaining", "give the"]) {
      expect(fits(rule, undefined, search), search).toBe(true);
    }
    expect(fits(rule, undefined, "parcel")).toBe(false);
  });
});
