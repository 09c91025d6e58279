/** Calls of the past: a list that is searched, an agent's calls over time, and trends. */
import { useEffect } from "preact/hooks";
import { t } from "../i18n";
import type { Facets } from "../protocol/history";
import type { PageProps } from "../ui/pages";
import { linkTo, query } from "../ui/router";
import { AgentOverTime } from "./agent";
import { useAnswer } from "../ui/answer";
import { FilterBar } from "./filter-bar";
import { addressOf, type Filters, filtersOf, nothing } from "./filters";
import { lastHistory } from "./last";
import { CallList } from "./list";
import { TrendsView } from "./trends";
import "../styles/history.css";
import "../styles/history-filters.css";
import "../styles/history-calls.css";
import "../styles/history-figures.css";

type View = "calls" | "agent" | "trends";

const VIEWS: readonly View[] = ["calls", "agent", "trends"];
const SHOWN: Record<View, readonly (keyof Filters)[]> = {
  calls: ["words", "agent", "team", "rule", "severity", "state", "from", "to"],
  agent: ["agent", "from", "to"],
  trends: ["team", "agent", "from", "to"],
};

export function HistoryPage({ id }: PageProps) {
  const words = t.value.history;
  const facets = useAnswer<Facets>("/api/history/facets");
  const view = VIEWS.find((one) => one === id) ?? "calls";
  const filters = within(view, filtersOf(query.value));
  useEffect(() => {
    lastHistory.value = linkTo(location.pathname, new URLSearchParams(query.value));
  }, [query.value, id]);
  return (
    <main id="content" class="history">
      <div class="history-head">
        <h1>{words.title}</h1>
        <nav class="views" aria-label={words.views}>
          {VIEWS.map((one) => (
            <a key={one} href={pathOf(one, filters)} aria-current={one === view ? "page" : undefined}>
              {words.view[one]}
            </a>
          ))}
        </nav>
      </div>
      <FilterBar filters={filters} facets={facets.value} shown={SHOWN[view]} />
      {view === "calls" && <CallList filters={filters} facets={facets.value} />}
      {view === "agent" && <AgentOverTime filters={filters} agents={facets.value?.agents ?? null} />}
      {view === "trends" && <TrendsView filters={filters} facets={facets.value} />}
    </main>
  );
}

/** The filters that a view has: none counts that is not to be seen. */
function within(view: View, filters: Filters): Filters {
  return { ...nothing, ...Object.fromEntries(SHOWN[view].map((name) => [name, filters[name]])) };
}

/** Another view takes along the filters that it has. */
function pathOf(view: View, filters: Filters): string {
  return linkTo(`/history${view === "calls" ? "" : `/${view}`}`, addressOf(within(view, filters)));
}
