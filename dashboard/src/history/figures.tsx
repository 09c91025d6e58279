/** The figures of calls, days or agents: charts side by side, and the same as a table with its counts. */
import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import type { Party } from "../protocol/messages";
import { PARTIES } from "../protocol/messages";
import { hoursText, percent } from "../ui/format";
import { FigureChart } from "./chart";
import { alertsAnHour, type Counts, cutsAnHour, followed, talkShare, together } from "./rates";

export interface FigureRow {
  readonly key: string;
  /** As short as a chart's axis needs it. */
  readonly short: string;
  readonly name: ComponentChildren;
  readonly counts: Counts;
}

const one = (value: number | null) => (value === null ? "–" : value.toFixed(1));
const share = (value: number | null) => (value === null ? "–" : percent(value));
/** Calls have whole numbers of everything: between them the axis says nothing. */
const whole = (value: number) => (Number.isInteger(value) ? String(value) : "");
const tick = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(1));

/** Counts of single calls, and rates of days and weeks: an hour's rate of three minutes says nothing. */
export function FigureCharts({ rows, isByCall = false }: { rows: readonly FigureRow[]; isByCall?: boolean }) {
  const words = t.value.history;
  const all = together(rows.map((row) => row.counts));
  const keys = rows.map((row) => row.short);
  const line = (party: Party, of: (counts: Counts) => number | null) => ({
    name: t.value.party[party],
    party,
    values: rows.map((row) => (row.counts.calls === 0 ? null : of(row.counts))),
  });
  const hours = words.inHours(hoursText(all.hours));
  const cuts = PARTIES.map((party) => all.interruptions[party]).join(" / ");
  const rated = (counted: number | string, rates: readonly (number | null)[]) =>
    rates.includes(null)
      ? { total: String(counted), made: hours }
      : { total: words.anHour(rates.map(one).join(" / ")), made: words.of(counted, hours) };
  return (
    <div class="figure-charts">
      <FigureChart
        title={isByCall ? words.figure.alertsOfCall : words.figure.alerts}
        {...rated(all.alerts, [alertsAnHour(all)])}
        keys={keys}
        lines={[line("agent", isByCall ? (counts) => counts.alerts : alertsAnHour)]}
        write={isByCall ? whole : tick}
        least={2}
      />
      <FigureChart
        title={isByCall ? words.figure.cutsOfCall : words.figure.cuts}
        {...rated(
          cuts,
          PARTIES.map((party) => cutsAnHour(all, party)),
        )}
        keys={keys}
        lines={PARTIES.map((party) =>
          line(party, (counts) => (isByCall ? counts.interruptions[party] : cutsAnHour(counts, party))),
        )}
        write={isByCall ? whole : tick}
        least={2}
      />
      <FigureChart
        title={words.figure.share}
        total={share(talkShare(all))}
        made={words.ofTalk}
        keys={keys}
        lines={[line("agent", talkShare)]}
        write={percent}
        least={1}
      />
      <FigureChart
        title={words.figure.cues}
        total={share(followed(all))}
        made={words.cuesOf(all.cues_followed, all.cues)}
        keys={keys}
        lines={[line("agent", followed)]}
        write={percent}
        least={1}
      />
      <FigureChart
        title={words.figure.pace}
        total={all.rate_syl_s === null ? "–" : `${one(all.rate_syl_s)} ${t.value.chart.units.rate}`}
        made={words.withoutPauses}
        keys={keys}
        lines={[line("agent", (counts) => counts.rate_syl_s)]}
        write={tick}
        least={6}
      />
    </div>
  );
}

interface TableProps {
  readonly caption: string;
  readonly first: string;
  readonly rows: readonly FigureRow[];
  /** Rows are single calls: their number says nothing. */
  readonly isByCall?: boolean;
}

/** Counts and the rates that follow from them, a row each, and all together. */
export function FigureTable({ caption, first, rows, isByCall = false }: TableProps) {
  const words = t.value.history;
  const all = together(rows.map((row) => row.counts));
  return (
    <div class="figure-scroll" tabIndex={0} role="region" aria-label={caption}>
      <table class="figure-table">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{first}</th>
            {!isByCall && <th scope="col">{words.column.calls}</th>}
            <th scope="col">{isByCall ? words.column.minutes : words.column.hours}</th>
            <th scope="col">{words.column.alerts}</th>
            {PARTIES.map((party) => (
              <th key={party} scope="col">
                {words.column.cuts[party]}
              </th>
            ))}
            <th scope="col">{words.column.share}</th>
            <th scope="col">{words.column.cues}</th>
            <th scope="col">
              {words.column.pace} <small>{t.value.chart.units.rate}</small>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} data-empty={row.counts.calls === 0}>
              <th scope="row">{row.name}</th>
              <Cells counts={row.counts} isByCall={isByCall} />
            </tr>
          ))}
        </tbody>
        {rows.length > 1 && (
          <tfoot>
            <tr>
              <th scope="row">{words.column.all}</th>
              <Cells counts={all} isByCall={isByCall} />
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

function Cells({ counts, isByCall }: { counts: Counts; isByCall: boolean }) {
  const words = t.value.history;
  const rate = (count: number, value: number | null) =>
    isByCall ? (
      count
    ) : (
      <>
        {count}
        <small>{value === null ? "" : words.anHour(one(value))}</small>
      </>
    );
  return (
    <>
      {!isByCall && <td>{counts.calls}</td>}
      <td>{isByCall ? (counts.hours * 60).toFixed(1) : hoursText(counts.hours)}</td>
      <td>{rate(counts.alerts, alertsAnHour(counts))}</td>
      {PARTIES.map((party) => (
        <td key={party}>{rate(counts.interruptions[party], cutsAnHour(counts, party))}</td>
      ))}
      <td>{share(talkShare(counts))}</td>
      <td>
        {counts.cues === 0 ? "–" : words.cuesOf(counts.cues_followed, counts.cues)}
        <small>{counts.cues === 0 ? "" : share(followed(counts))}</small>
      </td>
      <td>{one(counts.rate_syl_s)}</td>
    </>
  );
}
