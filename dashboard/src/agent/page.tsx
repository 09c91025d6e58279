/**
 * The agent's page, beside the work: the supervisor's message, one calm hint at a time, what is still to be
 * asked, and the agent's own pace and share of the talk.
 */
import { useEffect, useState } from "preact/hooks";
import { language, t } from "../i18n";
import { type CallState, openCue } from "../state/call";
import { callTimeS } from "../state/clock";
import { nameOf, people } from "../state/people";
import { isCallMissing, isStale, nowMs, openCall, call as openCallState, side, wall } from "../state/store";
import { newestCall } from "../state/wall";
import { clock } from "../ui/format";
import { Icon } from "../ui/icons";
import { type Keys, useKeys } from "../ui/keys";
import type { PageProps } from "../ui/pages";
import { agentPath } from "../ui/router";
import { Bars } from "./bars";
import { ANSWERS, CueView } from "./cue";
import { KeysSwitch } from "./keys";
import { Meeting } from "./meeting";
import { MessageCard, shownMessage } from "./message";
import { answerCue, hasFailed, isOwnPage, markMessage, resumeCues } from "./own";
import { PauseButton, PauseChoice, Paused } from "./pause";
import "../styles/agent.css";
import "../styles/agent-acts.css";

export function AgentPage({ id: chosenId }: PageProps) {
  useNewestCall(chosenId);
  const call = openCallState.value;
  const words = t.value.agent;
  // Before the server has told of calls nothing is known, and nothing is said.
  if (call === null && !isCallMissing.value && !wall.value.isLoaded) {
    return <main id="content" class="agent" aria-busy="true" />;
  }
  if (call === null || call.started === null || isCallMissing.value) {
    return (
      <main id="content" class="agent">
        <div class="empty">
          <h1>{words.none}</h1>
          <p>{words.noneWhy}</p>
        </div>
      </main>
    );
  }
  return <InCall key={call.id} call={call} />;
}

function InCall({ call }: { call: CallState }) {
  const words = t.value.agent;
  const more = t.value.live.agent;
  const now = side.value;
  const pause = call.ended === null ? (now?.pause ?? null) : null;
  const [isChoosing, setChoosing] = useState(false);
  const pauseOrResume = () => (pause ? void resumeCues(call.id) : setChoosing(!isChoosing));
  useKeys(call.ended === null && isOwnPage() ? keysOf(call, pauseOrResume) : {});
  return (
    <main
      id="content"
      class="agent"
      data-stale={isStale.value}
      lang={language.value === "zh" ? "zh-CN" : "en"}
    >
      <div class="agent-head">
        <h1>{nameOf(people.value, call.started?.agent ?? "") || words.title}</h1>
        <CallClock call={call} />
        {call.ended === null && pause === null && <PauseButton act={pauseOrResume} />}
      </div>
      {isChoosing && pause === null && <PauseChoice callId={call.id} close={() => setChoosing(false)} />}
      {hasFailed.value && (
        <p class="agent-fault" role="alert">
          <Icon name="broken" size={15} />
          {more.failed}
        </p>
      )}
      <NextCall call={call} />
      <MessageCard side={call.ended === null ? now : null} />
      <div class="cue-place" aria-live="polite" aria-atomic="true">
        {pause ? <Paused pause={pause} callId={call.id} /> : <CueView call={call} />}
      </div>
      <Meeting reading={call.reading} />
      <Bars call={call} />
      <div class="agent-foot">
        {isOwnPage() ? <KeysSwitch /> : <p>{more.readOnly}</p>}
        <p class="promise">{words.promise}</p>
      </div>
    </main>
  );
}

function keysOf(call: CallState, pauseOrResume: () => void): Keys {
  const keys: Record<string, () => void> = { m: pauseOrResume };
  const message = shownMessage(side.value);
  if (message) keys.s = () => void markMessage(call.id, message.id, "seen");
  const open = openCue(call);
  if (open && !side.value?.pause) {
    for (const { answer, key } of ANSWERS) {
      keys[key.toLowerCase()] = () => void answerCue(call.id, open.cue.id, answer);
    }
  }
  return keys;
}

/** Without a chosen call the page stays with one live call, and takes the newest when that has ended. */
function useNewestCall(chosenId: string | null): void {
  const shown = openCallState.value;
  const newest = newestCall(wall.value);
  const isShownLive = shown !== null && shown.ended === null && wall.value.calls[shown.id]?.state === "live";
  const next = isShownLive ? shown.id : (newest?.id ?? null);
  useEffect(() => {
    if (chosenId === null && next !== null) openCall(next);
  }, [chosenId, next]);
}

/** A page that was opened for one call stays with it; it says so when the agent's next one begins. */
function NextCall({ call }: { call: CallState }) {
  const newest = newestCall(wall.value);
  const isAnother = newest !== null && newest.id !== call.id && newest.state === "live";
  if (call.ended === null || !isAnother || newest.agent !== call.started?.agent) return null;
  return (
    <p class="next-call">
      <a href={agentPath(newest.id)}>{t.value.live.agent.next}</a>
    </p>
  );
}

function CallClock({ call }: { call: CallState }) {
  const words = t.value.agent;
  const nowS = call.ended
    ? call.ended.duration_s
    : isStale.value
      ? call.lastS
      : callTimeS(call.zeroMs, call.lastS, nowMs.value);
  return (
    <p class="agent-clock" data-live={call.ended === null}>
      {/* That it is over stands in the middle of the page already. */}
      {call.ended === null && <span>{words.inCall} </span>}
      <time>{clock(nowS)}</time>
    </p>
  );
}
