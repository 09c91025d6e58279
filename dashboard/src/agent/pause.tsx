/** The agent puts the hints off for a while: how long is chosen, and always has an end. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import type { Pause } from "../state/side";
import { nowMs } from "../state/store";
import { clock } from "../ui/format";
import { Icon } from "../ui/icons";
import { Key } from "./keys";
import { isOwnPage, pauseCues, resumeCues } from "./own";

export const PAUSES_MIN = [2, 5, 15] as const;

/** Opens the choice of how long. */
export function PauseButton({ act }: { act: () => void }) {
  const words = t.value.live.agent;
  if (!isOwnPage()) return null;
  return (
    <button type="button" class="act pause-act" aria-keyshortcuts="m" onClick={act}>
      <Icon name="bellOff" size={15} />
      {words.pause}
      <Key name="M" />
    </button>
  );
}

export function PauseChoice({ callId, close }: { callId: string; close: () => void }) {
  const words = t.value.live.agent;
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <div
      class="pause-choice"
      role="group"
      aria-label={words.pauseFor}
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      <span>{words.pauseFor}</span>
      {PAUSES_MIN.map((minutes, n) => (
        <button
          key={minutes}
          ref={n === 0 ? first : null}
          type="button"
          class="act"
          onClick={() => void pauseCues(callId, minutes * 60).then(close)}
        >
          {words.minutes(minutes)}
        </button>
      ))}
      <button type="button" class="act" onClick={close}>
        {words.cancel}
      </button>
    </div>
  );
}

export function Paused({ pause, callId }: { pause: Pause; callId: string }) {
  const words = t.value.live.agent;
  const left = clock(Math.ceil((pause.untilMs - nowMs.value) / 1000));
  return (
    <div class="cue quiet-cue">
      <p class="cue-text">{words.paused}</p>
      {/* What counts down is not read aloud each second. */}
      <p class="cue-clears" aria-live="off">
        {words.pausedFor(left)}
      </p>
      {isOwnPage() && (
        <button
          type="button"
          class="act resume"
          aria-keyshortcuts="m"
          onClick={() => void resumeCues(callId)}
        >
          <Icon name="bell" size={15} />
          {words.resume}
          <Key name="M" />
        </button>
      )}
    </div>
  );
}
