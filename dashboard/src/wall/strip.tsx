/** A row's picture of the last minutes: the caller's heat, and beneath it who spoke. */
import { t } from "../i18n";
import type { Stretch } from "../protocol/messages";
import { STRIP_S, type WallCall } from "../state/wall";
import { percent } from "../ui/format";
import "../styles/strip.css";

const WIDTH = 360;
const HEAT_HEIGHT = 30;
const LANE_HEIGHT = 4;
const HEIGHT = HEAT_HEIGHT + 2 * LANE_HEIGHT + 6;
/** Readings farther apart than this are not joined: the caller was silent between them. */
const JOIN_S = 6;

export function Strip({ call, nowS }: { call: WallCall; nowS: number }) {
  const words = t.value;
  const fromS = nowS - STRIP_S;
  const x = (s: number) => ((s - fromS) / STRIP_S) * WIDTH;
  const score = call.score === null ? "" : percent(call.score);
  const gradient = `heat-${call.id.replace(/[^\w-]/g, "")}`;
  return (
    <svg
      class="strip"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={words.wall.heatLabel(
        call.score === null ? words.temperUnknown : words.temper[call.temper],
        score,
      )}
    >
      <defs>
        <linearGradient id={gradient} gradientUnits="userSpaceOnUse" x1="0" y1={HEAT_HEIGHT} x2="0" y2="0">
          <stop offset="0.15" stop-color="var(--heat-0)" />
          <stop offset="0.55" stop-color="var(--heat-1)" />
          <stop offset="0.85" stop-color="var(--heat-2)" />
        </linearGradient>
      </defs>
      <path class="strip-ground" d={`M${Math.max(0, x(0))} 0H${WIDTH}V${HEIGHT}H${Math.max(0, x(0))}Z`} />
      <path class="strip-base" d={`M0 ${HEAT_HEIGHT}H${WIDTH}`} />
      {heatRuns(call.heat, fromS).map((run) => (
        <g key={run[0]![0]}>
          <path
            d={`M${x(run[0]![0])} ${HEAT_HEIGHT}L${line(run, x)}V${HEAT_HEIGHT}Z`}
            fill={`url(#${gradient})`}
            opacity="0.28"
          />
          <path d={`M${line(run, x)}`} stroke={`url(#${gradient})`} class="strip-line" />
        </g>
      ))}
      <Lane y={HEAT_HEIGHT + 3} party="agent" call={call} nowS={nowS} x={x} />
      <Lane y={HEAT_HEIGHT + LANE_HEIGHT + 5} party="caller" call={call} nowS={nowS} x={x} />
    </svg>
  );
}

interface LaneProps {
  y: number;
  party: "agent" | "caller";
  call: WallCall;
  nowS: number;
  x: (s: number) => number;
}

function Lane({ y, party, call, nowS, x }: LaneProps) {
  const since = call.speakingSince[party];
  const open: Stretch[] = since === null ? [] : [{ start_s: since, end_s: nowS }];
  const d = [...call.speech[party], ...open]
    .filter((stretch) => x(stretch.end_s) > 0)
    .map(({ start_s, end_s }) => {
      const left = Math.max(0, x(start_s));
      return `M${left.toFixed(1)} ${y}H${Math.max(x(end_s), left + 1).toFixed(1)}V${y + LANE_HEIGHT}H${left.toFixed(1)}Z`;
    })
    .join("");
  return <path d={d} fill={`var(--${party})`} />;
}

type Reading = readonly [number, number];

/** Readings since `fromS`, cut where the caller was silent for long. */
export function heatRuns(heat: readonly Reading[], fromS: number): Reading[][] {
  const runs: Reading[][] = [];
  for (const reading of heat) {
    if (reading[0] < fromS) continue;
    const run = runs.at(-1);
    if (run && reading[0] - run.at(-1)![0] <= JOIN_S) run.push(reading);
    else runs.push([reading]);
  }
  return runs;
}

function line(run: readonly Reading[], x: (s: number) => number): string {
  const y = (score: number) => (1 - Math.min(1, Math.max(0, score))) * (HEAT_HEIGHT - 3) + 2;
  return run.map(([s, score]) => `${x(s).toFixed(1)} ${y(score).toFixed(1)}`).join("L");
}
