/** One live call on the wall. */
import { language, say, t } from "../i18n";
import type { OpenAlert } from "../protocol/messages";
import { callTimeS } from "../state/clock";
import { isStale, nowMs } from "../state/store";
import type { WallCall } from "../state/wall";
import { clock, timeOfDay } from "../ui/format";
import { Icon, type IconName, SeveritySign, TemperSign } from "../ui/icons";
import { callPath } from "../ui/router";
import { Strip } from "./strip";

/** More alerts than this are counted, not told. */
const ALERTS_SHOWN = 2;

export function LiveRow({ call }: { call: WallCall }) {
  const words = t.value;
  const nowS = isStale.value ? call.lastS : callTimeS(call.zeroMs, call.lastS, nowMs.value);
  return (
    <li class="row" data-row={call.id} data-attention={call.attention}>
      <div class="row-who">
        <a class="row-link" href={callPath(call.id)}>
          {call.agent || call.title}
        </a>
        <span class="row-sub">
          {call.agent !== "" && call.title !== call.agent && <span class="row-title">{call.title}</span>}
          <span>{words.wall.startedAt(timeOfDay(call.startedAt, language.value))}</span>
        </span>
        <Marks call={call} />
      </div>
      <time class="row-duration" dateTime={`PT${Math.floor(nowS)}S`}>
        {clock(nowS)}
      </time>
      <div class="row-now">
        <Temper call={call} />
        <SpeakingNow call={call} />
      </div>
      <div class="row-strip">
        <Strip call={call} nowS={nowS} />
      </div>
      <Alerts alerts={call.openAlerts} nowS={nowS} />
    </li>
  );
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

function SpeakingNow({ call }: { call: WallCall }) {
  const { wall, party } = t.value;
  const isAgent = call.speakingSince.agent !== null;
  const isCaller = call.speakingSince.caller !== null;
  const who = isAgent && isCaller ? "both" : isAgent ? "agent" : isCaller ? "caller" : "none";
  const says = who === "both" ? wall.both : who === "none" ? wall.silent : wall.speaking(party[who]);
  return (
    <span class="row-speaking" data-who={who}>
      <span class="row-speaking-marks" aria-hidden="true">
        <i data-party="agent" data-on={isAgent} />
        <i data-party="caller" data-on={isCaller} />
      </span>
      {says}
    </span>
  );
}

function Alerts({ alerts, nowS }: { alerts: readonly OpenAlert[]; nowS: number }) {
  const words = t.value;
  if (alerts.length === 0) return <div class="row-alerts none">{words.wall.noAlerts}</div>;
  return (
    <div class="row-alerts">
      {alerts.slice(0, ALERTS_SHOWN).map((alert) => (
        <p key={alert.id} class="row-alert" data-severity={alert.severity}>
          <span class="badge" data-severity={alert.severity}>
            <SeveritySign severity={alert.severity} size={12} />
            {words.severity[alert.severity]}
          </span>
          <span class="row-alert-says">
            <b>{say(alert.title)}</b> <span class="row-alert-because">{say(alert.because)}</span>
          </span>
          <span class="row-alert-age">{clock(nowS - alert.raised_at_s)}</span>
        </p>
      ))}
      {alerts.length > ALERTS_SHOWN && (
        <p class="row-alert-more">{words.wall.moreAlerts(alerts.length - ALERTS_SHOWN)}</p>
      )}
    </div>
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
  if (!call.hasWords) marks.push({ icon: "letters", says: notice.noWords, why: notice.noWordsWhy });
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
        <li key={mark.icon} title={mark.why}>
          <Icon name={mark.icon} size={13} />
          {mark.says}
        </li>
      ))}
    </ul>
  );
}
