/**
 * Plays back a call that is over: sound, words and charts go together, from wherever one points.
 *
 * Without sound, or without the right to hear it, the line still goes through words and charts.
 */
import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { PARTIES, type Party } from "../protocol/messages";
import type { CallState } from "../state/call";
import { has } from "../state/session";
import { clock } from "../ui/format";
import { Icon } from "../ui/icons";
import { remember, remembered } from "../ui/memory";
import { query } from "../ui/router";
import { AlertMarks } from "./playback-marks";
import { PartyVolume, showLevels, useIsThere } from "./player";
import { Reports } from "./reports";
import { Sound } from "./sound";
import { nextStop } from "./stops";
import { heldEndS, isPlaying, openedMs, playedS, sought } from "./view";
import "../styles/call-playback.css";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const STEP_S = 5;
const SPEED = "playback.speed";
/** Sound that ends this long before the call is worth saying so. */
const SHORT_S = 3;

export function Playback({ call }: { call: CallState }) {
  const words = t.value.playback;
  const mayHear = has("hear_calls");
  const isThere = useIsThere(call.id) && mayHear;
  const deck = useDeck(call, isThere);
  const bar = useRef<HTMLElement>(null);
  const durationS = call.ended?.duration_s ?? call.lastS;
  useStart(deck, call, durationS);
  useKeys(bar, deck, call, durationS);
  const atS = playedS.value ?? 0;
  const stop = (direction: 1 | -1) => {
    const to = nextStop(call.alerts, playedS.peek() ?? 0, direction);
    if (to !== null) deck.seek(to);
  };
  return (
    <section class="playback" aria-label={words.label} title={words.keys} ref={bar}>
      {isThere && (
        <button
          type="button"
          class="play"
          aria-label={isPlaying.value ? words.pause : words.play}
          onClick={() => (isPlaying.value ? deck.pause() : void deck.play())}
        >
          <Icon name={isPlaying.value ? "pause" : "play"} />
          <span>{isPlaying.value ? words.pause : words.play}</span>
        </button>
      )}
      <div class="playback-stops">
        <Stop says={words.previous} name="previous" act={() => stop(-1)} isOff={call.alerts.length === 0} />
        <Stop says={words.next} name="next" act={() => stop(1)} isOff={call.alerts.length === 0} />
      </div>
      <div class="playback-line">
        <AlertMarks alerts={call.alerts} durationS={durationS} />
        <input
          type="range"
          class="playback-position"
          min={0}
          max={durationS}
          step={0.1}
          value={atS}
          aria-label={words.position}
          aria-valuetext={clock(atS)}
          onInput={(event) => deck.seek(Number(event.currentTarget.value))}
        />
      </div>
      <span class="playback-time">
        <b>{clock(atS)}</b> / {clock(durationS)}
      </span>
      {isThere && <Speed deck={deck} />}
      {isThere && (
        <div class="player-parties">
          {PARTIES.map((party) => (
            <PartyVolume
              key={party}
              party={party}
              volume={deck.volumes[party]}
              change={(volume) => deck.setVolume(party, volume)}
            />
          ))}
        </div>
      )}
      <Reports callId={call.id} />
      <p class="playback-note" role="status">
        {deck.hasFailed
          ? words.failed
          : !mayHear
            ? words.noRight
            : !isThere
              ? words.noSound
              : deck.endS !== null && deck.endS < durationS - SHORT_S
                ? words.ended(clock(deck.endS))
                : ""}
      </p>
    </section>
  );
}

function Stop(given: { says: string; name: "previous" | "next"; act: () => void; isOff: boolean }) {
  return (
    <button
      type="button"
      class="switch icon-only"
      aria-label={given.says}
      title={given.says}
      disabled={given.isOff}
      onClick={given.act}
    >
      <Icon name={given.name} />
    </button>
  );
}

function Speed({ deck }: { deck: Deck }) {
  const words = t.value.playback;
  return (
    <label class="playback-speed">
      <span class="unseen">{words.speed}</span>
      <select
        value={String(deck.speed)}
        onChange={(event) => deck.setSpeed(Number(event.currentTarget.value))}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={String(speed)}>
            {words.times(speed)}
          </option>
        ))}
      </select>
    </label>
  );
}

interface Deck {
  readonly hasFailed: boolean;
  readonly speed: number;
  readonly volumes: Readonly<Record<Party, number>>;
  /** Where the sound ends; null while that is not known. */
  readonly endS: number | null;
  play(): Promise<void>;
  pause(): void;
  seek(s: number): void;
  setSpeed(speed: number): void;
  setVolume(party: Party, volume: number): void;
}

/** The sound of the call, and where it stands. */
function useDeck(call: CallState, isThere: boolean): Deck {
  const sound = useRef<Sound | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const [volumes, setVolumes] = useState<Record<Party, number>>({ agent: 1, caller: 1 });
  const [speed, setSpeed] = useState(() => SPEEDS.find((one) => String(one) === remembered(SPEED)) ?? 1);
  const [endS, setEndS] = useState<number | null>(null);
  const durationS = call.ended?.duration_s ?? call.lastS;
  useEffect(
    () => () => {
      sound.current?.close();
      sound.current = null;
      isPlaying.value = false;
    },
    [call.id, isThere],
  );
  // Fetched when it is first played, not before: the trail says who heard the call, not who looked at it.
  const load = () => {
    const made = new Sound(`/api/calls/${encodeURIComponent(call.id)}/audio`);
    const { element } = made;
    element.onloadedmetadata = () => setEndS(Number.isFinite(element.duration) ? element.duration : null);
    element.onended = () => {
      isPlaying.value = false;
    };
    return made;
  };
  useFrames(sound);
  const seek = (s: number) => {
    const to = Math.min(Math.max(0, s), durationS);
    playedS.value = to;
    heldEndS.value = null; // what is played is in sight
    if (sound.current) sound.current.element.currentTime = to;
  };
  const play = async () => {
    if (!isThere) return;
    sound.current ??= load();
    const playing = sound.current;
    setFailed(false);
    try {
      const from = playedS.peek() ?? 0;
      playing.element.currentTime = from >= durationS - 0.2 ? 0 : from;
      playing.element.playbackRate = speed;
      await playing.play();
      for (const party of PARTIES) playing.setVolume(party, volumes[party]);
      isPlaying.value = true;
    } catch {
      setFailed(true); // the browser says only that it could not
      isPlaying.value = false;
    }
  };
  useSignalEffect(() => {
    const wanted = sought.value;
    if (wanted) seek(wanted.s);
  });
  return {
    hasFailed,
    speed,
    volumes,
    endS,
    play,
    seek,
    pause: () => {
      sound.current?.pause();
      isPlaying.value = false;
    },
    setSpeed: (chosen) => {
      setSpeed(chosen);
      remember(SPEED, String(chosen));
      if (sound.current) sound.current.element.playbackRate = chosen;
    },
    setVolume: (party, volume) => {
      setVolumes({ ...volumes, [party]: volume });
      sound.current?.setVolume(party, volume);
    },
  };
}

/** While the sound plays, the line goes with it. */
function useFrames(sound: { current: Sound | null }): void {
  useSignalEffect(() => {
    if (!isPlaying.value) return;
    let frame = 0;
    const step = () => {
      const playing = sound.current;
      if (playing) {
        playedS.value = playing.element.currentTime;
        showLevels(playing);
      }
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  });
}

/**
 * Begins where the address points (`?at=83`), or at the beginning. Whoever saw the call end keeps what is
 * shown: they read its last words.
 */
function useStart(deck: Deck, call: CallState, durationS: number): void {
  useEffect(() => {
    const at = Number(new URLSearchParams(query.peek()).get("at") ?? Number.NaN);
    const endedMs = Date.parse(call.started?.started_at ?? "") + durationS * 1000;
    if (Number.isFinite(at) && at > 0) deck.seek(Math.min(at, durationS));
    else if (!(endedMs > openedMs)) playedS.value ??= 0;
  }, []);
}

/**
 * Keys that belong to no part of the page play and step; letters only within the bar, where nobody who
 * dictates or types hits them unawares (WCAG 2.1.4).
 */
function useKeys(bar: { current: HTMLElement | null }, deck: Deck, call: CallState, durationS: number): void {
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const at = event.target as HTMLElement;
      const isFree = at === document.body || at.id === "content";
      const isInBar = bar.current?.contains(at) ?? false;
      const isOnButton = isInBar && at.closest("button, select, a, summary") !== null;
      const isOnRange = at instanceof HTMLInputElement;
      if (event.key === " " && (isFree || (isInBar && !isOnButton))) {
        if (isPlaying.peek()) deck.pause();
        else void deck.play();
      } else if (
        (event.key === "ArrowLeft" || event.key === "ArrowRight") &&
        (isFree || (isInBar && !isOnRange))
      ) {
        deck.seek((playedS.peek() ?? 0) + (event.key === "ArrowLeft" ? -STEP_S : STEP_S));
      } else if (isInBar && (event.key === "n" || event.key === "p")) {
        const to = nextStop(call.alerts, playedS.peek() ?? 0, event.key === "n" ? 1 : -1);
        if (to !== null) deck.seek(to);
      } else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [deck, call.alerts, durationS]);
}
