/** Search and filters above the wall. */
import { useRef } from "preact/hooks";
import { t } from "../i18n";
import { choices, type Filters, isFiltering, SEVERITIES, STATES } from "../state/filters";
import { nameOf, people } from "../state/people";
import type { WallCall } from "../state/wall";
import { Icon } from "../ui/icons";
import { useSlash } from "../ui/keys";
import { clearFilters, filters, setFilters } from "./address";

interface ToolbarProps {
  readonly calls: readonly WallCall[];
  readonly shown: number;
}

export function Toolbar({ calls, shown }: ToolbarProps) {
  const words = t.value.filter;
  const search = useRef<HTMLInputElement>(null);
  useSlash(search);
  const asked = filters.value;
  const known = people.value;
  const { teams, agents } = choices(calls, known);
  return (
    <search class="toolbar">
      <label class="toolbar-search">
        <span class="unseen">{words.search}</span>
        <Icon name="search" size={15} />
        <input
          ref={search}
          type="search"
          value={asked.text}
          placeholder={words.searchHint}
          aria-keyshortcuts="/"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setFilters({ text: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            setFilters({ text: "" });
            event.currentTarget.blur();
          }}
        />
      </label>
      <Choice
        name="least"
        label={words.severity}
        value={asked.least}
        options={SEVERITIES.slice(0, -1).map((one) => [one, t.value.severityFrom[one]])}
      />
      <Choice
        name="state"
        label={words.state}
        value={asked.state}
        options={STATES.map((one) => [one, words.states[one]])}
      />
      {(teams.length > 0 || asked.team !== null) && (
        <Choice
          name="team"
          label={words.team}
          value={asked.team}
          options={withAsked(teams, asked.team).map((one) => [one, one])}
        />
      )}
      {(agents.length > 1 || asked.agent !== null) && (
        <Choice
          name="agent"
          label={words.agent}
          value={asked.agent}
          options={withAsked(agents, asked.agent).map((one) => [one, nameOf(known, one)])}
        />
      )}
      <button
        type="button"
        class="toolbar-mark"
        aria-pressed={asked.isDegraded}
        onClick={() => setFilters({ isDegraded: !asked.isDegraded })}
      >
        <Icon name="degraded" size={13} />
        {words.degraded}
      </button>
      {isFiltering(asked) && (
        <>
          <span class="toolbar-count" role="status">
            {words.shown(shown, calls.length)}
          </span>
          <button type="button" class="quiet" onClick={clearFilters}>
            {words.clear}
          </button>
        </>
      )}
    </search>
  );
}

/** What is asked can be unasked, even where no call has it at the moment. */
function withAsked(known: string[], asked: string | null): string[] {
  return asked === null || known.includes(asked) ? known : [asked, ...known];
}

interface ChoiceProps {
  readonly name: keyof Filters;
  readonly label: string;
  readonly value: string | null;
  readonly options: readonly (readonly [value: string, says: string])[];
}

function Choice({ name, label, value, options }: ChoiceProps) {
  return (
    <label class="toolbar-choice" data-set={value !== null}>
      <span class="unseen">{label}</span>
      <select
        value={value ?? ""}
        onChange={(event) => setFilters({ [name]: event.currentTarget.value || null })}
      >
        <option value="">{label}</option>
        {options.map(([one, says]) => (
          <option key={one} value={one}>
            {says}
          </option>
        ))}
      </select>
    </label>
  );
}
