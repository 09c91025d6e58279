/** A call's alerts: those open now with their reasons, and those that have cleared. */
import { Acts } from "../desk/acts";
import { Comments, Signs } from "../desk/signs";
import { say, t } from "../i18n";
import type { DeskAlert, EvidenceItem } from "../protocol/messages";
import type { AlertRecord, CallState } from "../state/call";
import { keyOf, muteOf, standingOf } from "../state/desk";
import type { InboxAlert } from "../state/inbox";
import { has } from "../state/session";
import { desk, nowMs } from "../state/store";
import { clock, percent, sentence } from "../ui/format";
import { lasting } from "../ui/lasting";
import { SeveritySign } from "../ui/icons";
import { inWords } from "./evidence";
import { seekTo } from "./view";

export function Alerts({ call }: { call: CallState }) {
  const words = t.value.call;
  return (
    <section class="alerts" aria-labelledby="alerts-title">
      <h2 id="alerts-title">{words.alerts}</h2>
      <OpenCards call={call} />
      {!call.ended && pastOf(call).length > 0 && <p class="past-title">{words.pastAlerts}</p>}
      <PastCards call={call} />
    </section>
  );
}

/** Of a live call where there is one column: what is open, at its top. */
export function OpenAlerts({ call }: { call: CallState }) {
  return (
    <section class="alerts alerts-first" aria-labelledby="alerts-title">
      <h2 id="alerts-title">{t.value.call.alerts}</h2>
      <OpenCards call={call} />
    </section>
  );
}

/** And what has cleared, further down. */
export function PastAlerts({ call }: { call: CallState }) {
  if (pastOf(call).length === 0) return null;
  return (
    <section class="alerts" aria-labelledby="past-alerts-title">
      <h2 id="past-alerts-title">{t.value.call.pastAlerts}</h2>
      <PastCards call={call} />
    </section>
  );
}

const openOf = (call: CallState) =>
  call.ended ? [] : call.alerts.filter((record) => record.cleared === null).reverse();

const pastOf = (call: CallState) =>
  call.alerts.filter((record) => call.ended !== null || record.cleared !== null).reverse();

function OpenCards({ call }: { call: CallState }) {
  const words = t.value.call;
  const open = openOf(call);
  return (
    <>
      {call.alerts.length === 0 && <p class="alerts-none">{words.noAlerts}</p>}
      <div aria-live="polite">
        {open.map((record) => (
          <AlertCard key={record.alert.id} call={call} record={record} isOpen />
        ))}
      </div>
      {call.alerts.length > 0 && open.length === 0 && !call.ended && (
        <p class="alerts-none">{words.noOpen}</p>
      )}
    </>
  );
}

function PastCards({ call }: { call: CallState }) {
  return (
    <>
      {pastOf(call).map((record) => (
        <AlertCard key={record.alert.id} call={call} record={record} isOpen={false} />
      ))}
    </>
  );
}

function AlertCard({ call, record, isOpen }: { call: CallState; record: AlertRecord; isOpen: boolean }) {
  const { alert, cleared } = record;
  const words = t.value;
  const measured = inWords(alert, words.measured);
  const one = deskAlertOf(call, record);
  return (
    <article class="alert" data-severity={alert.severity} data-open={isOpen}>
      <header>
        <span class="badge" data-severity={alert.severity}>
          <SeveritySign severity={alert.severity} size={12} />
          {words.severity[alert.severity]}
        </span>
        <h3>{say(alert.title)}</h3>
        <button
          type="button"
          class="alert-time"
          aria-label={`${clock(alert.raised_at_s)}: ${words.call.jump(clock(alert.about.start_s))}`}
          onClick={() => seekTo(alert.about.start_s)}
        >
          {clock(alert.raised_at_s)}
        </button>
      </header>
      {/* What was measured, in one sentence; the reasons below have their shares in the judgement. */}
      <p>{sentence(measured ?? say(alert.because))}</p>
      {alert.evidence.length > 0 && <Evidence items={alert.evidence} />}
      {cleared && (
        <p class="alert-cleared">
          {words.call.cleared(clock(cleared.cleared_at_s), lasting(cleared.cleared_at_s - alert.raised_at_s))}
        </p>
      )}
      {has("see_calls") && (
        <>
          <Signs state={one.state} mute={one.standing === "cleared" ? null : one.mute} />
          <Comments states={[one.state]} />
          <Acts id={`card ${one.key}`} targets={[one]} title={say(alert.title)} />
        </>
      )}
    </article>
  );
}

/** The alert as the desk knows it; made from the call's own events where it is too old for the stream. */
function deskAlertOf(call: CallState, { alert, cleared }: AlertRecord): InboxAlert {
  const started = call.started;
  const startedMs = Date.parse(started?.started_at ?? "");
  const own: DeskAlert = {
    call_id: call.id,
    alert_id: alert.id,
    agent: started?.agent ?? "",
    call_title: started?.title ?? "",
    rule: alert.rule,
    title: alert.title,
    severity: alert.severity,
    party: alert.party,
    because: alert.because,
    raised_at_s: alert.raised_at_s,
    raised_at: Number.isNaN(startedMs) ? "" : new Date(startedMs + alert.raised_at_s * 1000).toISOString(),
    cleared_at_s: cleared?.cleared_at_s ?? null,
    is_call_over: call.ended !== null,
  };
  const key = keyOf(own);
  return {
    key,
    alert: own,
    state: desk.value.states[key],
    standing: standingOf(desk.value, own, nowMs.value),
    mute: muteOf(desk.value, own.rule, own.agent, nowMs.value),
  };
}

/** Reasons by their share in the judgement, where shares are known. */
function Evidence({ items }: { items: readonly EvidenceItem[] }) {
  const ordered = [...items].sort((a, b) => (b.contribution ?? 0) - (a.contribution ?? 0));
  return (
    <ul class="evidence">
      {ordered.map((item, place) => (
        <li key={`${item.feature} ${place}`}>
          <span>{sentence(say(item.label))}</span>
          {item.contribution !== null && (
            <span class="share" title={t.value.call.share(percent(item.contribution))}>
              <i style={{ width: percent(Math.min(1, Math.max(0, item.contribution))) }} />
              <span class="unseen">{t.value.call.share(percent(item.contribution))}</span>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
