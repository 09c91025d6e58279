/** The thresholds, by what they are about. */
import { say, t } from "../i18n";
import type { Threshold } from "../protocol/tuning";
import { boundFault, thresholdOf, withThreshold } from "./draft";
import { NumberField } from "./fields";
import { draft, edit, faults, server } from "./store";

/** What a threshold of the detectors is about, by the beginning of its name. */
const GROUPS: readonly (readonly [string, RegExp])[] = [
  ["hot", /^hot_/],
  ["raised", /^raised_/],
  ["pace", /^(pace|slow|fast)_/],
  ["dead", /^dead_/],
  ["talk", /^talk_/],
  ["interruption", /^(interruption|long_overlap)/],
  ["yield", /^(yield|long_turn|let_speak)/],
  ["min", /^min_/],
];

interface Group {
  readonly key: string;
  readonly title: string;
  readonly thresholds: readonly Threshold[];
}

function grouped(all: readonly Threshold[]): Group[] {
  const words = t.value.tuning;
  const detectors = all.filter((one) => one.section === "detectors");
  const groups = GROUPS.map(([key, names]) => ({
    key,
    title: words.groups[key]!,
    thresholds: detectors.filter((one) => names.test(one.name)),
  }));
  const others = ["cues", "reading", "rules"].map((key) => ({
    key,
    title: words.sections[key]!,
    thresholds: all.filter((one) => one.section === key),
  }));
  return [...groups, ...others].filter((group) => group.thresholds.length > 0);
}

export function ThresholdsForm() {
  return (
    <>
      {grouped(server.value!.thresholds).map((group) => (
        <section key={group.key} class="knobs" aria-labelledby={`group-${group.key}`}>
          <h2 id={`group-${group.key}`}>{group.title}</h2>
          {group.thresholds.map((one) => (
            <ThresholdField key={one.name} threshold={one} />
          ))}
        </section>
      ))}
    </>
  );
}

function ThresholdField({ threshold }: { threshold: Threshold }) {
  const { bounds } = t.value.tuning;
  const fault = (value: number): string | null => {
    const kind = boundFault(threshold, value);
    if (kind === "least") return bounds.least(threshold.least!, threshold.is_least_allowed);
    if (kind === "most") return bounds.most(threshold.most!, threshold.is_most_allowed);
    return kind === null ? null : bounds[kind];
  };
  const field = `${threshold.section}.${threshold.name}`;
  return (
    <NumberField
      id={`t-${field}`}
      label={say(threshold.label)}
      why={say(threshold.why)}
      unit={threshold.unit}
      value={thresholdOf(draft.value!, threshold)}
      usual={threshold.configured}
      fault={fault}
      refused={faults.value.find((one) => one.rule === "" && one.field === field)?.message}
      onChange={(value) => edit(withThreshold(draft.value!, threshold, value))}
    />
  );
}
