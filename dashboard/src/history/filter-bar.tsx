/** The filters over the history: each change goes into the address, and with it into what is shown. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { say, t } from "../i18n";
import type { Facets } from "../protocol/history";
import { nameOf, people } from "../state/people";
import { replaceQuery } from "../ui/router";
import { addressOf, daysAgo, type Filters, isAnySet, nothing, SEVERITIES, STATES } from "./filters";

/** While somebody types, the server is not asked letter by letter. */
const TYPED_MS = 350;

interface BarProps {
  readonly filters: Filters;
  readonly facets: Facets | null;
  /** Those that this view has; the others are not shown. */
  readonly shown: readonly (keyof Filters)[];
}

export function FilterBar({ filters, facets, shown }: BarProps) {
  const words = t.value.history.filter;
  const set = (changed: Partial<Filters>) => replaceQuery(addressOf({ ...filters, ...changed }));
  const has = (name: keyof Filters) => shown.includes(name);
  const [isOpen, setOpen] = useState(false);
  const others = shown.filter((name) => name !== "words" && filters[name] !== "").length;
  const agents = withChosen(facets?.agents ?? [], filters.agent);
  const teams = withChosen(Object.keys(facets?.teams ?? {}), filters.team);
  const rules = withChosen(Object.keys(facets?.rules ?? {}), filters.rule);
  const title = (rule: string) => {
    const known = facets?.rules[rule];
    return known === undefined ? rule : say(known);
  };
  return (
    <form class="filters" role="search" data-open={isOpen} onSubmit={(event) => event.preventDefault()}>
      {has("words") && <Typed value={filters.words} change={(value) => set({ words: value })} />}
      <button
        type="button"
        class="quiet filter-toggle"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {words.more(others)}
      </button>
      {has("agent") && (
        <Choice
          label={words.agent}
          value={filters.agent}
          all={words.anyAgent}
          options={agents.map((agent) => [agent, nameOf(people.value, agent)])}
          choose={(agent) => set({ agent })}
        />
      )}
      {has("team") && teams.length > 0 && (
        <Choice
          label={words.team}
          value={filters.team}
          all={words.anyTeam}
          options={teams.map((team) => [team, team])}
          choose={(team) => set({ team })}
        />
      )}
      {has("rule") && (
        <Choice
          label={words.rule}
          value={filters.rule}
          all={words.anyRule}
          options={rules.map((rule) => [rule, title(rule)])}
          choose={(rule) => set({ rule })}
        />
      )}
      {has("severity") && (
        <Choice
          label={words.severity}
          value={filters.severity}
          all={words.anySeverity}
          options={SEVERITIES.map((one) => [one, t.value.severityFrom[one]])}
          choose={(severity) => set({ severity: severity as Filters["severity"] })}
        />
      )}
      {has("state") && (
        <Choice
          label={words.state}
          value={filters.state}
          all={words.anyState}
          options={STATES.map((one) => [one, t.value.state[one]])}
          choose={(state) => set({ state: state as Filters["state"] })}
        />
      )}
      <Days filters={filters} set={set} />
      {isAnySet(filters) && (
        <button type="button" class="quiet" onClick={() => set(nothing)}>
          {words.clear}
        </button>
      )}
    </form>
  );
}

function Days({ filters, set }: { filters: Filters; set: (changed: Partial<Filters>) => void }) {
  const words = t.value.history.filter;
  const id = useId();
  const lasts = [1, 7, 30];
  return (
    <fieldset class="filter-days">
      <legend class="unseen">{words.days}</legend>
      {(["from", "to"] as const).map((name) => (
        <div key={name} class="filter">
          <label for={`${id}-${name}`}>{words[name]}</label>
          <input
            id={`${id}-${name}`}
            type="date"
            value={filters[name]}
            max={daysAgo(0)}
            onChange={(event) => set({ [name]: event.currentTarget.value })}
          />
        </div>
      ))}
      <span class="filter-lasts">
        {lasts.map((days) => {
          const from = daysAgo(days - 1);
          const isOn = filters.from === from && filters.to === "";
          return (
            <button
              key={days}
              type="button"
              class="quiet"
              aria-pressed={isOn}
              onClick={() => set({ from: isOn ? "" : from, to: "" })}
            >
              {words.last(days)}
            </button>
          );
        })}
      </span>
    </fieldset>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly all: string;
  readonly options: readonly (readonly [string, string])[];
  readonly choose: (value: string) => void;
}

function Choice({ label, value, all, options, choose }: ChoiceProps) {
  const id = useId();
  return (
    <div class="filter" data-set={value !== ""}>
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{all}</option>
        {options.map(([name, says]) => (
          <option key={name} value={name}>
            {says}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Takes effect when the typing rests, or by Enter at once. */
function Typed({ value, change }: { value: string; change: (value: string) => void }) {
  const words = t.value.history.filter;
  const id = useId();
  const [typed, setTyped] = useState(value);
  const timer = useRef(0);
  const told = useRef(value);
  useEffect(() => {
    // The address changed by another hand: a link, going back, or "clear".
    if (value !== told.current) {
      told.current = value;
      setTyped(value);
    }
  }, [value]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const tell = (now: string) => {
    window.clearTimeout(timer.current);
    told.current = now.trim();
    change(now.trim());
  };
  return (
    <div class="filter filter-words">
      <label for={id}>{words.words}</label>
      <input
        id={id}
        type="search"
        value={typed}
        placeholder={words.wordsHint}
        maxLength={200}
        autocomplete="off"
        onInput={(event) => {
          const now = event.currentTarget.value;
          setTyped(now);
          window.clearTimeout(timer.current);
          timer.current = window.setTimeout(() => tell(now), TYPED_MS);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.isComposing) tell(event.currentTarget.value);
        }}
      />
    </div>
  );
}

/** What is chosen can be seen, even where the server knows it no more. */
function withChosen(known: readonly string[], chosen: string): readonly string[] {
  return chosen === "" || known.includes(chosen) ? known : [...known, chosen];
}
