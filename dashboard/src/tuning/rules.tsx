/** The rules: found by search and topic, each opened to be tuned. */
import { useState } from "preact/hooks";
import { language, say, t } from "../i18n";
import type { Severity } from "../protocol/messages";
import type { TunableRule } from "../protocol/tuning";
import { fits, isTuned, type RulePath, ruleValueOf, withoutRule, withRule, writtenOf } from "./draft";
import { NumberField, TextField, TunedMark } from "./fields";
import { Nothing } from "../ui/none";
import { placeName } from "./places";
import { draft, edit, faults, server } from "./store";

const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;
const SHOWN_MAX = 60;
const LANGS = { zh: "zh-CN", en: "en" } as const;

export function RulesForm() {
  const words = t.value.tuning;
  const [search, setSearch] = useState("");
  const [topic, setTopic] = useState("");
  const [isChangedOnly, setChangedOnly] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const [more, setMore] = useState(SHOWN_MAX);
  const { rules } = server.value!;
  const tuned = draft.value!;
  const topics = [...new Set(rules.filter((rule) => rule.severity !== "").map((rule) => say(rule.topic)))];
  const found = rules.filter((rule) => {
    const isSignal = rule.severity === "";
    if (isChangedOnly && !isTuned(tuned, rule.id)) return false;
    if (topic === "signals" ? !isSignal : isSignal && !isChangedOnly) return false;
    if (topic !== "" && topic !== "signals" && say(rule.topic) !== topic) return false;
    return fits(rule, tuned.rules[rule.id], search);
  });
  return (
    <>
      <form class="rules-find" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="rules-search">
          <span class="unseen">{words.search}</span>
          <input
            type="search"
            placeholder={words.searchHint}
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        <label>
          <span class="unseen">{words.topic}</span>
          <select value={topic} onChange={(event) => setTopic(event.currentTarget.value)}>
            <option value="">{words.allTopics}</option>
            {topics.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
            <option value="signals">{words.signals}</option>
          </select>
        </label>
        <label class="rules-only">
          <input
            type="checkbox"
            checked={isChangedOnly}
            onChange={(event) => setChangedOnly(event.currentTarget.checked)}
          />
          {words.changedOnly}
        </label>
        <span role="status" class="rules-count">
          {words.shown(found.length)}
        </span>
      </form>
      {found.length === 0 && <Nothing look="tuning-none" says={words.none} why={words.noneWhy} />}
      <ul class="rules">
        {found.slice(0, more).map((rule) => (
          <RuleRow
            key={rule.id}
            rule={rule}
            isOpen={open === rule.id}
            onToggle={() => setOpen(open === rule.id ? null : rule.id)}
          />
        ))}
      </ul>
      {found.length > more && (
        <button type="button" class="quiet" onClick={() => setMore(more + 2 * SHOWN_MAX)}>
          {words.more(found.length - more)}
        </button>
      )}
    </>
  );
}

interface RowProps {
  readonly rule: TunableRule;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function RuleRow({ rule, isOpen, onToggle }: RowProps) {
  const words = t.value.tuning;
  const tuned = draft.value!;
  const severity = String(ruleValueOf(tuned, rule, ["severity"]) ?? "");
  const isOn = ruleValueOf(tuned, rule, ["is_on"]) !== false;
  const found = faults.value.filter((one) => one.rule === rule.id);
  return (
    <li class="rule" data-off={!isOn} data-open={isOpen}>
      <h2>
        <button type="button" class="rule-head" aria-expanded={isOpen} onClick={onToggle}>
          <span class="rule-title">{say(rule.title)}</span>
          {!isOn && <span class="rule-tag">{words.off}</span>}
          {isTuned(tuned, rule.id) && <TunedMark />}
          {severity !== "" && (
            <span class="badge" data-severity={severity}>
              {t.value.severity[severity as Severity]}
            </span>
          )}
          <span class="rule-topic">{say(rule.topic)}</span>
        </button>
      </h2>
      {isOpen && (
        <div class="rule-body">
          <p class="rule-why">
            {say(rule.because).replaceAll(/\{\w+\}/g, "…")}
            {rule.is_report_only && <span class="rule-tag">{words.reportOnly}</span>}
            <code>{rule.id}</code>
          </p>
          {found.map((one) => (
            <p key={one.message} class="rule-fault" role={one.level === "error" ? "alert" : undefined}>
              {one.field !== "" && <code>{one.field}</code>} {one.message}
            </p>
          ))}
          <RuleFields rule={rule} />
          {isTuned(tuned, rule.id) && (
            <button type="button" class="quiet" onClick={() => edit(withoutRule(tuned, rule.id))}>
              {words.resetOf(say(rule.title))}
            </button>
          )}
        </div>
      )}
    </li>
  );
}

function RuleFields({ rule }: { rule: TunableRule }) {
  const words = t.value.tuning;
  const tuned = draft.value!;
  const value = (path: RulePath) => ruleValueOf(tuned, rule, path);
  const set = (path: RulePath, next: unknown) => edit(withRule(tuned, rule, path, next));
  const id = (name: string) => `r-${rule.id}-${name}`;
  const atLeast = (least: number) => (number: number) =>
    Number.isFinite(number) ? (number < least ? words.bounds.least(least, true) : null) : words.bounds.number;
  return (
    <>
      {rule.severity !== "" && (
        <div class="rule-basics">
          <label class="rules-only">
            <input
              type="checkbox"
              checked={value(["is_on"]) !== false}
              onChange={(event) => set(["is_on"], event.currentTarget.checked)}
            />
            {words.on}
          </label>
          <label class="rule-severity">
            {words.severity}
            <select
              value={String(value(["severity"]))}
              onChange={(event) => set(["severity"], event.currentTarget.value)}
            >
              {SEVERITIES.map((one) => (
                <option key={one} value={one}>
                  {t.value.severity[one]}
                </option>
              ))}
            </select>
          </label>
          <NumberField
            id={id("cool")}
            label={words.coolDown}
            unit={words.seconds}
            value={Number(value(["cool_down_s"]))}
            usual={rule.cool_down_s}
            fault={atLeast(0)}
            onChange={(next) => set(["cool_down_s"], next)}
          />
        </div>
      )}
      {rule.cue !== null && <CueFields rule={rule} />}
      {rule.numbers.length > 0 && (
        <fieldset>
          <legend>{words.numbers}</legend>
          {rule.numbers.map(({ place, value: usual, unit }) => (
            <NumberField
              key={place}
              id={id(place)}
              label={placeName(place)}
              unit={unit}
              value={Number(value(["numbers", place]))}
              usual={usual}
              fault={(number) => (Number.isFinite(number) ? null : words.bounds.number)}
              onChange={(next) => set(["numbers", place], next)}
            />
          ))}
        </fieldset>
      )}
      {rule.phrases !== null && (
        <fieldset>
          <legend>{words.phrases}</legend>
          {Object.entries(rule.phrases).map(([name, written]) =>
            Array.isArray(written) ? (
              <TextField
                key={name}
                id={id(name)}
                label={words.phraseNames[name] ?? name}
                lang={name.endsWith("en") ? LANGS.en : LANGS.zh}
                rows={Math.min(10, written.length + 1)}
                value={(value(["phrases", name]) as string[]).join("\n")}
                usual={written.join("\n")}
                onChange={(text) => set(["phrases", name], text.split("\n"))}
              />
            ) : null,
          )}
        </fieldset>
      )}
    </>
  );
}

function CueFields({ rule }: { rule: TunableRule }) {
  const words = t.value.tuning;
  const tuned = draft.value!;
  const parts = (["text", "say"] as const).filter((part) => rule.cue?.[part] !== undefined);
  return (
    <>
      {parts.map((part) => (
        <fieldset key={part} class="rule-pair">
          <legend>
            {part === "text" ? words.cue : words.say}
            {part === "text" && <small>{words.cueHint}</small>}
          </legend>
          {(language.value === "zh" ? (["zh", "en"] as const) : (["en", "zh"] as const)).map((code) => (
            <TextField
              key={code}
              id={`r-${rule.id}-${part}-${code}`}
              label={code === "zh" ? words.chinese : words.english}
              lang={LANGS[code]}
              value={String(ruleValueOf(tuned, rule, ["cue", part, code]))}
              usual={String(writtenOf(rule, ["cue", part, code]))}
              onChange={(text) => edit(withRule(tuned, rule, ["cue", part, code], text))}
            />
          ))}
        </fieldset>
      ))}
    </>
  );
}
