/** One live call on the wall. */
import { Component, createRef } from "preact";
import { ShortSigns } from "../desk/signs";
import { say, t } from "../i18n";
import type { OpenAlert, Severity } from "../protocol/messages";
import { callTimeS } from "../state/clock";
import { muteOf } from "../state/desk";
import { isDegraded, SEVERITIES } from "../state/filters";
import type { Person } from "../state/people";
import { has } from "../state/session";
import { desk } from "../state/store";
import type { WallCall } from "../state/wall";
import { clock, timeOfDay } from "../ui/format";
import { lasting } from "../ui/lasting";
import { Icon, type IconName, SeveritySign, TemperSign } from "../ui/icons";
import { callPath } from "../ui/router";
import { layOutAnew, watchSight } from "./seen";
import { Strip } from "./strip";

/** More alerts than this are counted, not told. */
const ALERTS_SHOWN = 2;
/** A row out of sight still tells the truth to who reads the page unseen: it is this old at most. */
const UNSEEN_EVERY_S = 10;

interface RowProps {
  readonly call: WallCall;
  readonly person: Person | undefined;
  readonly nowMs: number;
  readonly isStale: boolean;
  readonly language: string;
}

/** A row in sight follows every event and every second; of the others a few are drawn anew each second. */
export class LiveRow extends Component<RowProps> {
  private isSeen = true;
  private isOld = false;
  private readonly element = createRef<HTMLLIElement>();

  override componentDidMount(): void {
    watchSight(this.element.current!, (isSeen) => {
      this.isSeen = isSeen;
      if (isSeen && this.isOld) this.forceUpdate();
    });
  }

  override componentDidUpdate(before: RowProps): void {
    if (before.call.openAlerts.length === 0 && this.props.call.openAlerts.length > 0)
      layOutAnew(this.element.current!);
  }

  override shouldComponentUpdate(next: RowProps): boolean {
    const { call, person, nowMs, isStale, language } = this.props;
    if (next.language !== language || next.person !== person || next.isStale !== isStale) return true;
    if (next.call.openAlerts !== call.openAlerts || next.call.attention !== call.attention) return true;
    const isChanged = next.call !== call || next.nowMs !== nowMs;
    if (this.isSeen || next.call.openAlerts.length > 0 || !isChanged) return isChanged;
    this.isOld = true;
    const second = Math.floor(next.nowMs / 1000);
    return second !== Math.floor(nowMs / 1000) && (second + turnOf(call.id)) % UNSEEN_EVERY_S === 0;
  }

  override render({ call, person, nowMs, isStale, language }: RowProps) {
    this.isOld = false;
    const words = t.value;
    const nowS = isStale ? call.lastS : callTimeS(call.zeroMs, call.lastS, nowMs);
    const name = person?.name || call.agent || call.title;
    return (
      <li
        ref={this.element}
        class="row"
        data-row={call.id}
        data-attention={call.attention}
        data-alerted={call.openAlerts.length > 0}
        data-degraded={isDegraded(call)}
      >
        <div class="row-who">
          <a class="row-link" href={callPath(call.id)}>
            {name}
          </a>
          <span class="row-sub">
            {person?.team && <span class="row-team">{person.team}</span>}
            {call.agent !== "" && call.title !== call.agent && <span class="row-title">{call.title}</span>}
            <span>{words.wall.startedAt(timeOfDay(call.startedAt, language))}</span>
          </span>
          <Marks call={call} />
        </div>
        <time class="row-duration" dateTime={`PT${Math.floor(nowS)}S`}>
          {clock(nowS)}
        </time>
        <div class="row-now">
          <Temper call={call} />
          <SpeakingNow call={call} nowS={nowS} />
        </div>
        <div class="row-strip">
          <Strip call={call} nowS={nowS} />
        </div>
        <Alerts call={call} nowS={nowS} nowMs={nowMs} />
      </li>
    );
  }
}

/** Spreads rows out of sight over the seconds. */
function turnOf(id: string): number {
  let sum = 0;
  for (let index = 0; index < id.length; index += 1) sum += id.charCodeAt(index);
  return sum;
}

function Temper({ call }: { call: WallCall }) {
  const isKnown = call.score !== null;
  return (
    <span class="row-temper" data-temper={isKnown ? call.temper : "unknown"}>
      <TemperSign temper={call.temper} />
      {isKnown ? t.value.temper[call.temper] : t.value.temperUnknown}
    </span>
  );
}

/** Whose turn it is, and for how long: a monologue shows before any rule speaks. */
function SpeakingNow({ call, nowS }: { call: WallCall; nowS: number }) {
  const { wall, party } = t.value;
  const { agent, caller } = call.speakingSince;
  const who =
    agent !== null && caller !== null
      ? "both"
      : agent !== null
        ? "agent"
        : caller !== null
          ? "caller"
          : "none";
  const says = who === "both" ? wall.both : who === "none" ? wall.silent : wall.speaking(party[who]);
  const since = who === "none" ? lastHeardS(call) : Math.max(agent ?? 0, caller ?? 0);
  return (
    <span class="row-speaking" data-who={who}>
      <span class="row-speaking-marks" aria-hidden="true">
        <i data-party="agent" data-on={agent !== null} />
        <i data-party="caller" data-on={caller !== null} />
      </span>
      {says}
      {since !== null && nowS - since >= 1 && <span class="row-turn">{clock(nowS - since)}</span>}
    </span>
  );
}

/** When the last of the two fell silent; null where nobody was heard yet. */
function lastHeardS({ speech }: WallCall): number | null {
  const ends = [speech.agent.at(-1)?.end_s, speech.caller.at(-1)?.end_s].filter((s) => s !== undefined);
  return ends.length === 0 ? null : Math.max(...ends);
}

function Alerts({ call, nowS, nowMs }: { call: WallCall; nowS: number; nowMs: number }) {
  const words = t.value;
  const isMuted = ({ rule }: OpenAlert) => muteOf(desk.value, rule, call.agent, nowMs) !== null;
  // What is muted stands last, and is told only where there is room.
  const alerts = [
    ...call.openAlerts.filter((alert) => !isMuted(alert)),
    ...call.openAlerts.filter((alert) => isMuted(alert)),
  ];
  if (alerts.length === 0) return <div class="row-alerts none">{words.wall.noAlerts}</div>;
  const hidden = alerts.slice(ALERTS_SHOWN);
  return (
    <div class="row-alerts">
      {alerts.slice(0, ALERTS_SHOWN).map((alert) => (
        <div key={alert.id} class="row-alert" data-severity={alert.severity} data-muted={isMuted(alert)}>
          <span class="badge" data-severity={alert.severity}>
            <SeveritySign severity={alert.severity} size={12} />
            {words.severity[alert.severity]}
          </span>
          <div class="row-alert-text">
            <p class="row-alert-says">
              <b>{say(alert.title)}</b> <span class="row-alert-because">{say(alert.because)}</span>
            </p>
            {has("see_calls") && (
              <ShortSigns
                callId={call.id}
                alertId={alert.id}
                rule={alert.rule}
                agent={call.agent}
                nowMs={nowMs}
              />
            )}
          </div>
          <span class="row-alert-age" title={words.wall.openFor}>
            {lasting(Math.floor(nowS - alert.raised_at_s))}
          </span>
        </div>
      ))}
      {hidden.length > 0 && <MoreAlerts hidden={hidden} />}
    </div>
  );
}

/** The rest, counted by severity. */
function MoreAlerts({ hidden }: { hidden: readonly OpenAlert[] }) {
  const { severity: names, wall } = t.value;
  const counts = SEVERITIES.map((severity): [Severity, number] => [
    severity,
    hidden.filter((one) => one.severity === severity).length,
  ]).filter(([, count]) => count > 0);
  return (
    <p class="row-alert-more">
      {wall.moreAlerts(hidden.length)}
      {counts.map(([severity, count]) => (
        <span key={severity} class="more-count" data-severity={severity} title={names[severity]}>
          <SeveritySign severity={severity} size={11} />
          {count}
          <span class="unseen">{names[severity]}</span>
        </span>
      ))}
    </p>
  );
}

interface Mark {
  readonly icon: IconName;
  readonly says: string;
  readonly why: string;
}

/** What the supervisor should know of the call's sound and machinery. */
function Marks({ call }: { call: WallCall }) {
  const { notice, wall } = t.value;
  const marks: Mark[] = [];
  if (!call.hasWords) marks.push({ icon: "noWords", says: notice.noWords, why: notice.noWordsWhy });
  if (call.isLagging) marks.push({ icon: "clock", says: notice.lagging, why: notice.laggingWhyShort });
  const { audio_lost: lost, ...others } = call.notices;
  if (lost !== undefined)
    marks.push({ icon: "muted", says: notice.audioLost, why: notice.audioLostWhyShort });
  const told = Object.entries(others).map(([code, text]) => (text === null ? code : say(text)));
  if (told.length > 0) marks.push({ icon: "sound", says: notice.more(told.length), why: told.join(" · ") });
  if (call.interruptions.agent > 0) {
    const says = wall.interruptions(call.interruptions.agent);
    marks.push({ icon: "cut", says, why: says });
  }
  if (marks.length === 0) return null;
  return (
    <ul class="marks">
      {marks.map((mark) => (
        <li key={mark.icon} title={mark.why} data-mark={mark.icon}>
          <Icon name={mark.icon} size={13} />
          {mark.says}
        </li>
      ))}
    </ul>
  );
}
