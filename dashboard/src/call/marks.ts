/** What is drawn on the strips beside lines: who speaks, speech at once, interruptions, alerts. */
import type uPlot from "uplot";
import type { Party, Severity, Stretch } from "../protocol/messages";
import { PARTIES } from "../protocol/messages";
import type { AlertRecord, CallState } from "../state/call";
import type { Palette } from "./palette";

/** Lanes as shares of their strip's height: [top, height]. */
const LANES: Record<Party, readonly [number, number]> = { agent: [0.32, 0.25], caller: [0.66, 0.25] };
const BAND_OPACITY = "1c";
/** The middle of the row of alert signs, from the strip's top, in CSS pixels. */
const SIGN_PX = 6;

interface Frame {
  readonly ctx: CanvasRenderingContext2D;
  readonly x: (s: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly height: number;
}

function frameOf(plot: uPlot): Frame {
  const { left, top, width, height } = plot.bbox;
  const right = left + width;
  const x = (s: number) => Math.min(right, Math.max(left, plot.valToPos(s, "x", true)));
  return { ctx: plot.ctx, x, left, right, top, height };
}

const isVisible = ({ x, left, right }: Frame, { start_s, end_s }: Stretch) =>
  x(end_s) > left && x(start_s) < right;

/**
 * Bands over what alerts are about (notes look at whole minutes: a band would say nothing); on the first strip also a sign where each was raised, and from there
 * a thin line for as long as it was open.
 */
export function drawAlerts(plot: uPlot, call: CallState, palette: Palette, isFirst: boolean): void {
  const frame = frameOf(plot);
  const { ctx, x, top, height } = frame;
  ctx.save();
  for (const { alert } of call.alerts) {
    if (alert.severity === "info" || !isVisible(frame, alert.about)) continue;
    const left = x(alert.about.start_s);
    ctx.fillStyle = palette[alert.severity] + BAND_OPACITY;
    ctx.fillRect(left, top, Math.max(x(alert.about.end_s) - left, devicePixelRatio), height);
  }
  if (isFirst) for (const record of call.alerts) drawOpen(frame, record, call, palette);
  ctx.restore();
}

function drawOpen(frame: Frame, { alert, cleared }: AlertRecord, call: CallState, palette: Palette): void {
  const { ctx, x, top } = frame;
  const open = { start_s: alert.raised_at_s, end_s: cleared?.cleared_at_s ?? call.lastS };
  if (!isVisible(frame, open)) return;
  const y = top + SIGN_PX * devicePixelRatio;
  ctx.fillStyle = palette[alert.severity];
  ctx.fillRect(x(open.start_s), y, x(open.end_s) - x(open.start_s), devicePixelRatio);
  if (x(open.start_s) > frame.left) drawSign(frame, x(open.start_s), alert.severity, palette);
}

/** The same shapes as in the lists: octagon, triangle, diamond, open diamond, ring. */
function drawSign({ ctx, top }: Frame, x: number, severity: Severity, palette: Palette): void {
  const radius = 4.5 * devicePixelRatio;
  const y = top + SIGN_PX * devicePixelRatio;
  const corners = { critical: 8, high: 3, medium: 4, low: 4, info: 24 }[severity];
  const turn = { critical: Math.PI / 8, high: -Math.PI / 2, medium: 0, low: 0, info: 0 }[severity];
  ctx.beginPath();
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = turn + (2 * Math.PI * corner) / corners;
    ctx.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
  }
  ctx.closePath();
  ctx.lineWidth = 1.4 * devicePixelRatio;
  ctx.fillStyle = severity === "low" || severity === "info" ? palette.surface : palette[severity];
  ctx.strokeStyle = palette[severity];
  ctx.fill();
  ctx.stroke();
}

/** Two lanes of speech, hatched where both speak, with a notch where one cuts in. */
export function drawLanes(plot: uPlot, call: CallState, palette: Palette): void {
  const frame = frameOf(plot);
  const { ctx } = frame;
  ctx.save();
  for (const party of PARTIES) {
    const since = call.speakingSince[party];
    const open = since === null ? [] : [{ start_s: since, end_s: Math.max(call.lastS, since) }];
    const first = call.speech[party].lowerBound(plot.scales.x!.min ?? 0, (stretch) => stretch.end_s);
    for (const stretch of [...call.speech[party].from(first), ...open]) {
      if (isVisible(frame, stretch)) drawSpeech(frame, party, stretch, palette);
    }
  }
  for (const overlap of call.overlaps) {
    if (overlap.kind !== "echo" && isVisible(frame, overlap)) hatch(frame, overlap, palette);
  }
  for (const lost of call.lost) {
    if (isVisible(frame, lost)) drawLost(frame, lost.party, lost, palette);
  }
  for (const cut of call.interruptions) {
    if (isVisible(frame, cut)) drawNotch(frame, cut.by, cut.start_s, palette);
  }
  ctx.restore();
}

function laneOf({ top, height }: Frame, party: Party): { y: number; tall: number } {
  const [share, size] = LANES[party];
  return { y: top + share * height, tall: size * height };
}

function drawSpeech(frame: Frame, party: Party, stretch: Stretch, palette: Palette): void {
  const { ctx, x } = frame;
  const { y, tall } = laneOf(frame, party);
  const left = x(stretch.start_s);
  ctx.fillStyle = palette[party];
  ctx.fillRect(left, y, Math.max(devicePixelRatio, x(stretch.end_s) - left), tall);
}

function hatch(frame: Frame, stretch: Stretch, palette: Palette): void {
  const { ctx, x } = frame;
  const agent = laneOf(frame, "agent");
  const caller = laneOf(frame, "caller");
  const [left, right] = [x(stretch.start_s), x(stretch.end_s)];
  const [above, below] = [agent.y, caller.y + caller.tall];
  const step = 4 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, above, right - left, below - above);
  ctx.clip();
  ctx.strokeStyle = palette.surface;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (let start = left - (below - above); start < right; start += step) {
    ctx.moveTo(start, below);
    ctx.lineTo(start + (below - above), above);
  }
  ctx.stroke();
  ctx.restore();
}

function drawLost(frame: Frame, party: Party, stretch: Stretch, palette: Palette): void {
  const { ctx, x } = frame;
  const { y, tall } = laneOf(frame, party);
  const left = x(stretch.start_s);
  ctx.strokeStyle = palette["ink-3"];
  ctx.setLineDash([3 * devicePixelRatio, 2 * devicePixelRatio]);
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeRect(left, y, Math.max(2 * devicePixelRatio, x(stretch.end_s) - left), tall);
  ctx.setLineDash([]);
}

function drawNotch(frame: Frame, by: Party, s: number, palette: Palette): void {
  const { ctx, x } = frame;
  const { y, tall } = laneOf(frame, by);
  const size = 5 * devicePixelRatio;
  const [edge, tip] = by === "agent" ? [y, y + size] : [y + tall, y + tall - size];
  ctx.fillStyle = palette.ink;
  ctx.strokeStyle = palette.surface;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x(s) - size * 0.8, edge);
  ctx.lineTo(x(s) + size * 0.8, edge);
  ctx.lineTo(x(s), tip);
  ctx.closePath();
  ctx.fill();
  ctx.stroke();
}
