/** The calls that were found, the latest first, with the places where the words were said. */
import { useState } from "preact/hooks";
import { language, say, t } from "../i18n";
import type { Facets, Hit, HistoryPart, PastCall } from "../protocol/history";
import { PARTIES } from "../protocol/messages";
import { nameOf, people } from "../state/people";
import { askAsOneself } from "../state/session";
import { clock, percent, timeOfDay } from "../ui/format";
import { SeveritySign } from "../ui/icons";
import { callPath, linkTo } from "../ui/router";
import { useAnswer } from "../ui/answer";
import { Nothing } from "../ui/none";
import { Faulty, Skeletons } from "./states";
import { TakeAlong } from "./take-along";
import { askedOf, type Filters, isAnySet, SEVERITIES } from "./filters";

const PAGE = 50;
/** More are not counted by the server. */
const COUNTED_MAX = 10_000;
const RULES_SHOWN = 3;

export function CallList({ filters, facets }: { filters: Filters; facets: Facets | null }) {
  const words = t.value.history;
  const asked = askedOf(filters);
  const { value, isAsking, error, again, change } = useAnswer<HistoryPart>("/api/history", withLimit(asked));
  const [isFetching, setFetching] = useState(false);
  const [moreError, setMoreError] = useState<unknown>(null);
  const more = async (before: number) => {
    setFetching(true);
    setMoreError(null);
    try {
      const next = await askAsOneself<HistoryPart>("POST", "/api/history", withLimit(asked, before));
      change({ ...next, total: value?.total ?? next.total, calls: [...(value?.calls ?? []), ...next.calls] });
    } catch (fault) {
      setMoreError(fault);
    } finally {
      setFetching(false);
    }
  };
  if (error !== null) return <Faulty error={error} again={again} />;
  if (value === null) return <Skeletons says={words.loading} />;
  return (
    <section class="found" aria-busy={isAsking} aria-labelledby="found-title">
      <div class="found-head">
        <h2 id="found-title" class="figures-title">
          <span role="status">
            {value.total >= COUNTED_MAX ? words.foundMany(COUNTED_MAX) : words.found(value.total)}
          </span>
          {value.waiting > 0 && <small> · {words.waiting(value.waiting)}</small>}
        </h2>
        {value.total > 0 && <TakeAlong filters={filters} />}
      </div>
      {value.calls.length === 0 ? (
        <Nothing
          look="history-none"
          says={isAnySet(filters) ? words.noneFit : words.none}
          why={isAnySet(filters) ? words.noneFitWhy : words.noneWhy}
        />
      ) : (
        <ol class="past-calls">
          {value.calls.map((call) => (
            <PastRow key={call.call_id} call={call} facets={facets} />
          ))}
        </ol>
      )}
      {moreError !== null && (
        <p class="fault" role="alert">
          {words.moreFailed}
        </p>
      )}
      {value.next_before !== null && (
        <button
          type="button"
          class="quiet more"
          disabled={isFetching}
          onClick={() => void more(value.next_before!)}
        >
          {isFetching ? words.loading : words.older}
        </button>
      )}
    </section>
  );
}

function withLimit(asked: URLSearchParams, before?: number): URLSearchParams {
  const given = new URLSearchParams(asked);
  given.set("limit", String(PAGE));
  if (before !== undefined) given.set("before", String(before));
  return given;
}

function PastRow({ call, facets }: { call: PastCall; facets: Facets | null }) {
  const words = t.value.history;
  const counted = SEVERITIES.filter((severity) => (call.alerts[severity] ?? 0) > 0);
  const talk = call.talk_s.agent + call.talk_s.caller;
  return (
    <li class="past" data-state={call.state}>
      <div class="past-who">
        <a class="past-link" href={callPath(call.call_id)}>
          {nameOf(people.value, call.agent) || call.title || call.call_id}
        </a>
        <span class="past-when">
          <time dateTime={call.started_at}>{timeOfDay(call.started_at, language.value)}</time>
          {" · "}
          <span>{clock(call.duration_s)}</span>
          {call.state !== "ended" && <b class="past-state">{t.value.state[call.state]}</b>}
        </span>
      </div>
      <div class="past-alerts">
        {counted.length === 0 ? (
          <span class="past-none">{words.noAlerts}</span>
        ) : (
          counted.map((severity) => (
            <span key={severity} class="badge" data-severity={severity}>
              <SeveritySign severity={severity} size={12} />
              <span class="unseen">{t.value.severity[severity]}: </span>
              {call.alerts[severity]}
            </span>
          ))
        )}
        <span class="past-rules">
          {call.rules.slice(0, RULES_SHOWN).map((raised) => (
            <span key={`${raised.rule}${raised.severity}`}>
              {title(facets, raised.rule)}
              {raised.count > 1 && ` ×${raised.count}`}
            </span>
          ))}
          {call.rules.length > RULES_SHOWN && <span>{words.moreRules(call.rules.length - RULES_SHOWN)}</span>}
        </span>
      </div>
      <dl class="past-figures">
        <div>
          <dt>{words.cuts}</dt>
          <dd>
            {PARTIES.map((party) => (
              <span key={party} data-party={party}>
                <i aria-hidden="true" />
                {t.value.party[party]} <b>{call.interruptions[party]}</b>
              </span>
            ))}
          </dd>
        </div>
        <div>
          <dt>{words.share}</dt>
          <dd>{talk > 0 ? percent(call.talk_s.agent / talk) : "–"}</dd>
        </div>
        <div>
          <dt>{words.heat}</dt>
          <dd>{call.heat_peak === null ? "–" : <Heat peak={call.heat_peak} />}</dd>
        </div>
      </dl>
      {call.hits.length > 0 && (
        <ul class="hits">
          {call.hits.map((hit) => (
            <HitLine key={`${hit.at_s}${hit.before}`} call={call} hit={hit} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Heat({ peak }: { peak: number }) {
  return (
    <span class="heat-peak">
      <span class="heat-bar" aria-hidden="true">
        <i style={{ width: percent(peak) }} />
      </span>
      {Math.round(peak * 100)}
    </span>
  );
}

function HitLine({ call, hit }: { call: PastCall; hit: Hit }) {
  return (
    <li>
      <a class="hit" href={linkTo(callPath(call.call_id), placeOf(hit))}>
        <span class="hit-time">{clock(hit.at_s)}</span>
        <span class="hit-party" data-party={hit.party}>
          {t.value.party[hit.party]}
        </span>
        <q>
          {hit.before}
          <mark>{hit.match}</mark>
          {hit.after}
        </q>
      </a>
    </li>
  );
}

/** Where the call's page begins: at the second, with what was looked for marked. */
const placeOf = (hit: Hit) => new URLSearchParams({ at: String(hit.at_s), find: hit.match });

function title(facets: Facets | null, rule: string): string {
  const known = facets?.rules[rule];
  return known === undefined ? rule : say(known);
}
