/** A call's page: what is said, how it sounds, and what was found. */
import { useEffect, useLayoutEffect } from "preact/hooks";
import { askCall, forgetSteps } from "../desk/acting";
import { t } from "../i18n";
import { has } from "../state/session";
import { isCallMissing, isStale, call as openCallState } from "../state/store";
import { isNarrow } from "../ui/narrow";
import type { PageProps } from "../ui/pages";
import { Alerts, OpenAlerts, PastAlerts } from "./alerts";
import { Charts } from "./charts";
import { CallHead, Notes } from "./head";
import { Playback } from "./playback";
import { MessagePanel } from "./message";
import { ReadingPanel } from "./reading";
import { Transcript } from "./transcript";
import { resetView } from "./view";
import "../styles/call.css";
import "../styles/call-transcript.css";
import "../styles/call-charts.css";
import "../styles/call-alerts.css";
import "../styles/call-reading.css";
import "../styles/call-narrow.css";

export function CallPage({ id: callId }: PageProps) {
  // Before the parts of the page begin: a playback starts where the address points.
  useLayoutEffect(resetView, []);
  const words = t.value.call;
  const call = openCallState.value;
  const shownId = call === null || call.started === null ? null : call.id;
  useEffect(() => {
    if (shownId !== null && has("see_calls")) void askCall(shownId);
    return forgetSteps;
  }, [shownId]);
  if (isCallMissing.value) {
    return (
      <main id="content" class="empty">
        <h1>{words.missing}</h1>
        <p>{words.missingWhy}</p>
        <p>
          <a href="/">{words.back}</a>
        </p>
      </main>
    );
  }
  if (call === null || call.id !== callId || call.started === null) {
    return (
      <main id="content" class="call" aria-busy="true">
        <h1 class="unseen">{words.loading}</h1>
        <div class="skeletons" aria-hidden="true">
          <div />
          <div />
        </div>
      </main>
    );
  }
  const isAlertFirst = isNarrow.value && call.ended === null;
  return (
    <main id="content" class="call" data-stale={isStale.value}>
      <CallHead call={call} />
      <Notes call={call} />
      {call.ended !== null && <Playback call={call} />}
      {/* In one column, what is amiss now comes before all that is said: nobody scrolls to learn of it. */}
      {isAlertFirst && <OpenAlerts call={call} />}
      <div class="call-main">
        <Transcript call={call} />
        <Charts call={call} />
      </div>
      <aside class="call-side">
        <ReadingPanel call={call} />
        {isAlertFirst ? <PastAlerts call={call} /> : <Alerts call={call} />}
        <MessagePanel call={call} />
      </aside>
    </main>
  );
}
