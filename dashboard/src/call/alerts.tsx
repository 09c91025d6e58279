/** A call's alerts: those open now with their reasons, and those that have cleared. */
import { say, t } from "../i18n";
import type { EvidenceItem } from "../protocol/messages";
import type { AlertRecord, CallState } from "../state/call";
import { clock, percent, shortSeconds } from "../ui/format";
import { SeveritySign } from "../ui/icons";
import { inWords } from "./evidence";
import { seekTo } from "./view";

export function Alerts({ call }: { call: CallState }) {
  const words = t.value.call;
  const open = call.ended ? [] : call.alerts.filter((record) => record.cleared === null).reverse();
  const past = call.alerts.filter((record) => call.ended !== null || record.cleared !== null).reverse();
  return (
    <section class="alerts" aria-labelledby="alerts-title">
      <h2 id="alerts-title">{words.alerts}</h2>
      {call.alerts.length === 0 && <p class="alerts-none">{words.noAlerts}</p>}
      <div aria-live="polite">
        {open.map((record) => (
          <AlertCard key={record.alert.id} record={record} isOpen />
        ))}
      </div>
      {call.alerts.length > 0 && open.length === 0 && !call.ended && (
        <p class="alerts-none">{words.noOpen}</p>
      )}
      {past.length > 0 && (
        <>
          {!call.ended && <p class="past-title">{words.pastAlerts}</p>}
          {past.map((record) => (
            <AlertCard key={record.alert.id} record={record} isOpen={false} />
          ))}
        </>
      )}
    </section>
  );
}

function AlertCard({ record, isOpen }: { record: AlertRecord; isOpen: boolean }) {
  const { alert, cleared } = record;
  const words = t.value;
  const measured = inWords(alert, words.measured);
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
      <p>{measured ?? say(alert.because)}</p>
      {alert.evidence.length > 0 && <Evidence items={alert.evidence} />}
      {cleared && (
        <p class="alert-cleared">
          {words.call.cleared(
            clock(cleared.cleared_at_s),
            words.time.seconds(Number(shortSeconds(cleared.cleared_at_s - alert.raised_at_s))),
          )}
        </p>
      )}
    </article>
  );
}

/** Reasons by their share in the judgement, where shares are known. */
function Evidence({ items }: { items: readonly EvidenceItem[] }) {
  const ordered = [...items].sort((a, b) => (b.contribution ?? 0) - (a.contribution ?? 0));
  return (
    <ul class="evidence">
      {ordered.map((item) => (
        <li key={item.feature}>
          <span>{say(item.label)}</span>
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
