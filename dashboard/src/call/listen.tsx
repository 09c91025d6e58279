/** Listening in on a live call: both parties, each with its level, its volume and its mute. */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Ear, type EarState, silent } from "../listen/ear";
import { PARTIES, type Party } from "../protocol/messages";
import { visitor } from "../state/session";
import { isListening } from "../state/listening";
import { side } from "../state/store";
import { shortSeconds } from "../ui/format";
import { Icon } from "../ui/icons";
import { useAltKey } from "../ui/keys";
import "../styles/listen.css";

/** Full scale of the level bars, and where they begin: what is softer is not speech. */
const LEAST_DB = -54;
const MOST_DB = -12;

export function ListenIn({ callId }: { callId: string }) {
  const words = t.value.live.listen;
  const ear = useRef<Ear | null>(null);
  const [state, setState] = useState<EarState | null>(null);
  const [heard, setHeard] = useState<Record<Party, boolean>>({ agent: true, caller: true });
  const [volumes, setVolumes] = useState<Record<Party, number>>({ agent: 1, caller: 1 });

  const stop = () => {
    ear.current?.close();
    ear.current = null;
    isListening.value = false;
    setState(null);
  };
  const start = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const url = `${scheme}://${location.host}/listen/${encodeURIComponent(callId)}`;
    setState(silent);
    let opened: Ear;
    try {
      opened = new Ear(url, setState);
    } catch {
      setState({ ...silent, phase: "refused", code: "audio" }); // the browser says only that it could not
      return;
    }
    ear.current = opened;
    for (const party of PARTIES) opened.setVolume(party, volumes[party]);
    opened.choose(PARTIES.filter((party) => heard[party]));
    isListening.value = true;
  };
  const isOn = state !== null;
  const toggle = () => (isOn ? stop() : start());
  useAltKey("KeyL", toggle);
  // Leaving ends it, however the page is left.
  useEffect(() => {
    window.addEventListener("pagehide", stop);
    return () => {
      window.removeEventListener("pagehide", stop);
      stop();
    };
  }, []);

  const hear = (party: Party, isHeard: boolean) => {
    const now = { ...heard, [party]: isHeard };
    setHeard(now);
    ear.current?.choose(PARTIES.filter((one) => now[one]));
  };
  const others = (side.value?.listeners ?? []).filter((name) => !isOn || name !== ownName());
  return (
    <section
      class="listen"
      aria-label={words.label}
      data-on={isOn}
      data-phase={state?.phase ?? "off"}
      data-played={state?.played ?? 0}
    >
      <button type="button" class="play" aria-keyshortcuts="Alt+L" title={words.key} onClick={toggle}>
        <Icon name={isOn ? "stop" : "headphones"} />
        <span>{isOn ? words.stop : words.start}</span>
      </button>
      {isOn && (
        <div class="player-parties">
          {PARTIES.map((party) => (
            <PartyEar
              key={party}
              party={party}
              rms={state?.rms[party] ?? 0}
              isHeard={heard[party]}
              hear={(isHeard) => hear(party, isHeard)}
              volume={volumes[party]}
              change={(volume) => {
                setVolumes({ ...volumes, [party]: volume });
                ear.current?.setVolume(party, volume);
              }}
            />
          ))}
        </div>
      )}
      {isOn && <Where state={state} />}
      {others.length > 0 && <p class="listen-others">{words.others(others.join(", "))}</p>}
    </section>
  );
}

const ownName = () => visitor.value.account?.display || visitor.value.account?.name;

/** That one listens, and how near to the call the sound is. */
function Where({ state }: { state: EarState | null }) {
  const words = t.value.live.listen;
  const phase = state?.phase ?? "connecting";
  const reason =
    phase === "refused"
      ? (words.reasons[state?.code as keyof typeof words.reasons] ?? words.reasons.other)
      : null;
  const isOpen = phase !== "over" && phase !== "refused";
  return (
    <div class="listen-where">
      {isOpen && (
        <p class="listen-on" title={words.noted}>
          <Icon name="headphones" size={14} />
          {words.isOn}
        </p>
      )}
      <p class="listen-phase">
        <span role="status">
          {words.phases[phase]}
          {reason !== null && ` ${reason}`}
        </span>
        {state !== null && phase === "playing" && state.behindMs !== null && (
          <span>
            {" · "}
            {words.behind((state.behindMs / 1000).toFixed(1))}
            {" · "}
            {words.buffer(Math.round(state.bufferMs / 20) * 20)}
          </span>
        )}
      </p>
      {state !== null && isOpen && (state.dry > 0 || state.missedMs > 100) && (
        <p class="listen-behind">
          {state.dry > 0
            ? words.uneven(state.dry, shortSeconds(state.missedMs / 1000))
            : words.missed(shortSeconds(state.missedMs / 1000))}
        </p>
      )}
    </div>
  );
}

interface PartyEarProps {
  party: Party;
  rms: number;
  isHeard: boolean;
  hear: (isHeard: boolean) => void;
  volume: number;
  change: (volume: number) => void;
}

function PartyEar({ party, rms, isHeard, hear, volume, change }: PartyEarProps) {
  const words = t.value.live.listen;
  const name = t.value.party[party];
  const says = isHeard ? words.mute(name) : words.hear(name);
  const level = isHeard ? levelOf(rms) : 0;
  return (
    <div class="party-volume" data-party={party} data-rms={rms.toFixed(5)}>
      <span aria-hidden="true">{name}</span>
      <button type="button" class="icon-only" aria-label={says} title={says} onClick={() => hear(!isHeard)}>
        <Icon name={isHeard ? "sound" : "muted"} size={14} />
      </button>
      <input
        type="range"
        min="0"
        max="1"
        step="0.05"
        value={volume}
        disabled={!isHeard}
        aria-label={words.volume(name)}
        onInput={(event) => change(Number(event.currentTarget.value))}
      />
      <span class="meter" role="img" aria-label={isHeard ? words.level(name) : `${name}: ${words.muted}`}>
        <i style={{ transform: `scaleX(${level})` }} />
      </span>
    </div>
  );
}

/** 0..1 along the bar, in decibels, as ears count. */
export function levelOf(rms: number): number {
  if (rms <= 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, (db - LEAST_DB) / (MOST_DB - LEAST_DB)));
}
