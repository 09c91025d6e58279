/** One agent's calls side by side, over time: what was done, never what was felt. */
import { language, t } from "../i18n";
import type { HistoryPart } from "../protocol/history";
import { replaceQuery } from "../ui/router";
import { callPath } from "../ui/router";
import { clock, timeOfDay } from "../ui/format";
import { nameOf, people } from "../state/people";
import { useAnswer } from "../ui/answer";
import { FigureCharts, FigureTable } from "./figures";
import { addressOf, askedOf, type Filters } from "./filters";
import { countsOfCall } from "./rates";
import { Nothing } from "../ui/none";
import { Faulty, Skeletons } from "./states";

/** As many as the server gives at once, and as an eye can compare. */
const CALLS_MAX = 200;

export function AgentOverTime({ filters, agents }: { filters: Filters; agents: readonly string[] | null }) {
  const words = t.value.history;
  const asked = askedOf(filters);
  asked.set("limit", String(CALLS_MAX));
  const { value, isAsking, error, again } = useAnswer<HistoryPart>(
    filters.agent === "" ? null : `/api/history?${asked}`,
  );
  if (filters.agent === "") return <ChooseAgent filters={filters} agents={agents} />;
  if (error !== null) return <Faulty error={error} again={again} />;
  if (value === null) return <Skeletons says={words.loading} />;
  if (value.calls.length === 0)
    return <Nothing look="history-none" says={words.noneFit} why={words.noneFitWhy} />;
  const rows = value.calls.toReversed().map((call) => ({
    key: call.call_id,
    short: new Date(call.started_at).toLocaleDateString(language.value === "zh" ? "zh-CN" : "en-GB", {
      month: "short",
      day: "numeric",
    }),
    name: (
      <a href={callPath(call.call_id)}>
        <time dateTime={call.started_at}>{timeOfDay(call.started_at, language.value)}</time>
        <span class="unseen">, {clock(call.duration_s)}</span>
      </a>
    ),
    counts: countsOfCall(call),
  }));
  return (
    <section aria-busy={isAsking} aria-labelledby="figures-title">
      <h2 id="figures-title" class="figures-title">
        {words.callsOf(nameOf(people.value, filters.agent), value.calls.length, value.total)}
      </h2>
      <p class="figures-note">{words.behaviour}</p>
      <FigureCharts rows={rows} isByCall />
      <FigureTable caption={words.table} first={words.column.call} rows={rows.toReversed()} isByCall />
    </section>
  );
}

function ChooseAgent({ filters, agents }: { filters: Filters; agents: readonly string[] | null }) {
  const words = t.value.history;
  if (agents === null) return <Skeletons says={words.loading} />;
  if (agents.length === 0) return <Nothing look="history-none" says={words.none} why={words.noneWhy} />;
  return (
    <section class="history-none">
      <p>
        <b>{words.chooseAgent}</b>
      </p>
      <ul class="agents">
        {agents.map((agent) => (
          <li key={agent}>
            <button
              type="button"
              class="quiet"
              onClick={() => replaceQuery(addressOf({ ...filters, agent }))}
            >
              {nameOf(people.value, agent)}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
