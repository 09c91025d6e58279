/** In words what the pointer is at: the time, each mark there, the reasons of the heat, and what was said. */
import type { ComponentChildren } from "preact";
import { say, t } from "../i18n";
import type { Overlap, Stretch } from "../protocol/messages";
import type { CallState } from "../state/call";
import { clock, shortSeconds } from "../ui/format";
import { Icon, SeveritySign } from "../ui/icons";
import { pointedS } from "./view";

/** A mark is pointed at from this near: it is narrower than a finger. */
const NEAR_S = 0.4;
/** The reasons of the caller's heat are told from here on. */
const WARM = 0.35;
const REASONS_SHOWN = 3;

const isAt = (s: number, { start_s, end_s }: Stretch) => start_s - NEAR_S <= s && s <= end_s + NEAR_S;

const lasting = ({ start_s, end_s }: Stretch) => t.value.time.seconds(Number(shortSeconds(end_s - start_s)));

export function Caption({ call }: { call: CallState }) {
  const s = pointedS.value;
  if (s === null) return <p class="caption hint">{t.value.chart.hint}</p>;
  const alerts = call.alerts.filter(
    ({ alert, cleared }) =>
      alert.about.start_s <= s && s <= (cleared?.cleared_at_s ?? Number.POSITIVE_INFINITY),
  );
  const said = call.utterances.filter((one) => one.start_s <= s && s < one.end_s);
  return (
    <p class="caption">
      <b class="caption-time">{clock(s)}</b>
      {alerts.map(({ alert }) => (
        <span key={alert.id} class="caption-alert" data-severity={alert.severity}>
          <SeveritySign severity={alert.severity} size={12} />
          {say(alert.title)}
        </span>
      ))}
      {marksAt(call, s)}
      {heatAt(call, s)}
      {said.map((one) => (
        <span key={`${one.party}${one.number}`} class="caption-said" data-party={one.party}>
          {t.value.party[one.party]}: {one.text}
        </span>
      ))}
    </p>
  );
}

/** What is drawn there beside lines: an interruption's notch, the hatching of an overlap, lost sound, silence. */
function marksAt(call: CallState, s: number): ComponentChildren[] {
  const { call: words, party, notice } = t.value;
  const told: ComponentChildren[] = [];
  const cuts = [...call.interruptions].filter((cut) => isAt(s, cut));
  for (const cut of cuts) {
    told.push(
      <span key={`cut${cut.start_s}`} class="caption-mark">
        <Icon name="cut" size={12} />
        {party[cut.by]} {words.interrupts[cut.by]} · {lasting(cut)} ·{" "}
        {cut.yielded ? words.yielded : words.notYielded}
      </span>,
    );
  }
  const overlap = [...call.overlaps].find((one) => one.kind !== "echo" && isAt(s, one));
  if (overlap && cuts.length === 0) {
    told.push(
      <span key="overlap" class="caption-mark">
        {atOnce(overlap)} · {lasting(overlap)}
      </span>,
    );
  }
  for (const lost of call.lost.filter((one) => isAt(s, one))) {
    told.push(
      <span key={`lost${lost.party}${lost.start_s}`} class="caption-mark">
        <Icon name="muted" size={12} />
        {notice.audioLostWhy(party[lost.party], shortSeconds(lost.end_s - lost.start_s))}
      </span>,
    );
  }
  return told;
}

/** That both spoke; who helped whom, where one finished the other's phrase. */
function atOnce({ kind, holder }: Overlap): string {
  const { call: words, party } = t.value;
  if (kind !== "completion" || holder === null) return words.overlap;
  const helper = holder === "agent" ? "caller" : "agent";
  return `${party[helper]} ${words.completes[helper]}`;
}

/** Why the caller counts as heated there. */
function heatAt(call: CallState, s: number): ComponentChildren {
  const reading = call.temper.at(call.temper.lowerBound(s + 0.001, (one) => one.t_s) - 1);
  if (!reading || reading.score < WARM || reading.evidence.length === 0) return null;
  const reasons = [...reading.evidence]
    .sort((a, b) => (b.contribution ?? 0) - (a.contribution ?? 0))
    .slice(0, REASONS_SHOWN)
    .map((one) => say(one.label));
  return (
    <span class="caption-mark">
      {t.value.chart.heat}: {reasons.join(", ")}
    </span>
  );
}
