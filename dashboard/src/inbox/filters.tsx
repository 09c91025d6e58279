/** Which alerts the inbox shows: by state, severity, agent and rule. The address keeps it. */
import { say, t } from "../i18n";
import type { Severity } from "../protocol/messages";
import { SEVERITY_RANK } from "../state/attention";
import { STANDINGS, type Standing } from "../state/desk";
import type { InboxFilter, InboxItem } from "../state/inbox";
import { nameOf, people } from "../state/people";

export const OPEN_ONLY: InboxFilter = { standing: "open", severity: null, agent: null, rule: null };

const SEVERITIES = (Object.keys(SEVERITY_RANK) as Severity[]).filter((one) => one !== "info");

export function filterOf(query: string): InboxFilter {
  const asked = new URLSearchParams(query);
  const standing = asked.get("state") as Standing | "all" | null;
  const severity = asked.get("severity") as Severity | null;
  return {
    standing: standing === "all" || (standing !== null && STANDINGS.includes(standing)) ? standing : "open",
    severity: severity !== null && Object.hasOwn(SEVERITY_RANK, severity) ? severity : null,
    agent: asked.get("agent"),
    rule: asked.get("rule"),
  };
}

export function queryOf(filter: InboxFilter): URLSearchParams {
  const asked = new URLSearchParams();
  if (filter.standing !== "open") asked.set("state", filter.standing);
  if (filter.severity !== null) asked.set("severity", filter.severity);
  if (filter.agent !== null) asked.set("agent", filter.agent);
  if (filter.rule !== null) asked.set("rule", filter.rule);
  return asked;
}

interface FiltersProps {
  readonly items: readonly InboxItem[];
  readonly counts: Readonly<Record<Standing | "all", number>>;
  readonly filter: InboxFilter;
  readonly onChange: (filter: InboxFilter) => void;
}

export function Filters({ items, counts, filter, onChange }: FiltersProps) {
  const words = t.value.inbox;
  const agents = [...new Set(items.map((item) => item.agent))].filter((agent) => agent !== "").sort();
  const rules = new Map(items.flatMap((item) => item.alerts.map(({ alert }) => [alert.rule, alert.title])));
  return (
    <div class="inbox-filters">
      <div class="inbox-standings" role="group" aria-label={words.standing}>
        {([...STANDINGS, "all"] as const).map((standing) => (
          <button
            key={standing}
            type="button"
            aria-pressed={filter.standing === standing}
            onClick={() => onChange({ ...filter, standing })}
          >
            {words.standings[standing]} <span class="count">{counts[standing]}</span>
          </button>
        ))}
      </div>
      <div class="inbox-selects">
        <Choice
          label={words.severity}
          all={words.anySeverity}
          chosen={filter.severity}
          choices={SEVERITIES.map((one) => [one, t.value.severityFrom[one]])}
          onChange={(severity) => onChange({ ...filter, severity: severity as Severity | null })}
        />
        <Choice
          label={words.agent}
          all={words.everyAgent}
          chosen={filter.agent}
          choices={agents.map((agent) => [agent, nameOf(people.value, agent)])}
          onChange={(agent) => onChange({ ...filter, agent })}
        />
        <Choice
          label={words.rule}
          all={words.everyRule}
          chosen={filter.rule}
          choices={[...rules].map(([rule, title]) => [rule, say(title)])}
          onChange={(rule) => onChange({ ...filter, rule })}
        />
      </div>
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly all: string;
  readonly chosen: string | null;
  readonly choices: readonly (readonly [string, string])[];
  readonly onChange: (chosen: string | null) => void;
}

function Choice({ label, all, chosen, choices, onChange }: ChoiceProps) {
  // What is asked for stays to be seen, and to be undone, where nothing of it is left.
  const isGone = chosen !== null && !choices.some(([value]) => value === chosen);
  return (
    <select
      class="inbox-choice"
      aria-label={label}
      value={chosen ?? ""}
      onChange={(event) => onChange(event.currentTarget.value === "" ? null : event.currentTarget.value)}
    >
      <option value="">{all}</option>
      {isGone && <option value={chosen}>{chosen}</option>}
      {choices.map(([value, says]) => (
        <option key={value} value={value}>
          {says}
        </option>
      ))}
    </select>
  );
}
