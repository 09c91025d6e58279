/** The agent's page: one calm hint at a time, and the agent's own pace and share of the talk. */
import { useEffect, useState } from "preact/hooks";
import { language, say, t } from "../i18n";
import { type CallState, type CueRecord, openCue } from "../state/call";
import { callTimeS } from "../state/clock";
import { isCallMissing, isStale, nowMs, openCall, call as openCallState, wall } from "../state/store";
import { newestCall } from "../state/wall";
import { clock, percent } from "../ui/format";
import { Icon } from "../ui/icons";
import type { PageProps } from "../ui/pages";
import { Meeting } from "./meeting";
import { type Pace, paceOf, shareOf } from "./pace";
import "../styles/agent.css";

/** How long a hint that was followed is acknowledged. */
const DONE_SHOWN_MS = 3500;
/** A hint that was cleared longer ago than this in call time is history, and not acknowledged. */
const DONE_FRESH_S = 5;

export function AgentPage({ id: chosenId }: PageProps) {
  useNewestCall(chosenId);
  const [mutedCall, setMutedCall] = useState<string | null>(null);
  const call = openCallState.value;
  const words = t.value.agent;
  const isMuted = call !== null && mutedCall === call.id;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "m" || event.ctrlKey || event.metaKey || event.altKey || call === null) return;
      setMutedCall(isMuted ? null : call.id);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [call, isMuted]);
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
  return (
    <main
      id="content"
      class="agent"
      data-stale={isStale.value}
      lang={language.value === "zh" ? "zh-CN" : "en"}
    >
      <div class="agent-head">
        <h1>{call.started.agent || words.title}</h1>
        <CallClock call={call} />
        <button
          type="button"
          class="quiet"
          aria-pressed={isMuted}
          aria-keyshortcuts="m"
          title={words.key("M")}
          onClick={() => setMutedCall(isMuted ? null : call.id)}
        >
          <Icon name={isMuted ? "bellOff" : "bell"} size={14} />
          {isMuted ? words.unmute : words.mute}
        </button>
      </div>
      <div class="cue-place" aria-live="polite" aria-atomic="true">
        {isMuted ? <Muted /> : <CueView call={call} />}
      </div>
      <Meeting reading={call.reading} />
      <Bars call={call} />
      <p class="promise">{words.promise}</p>
    </main>
  );
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

function CallClock({ call }: { call: CallState }) {
  const words = t.value.agent;
  const nowS = call.ended
    ? call.ended.duration_s
    : isStale.value
      ? call.lastS
      : callTimeS(call.zeroMs, call.lastS, nowMs.value);
  return (
    <p class="agent-clock" data-live={call.ended === null}>
      <span>{call.ended ? words.callEnded : words.inCall}</span> <time>{clock(nowS)}</time>
    </p>
  );
}

function Muted() {
  const words = t.value.agent;
  return (
    <div class="cue quiet-cue">
      <p class="cue-text">{words.muted}</p>
      <p class="cue-clears">{words.mutedWhy}</p>
    </div>
  );
}

function CueView({ call }: { call: CallState }) {
  const words = t.value.agent;
  const open = openCue(call);
  if (open) {
    const { cue } = open;
    return (
      <article class="cue" key={cue.id} data-severity={cue.severity}>
        <p class="cue-text">{say(cue.text)}</p>
        {cue.say && (
          <figure>
            <figcaption>{words.say}</figcaption>
            <blockquote>{say(cue.say)}</blockquote>
          </figure>
        )}
        <p class="cue-clears">{say(cue.clears_when)}</p>
      </article>
    );
  }
  const done = freshlyDone(call, call.cues.at(-1), nowMs.value);
  if (done) {
    return (
      <div class="cue done-cue">
        <p class="cue-text">
          <Icon name="check" size={22} />
          {words.done}
        </p>
        <p class="cue-clears">{say(done.cue.text)}</p>
      </div>
    );
  }
  return (
    <div class="cue quiet-cue">
      <p class="cue-text">{call.ended ? words.callEnded : words.noCue}</p>
      {!call.ended && <p class="cue-clears">{words.listening}</p>}
    </div>
  );
}

function freshlyDone(call: CallState, record: CueRecord | undefined, now: number): CueRecord | null {
  if (record?.cleared?.reason !== "done" || record.clearedMs === null) return null;
  const isFresh = now - record.clearedMs < DONE_SHOWN_MS;
  const isHistory = call.lastS - record.cleared.cleared_at_s > DONE_FRESH_S;
  return isFresh && !isHistory && call.ended === null ? record : null;
}

function Bars({ call }: { call: CallState }) {
  const words = t.value.agent;
  const pace = paceOf(call);
  const share = shareOf(call);
  return (
    <dl class="bars">
      <div class="bar">
        <dt>{words.pace}</dt>
        <dd>
          <PaceBar pace={pace} />
          <span class="bar-word">{words.paceWords[pace.word]}</span>
        </dd>
      </div>
      <div class="bar">
        <dt>{words.share}</dt>
        <dd>
          <span class="talk-bar" aria-hidden="true">
            <i data-party="agent" style={{ width: percent(share ?? 0.5) }} data-known={share !== null} />
          </span>
          <span class="bar-word">{share === null ? "–" : `${words.you} ${percent(share)}`}</span>
        </dd>
      </div>
    </dl>
  );
}

/** A mark on a line whose middle is the agent's own usual pace. */
function PaceBar({ pace }: { pace: Pace }) {
  return (
    <span class="pace-bar" aria-hidden="true">
      <i class="pace-usual" />
      {pace.place !== null && <i class="pace-mark" style={{ left: percent(pace.place) }} />}
    </span>
  );
}
