/** Charts of both parties on one time axis, and what the pointer reads from them. */
import { useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import type { Party } from "../protocol/messages";
import { PARTIES } from "../protocol/messages";
import type { CallState } from "../state/call";
import { callTimeS } from "../state/clock";
import { isStale, nowMs, call as openCallState } from "../state/store";
import { clock, signed } from "../ui/format";
import { isDark } from "../ui/theme";
import { Caption } from "./caption";
import { AXIS_PX, GUTTER_PX, Plots, STRIP_KEYS, type StripKey } from "./plots";
import { METERS, type Scale } from "./strips";
import { heldEndS, isRelative, playedS, pointedS, seekTo, windowS } from "./view";

const WINDOWS_S = [60, 180, 600, 0];
/** A young call fills no window: the time axis grows with it in steps of this. */
const LEAST_S = 30;
/** An arrow key moves the reading by this much, with shift by ten times as much. */
const KEY_STEP_S = 0.5;

/** Where a call's sound ends by now. */
function liveEndS(call: CallState, now: number): number {
  if (call.ended) return call.ended.duration_s;
  return isStale.peek() ? call.lastS : callTimeS(call.zeroMs, call.lastS, now);
}

function shownStretch(call: CallState, now: number): { fromS: number; toS: number } {
  const liveS = liveEndS(call, now);
  if (windowS.value === 0) return { fromS: 0, toS: Math.max(liveS, LEAST_S) };
  const lengthS = Math.min(windowS.value, Math.ceil((liveS + LEAST_S / 2) / LEAST_S) * LEAST_S);
  const endS = Math.max(heldEndS.value ?? followedEndS(call, liveS, lengthS), lengthS);
  return { fromS: endS - lengthS, toS: endS };
}

/** Of a call that is played back, what is played stands in the middle; it moves on once a second. */
function followedEndS(call: CallState, liveS: number, lengthS: number): number {
  if (call.ended === null || playedS.value === null) return liveS;
  return Math.min(liveS, Math.round(playedS.value + lengthS / 2));
}

export function Charts({ call }: { call: CallState }) {
  const area = useRef<HTMLDivElement>(null);
  const cursor = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const plots = useRef<Plots | null>(null);
  const places = useRef(new Map<StripKey, HTMLElement>());
  // The figures at the left are read from what is drawn. A live call shows them anew with every event; of one
  // that is over nothing else would.
  const [, setDrawn] = useState<CallState | null>(null);

  useLayoutEffect(() => {
    const made = new Plots(places.current);
    plots.current = made;
    const watcher = new ResizeObserver(() => made.resize(places.current));
    watcher.observe(area.current!);
    return () => {
      watcher.disconnect();
      made.destroy();
      plots.current = null;
    };
  }, []);

  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  useSignalEffect(() => {
    const shown = openCallState.value;
    if (shown === null) return;
    const stretch = shownStretch(shown, nowMs.value);
    const view = { ...stretch, isRelative: isRelative.value };
    const marks = [pointedS.value, playedS.value] as const;
    isDark.value; // colours come from the stylesheet, which follows the theme
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      plots.current?.recolour();
      plots.current?.draw(shown, view);
      if (shown.ended !== null) setDrawn(shown);
      moveLine(cursor.current, marks[0], stretch);
      moveLine(head.current, marks[1], stretch);
    });
  });

  return (
    <section class="charts" aria-labelledby="charts-title">
      <Toolbar />
      <div class="strips">
        {STRIP_KEYS.map((key) => (
          <Strip key={key} name={key} call={call} plots={plots.current} places={places.current} />
        ))}
        <Glass area={area} call={call}>
          <div class="played-line" ref={head} hidden />
          <div class="pointed-line" ref={cursor} hidden />
        </Glass>
      </div>
      <Caption call={call} />
    </section>
  );
}

function moveLine(
  line: HTMLElement | null,
  s: number | null,
  { fromS, toS }: { fromS: number; toS: number },
): void {
  if (!line) return;
  line.hidden = s === null || s < fromS || s > toS;
  if (s !== null) line.style.left = `${((s - fromS) / (toS - fromS)) * 100}%`;
}

function Toolbar() {
  const words = t.value.chart;
  return (
    <div class="charts-bar">
      <h2 id="charts-title">{t.value.call.charts}</h2>
      <fieldset class="choice">
        <legend class="unseen">{words.scale}</legend>
        <Choice isOn={isRelative.value} says={words.relative} choose={() => (isRelative.value = true)} />
        <Choice isOn={!isRelative.value} says={words.absolute} choose={() => (isRelative.value = false)} />
      </fieldset>
      <fieldset class="choice">
        <legend class="unseen">{words.window}</legend>
        {WINDOWS_S.map((s) => (
          <Choice
            key={s}
            isOn={windowS.value === s}
            says={words.windows[s]!}
            choose={() => {
              windowS.value = s;
              heldEndS.value = null;
            }}
          />
        ))}
      </fieldset>
      {heldEndS.value !== null && (
        <button type="button" class="quiet" onClick={() => (heldEndS.value = null)}>
          {openCallState.value?.ended ? t.value.playback.follow : t.value.call.backToLive}
        </button>
      )}
    </div>
  );
}

function Choice({ isOn, says, choose }: { isOn: boolean; says: string; choose: () => void }) {
  return (
    <button type="button" aria-pressed={isOn} onClick={choose}>
      {says}
    </button>
  );
}

interface StripProps {
  name: StripKey;
  call: CallState;
  plots: Plots | null;
  places: Map<StripKey, HTMLElement>;
}

function Strip({ name, call, plots, places }: StripProps) {
  const words = t.value.chart;
  const isLast = name === STRIP_KEYS.at(-1);
  return (
    <div class="chart-strip" data-strip={name} data-last={isLast}>
      <div class="strip-label">
        {name === "lanes" ? (
          <LaneNames />
        ) : name === "heat" ? (
          <HeatLabel call={call} />
        ) : (
          <MeterLabel name={name} call={call} plots={plots} />
        )}
      </div>
      <div
        class="strip-plot"
        role="img"
        aria-label={words.label(words[name])}
        ref={(element) => {
          if (element) places.set(name, element);
        }}
      />
    </div>
  );
}

function LaneNames() {
  return (
    <ul class="lane-names">
      {PARTIES.map((party) => (
        <li key={party} data-party={party}>
          <i aria-hidden="true" />
          {t.value.party[party]}
        </li>
      ))}
    </ul>
  );
}

/** Where the figures beside the strips are read: where one points, else where a call is played back. */
function readAtS(call: CallState): number | null {
  return pointedS.value ?? (call.ended === null ? null : playedS.value);
}

function HeatLabel({ call }: { call: CallState }) {
  const words = t.value;
  const pointed = readAtS(call);
  const reading =
    pointed === null
      ? call.temper.last
      : call.temper.at(call.temper.lowerBound(pointed + 0.001, (one) => one.t_s) - 1);
  return (
    <>
      <span class="strip-name">{words.chart.heat}</span>
      <span class="strip-value">
        {reading ? Math.round(reading.score * 100) : "–"}
        <small>{reading ? words.temper[reading.state] : ""}</small>
      </span>
    </>
  );
}

function MeterLabel({
  name,
  call,
  plots,
}: {
  name: "f0" | "level" | "rate";
  call: CallState;
  plots: Plots | null;
}) {
  const words = t.value.chart;
  const meter = METERS.find((one) => one.key === name)!;
  const scale = isRelative.value ? meter.relative : meter.absolute;
  const s = readAtS(call) ?? call.lastS;
  return (
    <>
      <span class="strip-name">
        {words[name]} <small>{words.units[scale.unit]}</small>
      </span>
      <span class="strip-values">
        {PARTIES.map((party) => (
          <span key={party} data-party={party} title={t.value.party[party]}>
            <i aria-hidden="true" />
            {valueText(plots, party, scale, s)}
          </span>
        ))}
      </span>
    </>
  );
}

function valueText(plots: Plots | null, party: Party, scale: Scale, s: number): string {
  const value = plots?.grids[party].valueAt(scale.quantity, s) ?? null;
  if (value === null) return "–";
  return scale.isSigned ? signed(value, scale.digits) : value.toFixed(scale.digits);
}

interface GlassProps {
  area: { current: HTMLDivElement | null };
  call: CallState;
  children: preact.ComponentChildren;
}

/** Lies over all strips: pointing reads them, dragging looks back, a click goes there. */
function Glass({ area, call, children }: GlassProps) {
  const drag = useRef<{ x: number; endS: number; hasMoved: boolean } | null>(null);
  const stretch = () => shownStretch(call, nowMs.peek());
  const timeAt = (x: number) => {
    const box = area.current!.getBoundingClientRect();
    const { fromS, toS } = stretch();
    return fromS + ((x - box.left) / box.width) * (toS - fromS);
  };
  const within = (s: number) => Math.min(Math.max(0, s), liveEndS(call, nowMs.peek()));
  const move = (event: PointerEvent) => {
    pointedS.value = within(timeAt(event.clientX));
    const held = drag.current;
    if (held === null || windowS.value === 0) return;
    const byPx = event.clientX - held.x;
    if (Math.abs(byPx) > 4) held.hasMoved = true;
    if (!held.hasMoved) return;
    const { fromS, toS } = stretch();
    const endS = held.endS - (byPx / area.current!.clientWidth) * (toS - fromS);
    heldEndS.value = endS >= liveEndS(call, nowMs.peek()) ? null : Math.max(toS - fromS, endS);
  };
  const release = (event: PointerEvent) => {
    if (drag.current && !drag.current.hasMoved) seekWithin(within(timeAt(event.clientX)));
    drag.current = null;
  };
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -KEY_STEP_S, ArrowRight: KEY_STEP_S }[event.key];
    if (step !== undefined) {
      const from = pointedS.value ?? stretch().toS;
      pointedS.value = within(from + step * (event.shiftKey ? 10 : 1));
      event.preventDefault();
    } else if (event.key === "Enter" && pointedS.value !== null) seekWithin(pointedS.value);
    else if (event.key === "Escape") pointedS.value = null;
  };
  return (
    <div
      class="glass"
      ref={area}
      role="slider"
      tabIndex={0}
      aria-label={t.value.chart.hint}
      aria-valuemin={0}
      aria-valuemax={Math.round(liveEndS(call, nowMs.value))}
      aria-valuenow={Math.round(pointedS.value ?? call.lastS)}
      aria-valuetext={clock(pointedS.value ?? call.lastS)}
      onPointerDown={(event) => {
        area.current!.setPointerCapture(event.pointerId);
        drag.current = { x: event.clientX, endS: stretch().toS, hasMoved: false };
      }}
      onPointerMove={move}
      onPointerUp={release}
      onPointerLeave={() => (pointedS.value = null)}
      onKeyDown={keys}
      onBlur={() => (pointedS.value = null)}
      style={{ right: `${GUTTER_PX}px`, bottom: `${AXIS_PX}px` }}
    >
      {children}
    </div>
  );
}

/** A click keeps the stretch that is shown: only the sound goes there. */
function seekWithin(s: number): void {
  const held = heldEndS.value;
  seekTo(s);
  heldEndS.value = held;
}
