/** The one hint, its wording, and the agent's answer to it. */
import { say, t } from "../i18n";
import { type CallState, type CueRecord, openCue } from "../state/call";
import { nowMs } from "../state/store";
import { Icon } from "../ui/icons";
import { Key } from "./keys";
import { answerCue, type CueAnswer, isOwnPage } from "./own";

/** How long a hint that was followed is acknowledged. */
const DONE_SHOWN_MS = 3500;
/** A hint that was cleared longer ago than this in call time is history, and not acknowledged. */
const DONE_FRESH_S = 5;

export const ANSWERS = [
  { answer: "done", key: "D", icon: "check" },
  { answer: "dismissed", key: "X", icon: "clock" },
  { answer: "not_helpful", key: "N", icon: "cut" },
] as const satisfies readonly { answer: CueAnswer; key: string; icon: string }[];

export function CueView({ call }: { call: CallState }) {
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
        {isOwnPage() && <Answers callId={call.id} cueId={cue.id} />}
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

function Answers({ callId, cueId }: { callId: string; cueId: string }) {
  const words = t.value.live.agent;
  const says = { done: words.done, dismissed: words.dismiss, not_helpful: words.notHelpful };
  return (
    <div class="cue-acts" role="group" aria-label={words.answers}>
      {ANSWERS.map(({ answer, key }) => (
        <button
          key={answer}
          type="button"
          class="act"
          aria-keyshortcuts={key.toLowerCase()}
          onClick={() => void answerCue(callId, cueId, answer)}
        >
          {says[answer]}
          <Key name={key} />
        </button>
      ))}
    </div>
  );
}

function freshlyDone(call: CallState, record: CueRecord | undefined, now: number): CueRecord | null {
  if (record?.cleared?.reason !== "done" || record.clearedMs === null) return null;
  const isFresh = now - record.clearedMs < DONE_SHOWN_MS;
  const isHistory = call.lastS - record.cleared.cleared_at_s > DONE_FRESH_S;
  return isFresh && !isHistory && call.ended === null ? record : null;
}
