/** A call's page: what is said, how it sounds, and what was found. */
import { useLayoutEffect } from "preact/hooks";
import { t } from "../i18n";
import { isCallMissing, isStale, call as openCallState } from "../state/store";
import type { PageProps } from "../ui/pages";
import { Alerts } from "./alerts";
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
  return (
    <main id="content" class="call" data-stale={isStale.value}>
      <CallHead call={call} />
      <Notes call={call} />
      {call.ended !== null && <Playback call={call} />}
      <div class="call-main">
        <Transcript call={call} />
        <Charts call={call} />
      </div>
      <aside class="call-side">
        <ReadingPanel call={call} />
        <Alerts call={call} />
        <MessagePanel call={call} />
      </aside>
    </main>
  );
}
