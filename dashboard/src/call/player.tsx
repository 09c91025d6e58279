/** What a player of a call's kept sound has for each party. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { PARTIES, type Party } from "../protocol/messages";
import { Icon } from "../ui/icons";
import type { Sound } from "./sound";

/** Full scale of the little meters: a loud voice. */
const METER_FULL_RMS = 0.25;

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
