/** Plays the call's sound in step with the call, or from wherever the viewer points. */
import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { PARTIES, type Party } from "../protocol/messages";
import type { CallState } from "../state/call";
import { clock } from "../ui/format";
import { Icon } from "../ui/icons";
import { Sound } from "./sound";
import { playedS, sought } from "./view";

/** Full scale of the little meters: a loud voice. */
const METER_FULL_RMS = 0.25;

type Mode = "off" | "live" | "free";

export function Player({ call, nowS }: { call: CallState; nowS: number }) {
  const words = t.value.player;
  const isThere = useIsThere(call.id);
  const sound = useRef<Sound | null>(null);
  const [mode, setMode] = useState<Mode>("off");
  const [hasFailed, setFailed] = useState(false);
  const [volumes, setVolumes] = useState<Record<Party, number>>({ agent: 1, caller: 1 });
  const callNow = useRef(nowS);
  callNow.current = nowS;
  const isEnded = call.ended !== null;

  useEffect(
    () => () => {
      sound.current?.close();
      sound.current = null;
    },
    [],
  );
  useMeters(sound, mode, callNow);

  const play = async (fromS: number | null) => {
    sound.current ??= new Sound(`/api/calls/${encodeURIComponent(call.id)}/audio`);
    const playing = sound.current;
    playing.element.onended = () => setMode("off");
    setFailed(false);
    try {
      if (fromS !== null) playing.element.currentTime = Math.max(0, fromS);
      playing.element.playbackRate = 1;
      await playing.play();
      for (const party of PARTIES) playing.setVolume(party, volumes[party]);
      setMode(fromS === null && !isEnded ? "live" : "free");
    } catch {
      setFailed(true); // the browser says only that it could not
      setMode("off");
    }
  };
  const stop = () => {
    sound.current?.pause();
    setMode("off");
  };
  useSignalEffect(() => {
    const wanted = sought.value;
    if (wanted && sound.current && !sound.current.element.paused) void play(wanted.s);
    else if (wanted) playedS.value = wanted.s;
  });

  if (!isThere) return null;
  const start = () => {
    const marked = playedS.peek();
    if (marked !== null) return play(marked);
    return play(isEnded ? 0 : null);
  };
  return (
    <section class="player" aria-label={words.label}>
      <button
        type="button"
        class="play"
        aria-label={mode === "off" ? words.listen : words.pause}
        onClick={() => (mode === "off" ? void start() : stop())}
      >
        <Icon name={mode === "off" ? "play" : "pause"} />
        <span>{mode === "off" ? words.listen : words.pause}</span>
      </button>
      <div class="player-parties">
        {PARTIES.map((party) => (
          <PartyVolume
            key={party}
            party={party}
            volume={volumes[party]}
            change={(volume) => {
              setVolumes({ ...volumes, [party]: volume });
              sound.current?.setVolume(party, volume);
            }}
          />
        ))}
      </div>
      <div class="player-where" role="status">
        {hasFailed ? (
          words.failed
        ) : mode === "live" ? (
          words.live
        ) : (
          <>
            <span class="player-time">{playedS.value === null ? "" : clock(playedS.value)}</span>
            {!isEnded && mode === "free" && (
              <button type="button" class="quiet" onClick={() => void play(null)}>
                {words.toLive}
              </button>
            )}
          </>
        )}
      </div>
    </section>
  );
}

interface VolumeProps {
  party: Party;
  volume: number;
  change: (volume: number) => void;
}

export function PartyVolume({ party, volume, change }: VolumeProps) {
  const words = t.value;
  const isMuted = volume === 0;
  const says = `${words.party[party]}: ${isMuted ? words.player.unmute : words.player.mute}`;
  return (
    <div class="party-volume" data-party={party}>
      <span aria-hidden="true">{words.party[party]}</span>
      <button
        type="button"
        class="icon-only"
        aria-label={says}
        title={says}
        onClick={() => change(isMuted ? 1 : 0)}
      >
        <Icon name={isMuted ? "muted" : "sound"} size={14} />
      </button>
      <input
        type="range"
        min="0"
        max="1"
        step="0.05"
        value={volume}
        aria-label={words.player.volume(words.party[party])}
        onInput={(event) => change(Number(event.currentTarget.value))}
      />
      <span class="meter" data-meter={party} aria-hidden="true">
        <i />
      </span>
    </div>
  );
}

/** Whether the server has this call's sound. */
export function useIsThere(callId: string): boolean {
  const [isThere, setThere] = useState(false);
  useEffect(() => {
    const given = new AbortController();
    fetch(`/api/calls/${encodeURIComponent(callId)}`, { signal: given.signal })
      .then((answer) =>
        answer.ok ? (answer.json() as Promise<{ has_audio: boolean }>) : { has_audio: false },
      )
      .then(
        ({ has_audio }) => setThere(has_audio),
        () => setThere(false), // without an answer there is no sound either
      );
    return () => given.abort();
  }, [callId]);
  return isThere;
}

/** Shows both parties' levels in their little meters. */
export function showLevels(playing: Sound): void {
  for (const party of PARTIES) {
    const bar = document.querySelector<HTMLElement>(`[data-meter="${party}"] i`);
    if (bar) bar.style.transform = `scaleX(${Math.min(1, playing.level(party) / METER_FULL_RMS)})`;
  }
}

/** While the sound plays: keeps it in step, moves the play head, and shows both levels. */
function useMeters(sound: { current: Sound | null }, mode: Mode, callNow: { current: number }): void {
  useEffect(() => {
    if (mode === "off") return;
    let frame = 0;
    const step = () => {
      const playing = sound.current;
      if (playing) {
        if (mode === "live") playing.follow(callNow.current);
        playedS.value = playing.element.currentTime;
        showLevels(playing);
      }
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [mode, sound, callNow]);
}
