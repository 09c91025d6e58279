/** A team over days or weeks, and its agents beside one another. */
import { useState } from "preact/hooks";
import { language, t } from "../i18n";
import type { By, Facets, Sums } from "../protocol/history";
import { nameOf, people } from "../state/people";
import { remember, remembered } from "../ui/memory";
import { useAnswer } from "../ui/answer";
import { FigureCharts, FigureTable } from "./figures";
import { addressOf, askedOf, daysAgo, type Filters, nothing, zone } from "./filters";
import { MarksTable } from "./marks";
import { Nothing } from "../ui/none";
import { Faulty, Skeletons } from "./states";

/** What is shown while no days are chosen. */
const USUAL_DAYS = 30;
const CHOSEN = "trends.by";

interface Told {
  readonly sums: readonly Sums[];
}

export function TrendsView({ filters, facets }: { filters: Filters; facets: Facets | null }) {
  const words = t.value.history;
  const [by, setBy] = useState<By>(remembered(CHOSEN) === "week" ? "week" : "day");
  const isUsual = filters.from === "" && filters.to === "";
  const within = isUsual ? { ...filters, from: daysAgo(USUAL_DAYS - 1) } : filters;
  const over = useAnswer<Told>(`/api/history/trends?${asked(within, by)}`);
  const agents = useAnswer<Told>(`/api/history/trends?${asked(within, "agent")}`);
  const error = over.error ?? agents.error;
  const again = () => {
    over.again();
    agents.again();
  };
  return (
    <section aria-busy={over.isAsking} aria-labelledby="figures-title">
      <div class="found-head">
        <h2 id="figures-title" class="figures-title">
          {filters.team === "" ? words.everybody : filters.team}
          {isUsual && <small> · {words.lastDays(USUAL_DAYS)}</small>}
        </h2>
        <fieldset class="choice">
          <legend class="unseen">{words.by}</legend>
          {(["day", "week"] as const).map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={by === one}
              onClick={() => {
                setBy(one);
                remember(CHOSEN, one);
              }}
            >
              {words.bys[one]}
            </button>
          ))}
        </fieldset>
      </div>
      <p class="figures-note">{words.behaviour}</p>
      {error !== null ? (
        <Faulty error={error} again={again} />
      ) : over.value === null ? (
        <Skeletons says={words.loading} />
      ) : over.value.sums.length === 0 ? (
        <Nothing look="history-none" says={words.noneFit} why={words.noneFitWhy} />
      ) : (
        <>
          <FigureCharts rows={rowsOf(over.value.sums, by)} />
          {agents.value !== null && (
            <FigureTable
              caption={words.byAgent}
              first={words.column.agent}
              rows={agents.value.sums.map((sums) => ({
                key: sums.key,
                short: sums.key,
                name:
                  sums.key === "" ? (
                    words.unnamed
                  ) : (
                    <a href={agentPath(sums.key, filters)}>{nameOf(people.value, sums.key)}</a>
                  ),
                counts: sums,
              }))}
            />
          )}
          <MarksTable
            from={asked(within, by).get("from") ?? ""}
            to={asked(within, by).get("to") ?? ""}
            facets={facets}
          />
          <FigureTable
            caption={by === "week" ? words.byWeek : words.byDay}
            first={words.bys[by === "week" ? "week" : "day"]}
            rows={rowsOf(over.value.sums, by).toReversed()}
          />
        </>
      )}
    </section>
  );
}

function asked(filters: Filters, by: By): URLSearchParams {
  const given = askedOf(filters);
  given.set("by", by);
  given.set("zone", zone());
  return given;
}

function rowsOf(sums: readonly Sums[], by: By) {
  return sums.map((one) => {
    const day = dayText(one.key);
    return {
      key: one.key,
      short: day,
      name: by === "week" ? t.value.history.weekOf(day) : day,
      counts: one,
    };
  });
}

/** A day as the server names it, 2026-03-01, is nobody's midnight: it is written as it stands. */
function dayText(key: string): string {
  const [year, month, date] = key.split("-").map(Number) as [number, number, number];
  return new Date(year, month - 1, date).toLocaleDateString(language.value === "zh" ? "zh-CN" : "en-GB", {
    month: "short",
    day: "numeric",
  });
}

function agentPath(agent: string, filters: Filters): string {
  const kept = { ...nothing, agent, from: filters.from, to: filters.to };
  return `/history/agent?${addressOf(kept)}`;
}
