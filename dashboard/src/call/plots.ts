/** The drawing of the call page's charts: strips on one time axis, all drawn in one go. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Party } from "../protocol/messages";
import { PARTIES } from "../protocol/messages";
import type { CallState } from "../state/call";
import { clock, signed } from "../ui/format";
import { calmed, GRID_HZ, Grid } from "./grid";
import { drawAlerts, drawLanes } from "./marks";
import { type Palette, readPalette } from "./palette";
import { METERS, type MeterKey, type Scale } from "./strips";

export type StripKey = "lanes" | "heat" | MeterKey;
export const STRIP_KEYS: readonly StripKey[] = ["lanes", "heat", ...METERS.map((meter) => meter.key)];

/** Room for the scale's figures at the right of every strip, in CSS pixels. */
export const GUTTER_PX = 34;
/** Room for the time axis, under the last strip only. */
export const AXIS_PX = 22;
/** A longer stretch has more readings than pixels to tell them apart: it shows medians of half a second. */
const DENSE_S = 60;
/** Readings of the caller's temper farther apart than this are not joined. */
const JOIN_S = 6;

export interface View {
  readonly fromS: number;
  readonly toS: number;
  readonly isRelative: boolean;
}

type Data = uPlot.AlignedData;

export class Plots {
  readonly grids: Record<Party, Grid> = { agent: new Grid(), caller: new Grid() };
  private readonly plots = new Map<StripKey, uPlot>();
  private palette: Palette = readPalette();
  private view: View = { fromS: 0, toS: 60, isRelative: true };
  private call: CallState | null = null;

  constructor(places: ReadonlyMap<StripKey, HTMLElement>) {
    for (const [key, place] of places) this.plots.set(key, new uPlot(this.options(key, place), [[]], place));
  }

  /** Draws `call` as `view` shows it. */
  draw(call: CallState, view: View): void {
    this.call = call;
    this.view = view;
    for (const party of PARTIES) this.grids[party].extend(call.prosody[party]);
    for (const [key, plot] of this.plots) plot.setData(this.data(key));
  }

  /** Takes the colours anew: the theme has changed. */
  recolour(): void {
    this.palette = readPalette();
  }

  resize(places: ReadonlyMap<StripKey, HTMLElement>): void {
    for (const [key, plot] of this.plots) {
      const place = places.get(key);
      if (place) plot.setSize({ width: place.clientWidth, height: place.clientHeight });
    }
  }

  destroy(): void {
    for (const plot of this.plots.values()) plot.destroy();
    this.plots.clear();
  }

  private data(key: StripKey): Data {
    if (key === "lanes")
      return [
        [this.view.fromS, this.view.toS],
        [null, null],
      ];
    if (key === "heat") return this.heatData();
    const { quantity } = this.scaleOf(key);
    const from = Math.max(0, Math.floor(this.view.fromS * GRID_HZ));
    const to = Math.max(from, Math.ceil(this.view.toS * GRID_HZ) + 1);
    const times = Array.from({ length: to - from }, (_, place) => (from + place) / GRID_HZ);
    const isDense = this.view.toS - this.view.fromS > DENSE_S;
    const column = (party: Party) => {
      const readings = this.grids[party].slice(quantity, from, to);
      return isDense ? calmed(readings) : readings;
    };
    return [times, column("agent"), column("caller")];
  }

  private heatData(): Data {
    const times: number[] = [];
    const scores: (number | null)[] = [];
    const readings = this.call?.temper;
    if (!readings) return [times, scores];
    const first = readings.lowerBound(this.view.fromS - JOIN_S, (reading) => reading.t_s);
    for (const reading of readings.from(first)) {
      const before = times.at(-1);
      if (before !== undefined && reading.t_s - before > JOIN_S) {
        times.push(before + 0.01);
        scores.push(null);
      }
      times.push(reading.t_s);
      scores.push(reading.score);
    }
    return [times, scores];
  }

  private scaleOf(key: MeterKey): Scale {
    const meter = METERS.find((one) => one.key === key)!;
    return this.view.isRelative ? meter.relative : meter.absolute;
  }

  private options(key: StripKey, place: HTMLElement): uPlot.Options {
    const isLast = key === STRIP_KEYS.at(-1);
    return {
      width: place.clientWidth,
      height: place.clientHeight,
      padding: [0, GUTTER_PX, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: () => [this.view.fromS, this.view.toS] },
        y: { range: () => this.rangeOf(key) },
      },
      axes: [this.timeAxis(isLast), { show: false }],
      series: [{}, ...this.series(key)],
      hooks: {
        drawClear: [(plot) => this.drawBehind(key, plot)],
        draw: [(plot) => this.drawBefore(key, plot)],
      },
    };
  }

  private timeAxis(isShown: boolean): uPlot.Axis {
    return {
      size: isShown ? AXIS_PX : 0,
      font: `11px ${this.palette.font}`,
      gap: 5,
      space: 80,
      align: 1,
      stroke: () => this.palette["ink-3"],
      grid: { stroke: () => this.palette.line, width: 1 },
      ticks: { show: false },
      incrs: [5, 10, 15, 30, 60, 120, 300, 600, 900],
      values: (_, splits) => (isShown ? splits.map(clock) : splits.map(() => "")),
    };
  }

  private series(key: StripKey): uPlot.Series[] {
    if (key === "lanes") return [{ show: false }];
    if (key === "heat") {
      return [
        {
          width: 2,
          stroke: (plot) => this.heatColour(plot, 1),
          fill: (plot) => this.heatColour(plot, 0.25),
          points: { show: false },
        },
      ];
    }
    // A lone reading between silences has no line to belong to: it is drawn as a point.
    const line = (party: Party, width: number): uPlot.Series => ({
      width,
      stroke: () => this.palette[party],
      points: { show: false },
      spanGaps: false,
      paths: uPlot.paths.linear!(),
    });
    return [line("agent", 1.25), line("caller", 2)];
  }

  private heatColour(plot: uPlot, opacity: number): CanvasGradient | string {
    const { top, height } = plot.bbox;
    if (!Number.isFinite(top) || height <= 0) return this.palette["heat-1"];
    const gradient = plot.ctx.createLinearGradient(0, top + height, 0, top);
    const hex = Math.round(opacity * 255)
      .toString(16)
      .padStart(2, "0");
    gradient.addColorStop(0.15, this.palette["heat-0"] + hex);
    gradient.addColorStop(0.55, this.palette["heat-1"] + hex);
    gradient.addColorStop(0.85, this.palette["heat-2"] + hex);
    return gradient;
  }

  private rangeOf(key: StripKey): [number, number] {
    if (key === "lanes" || key === "heat") return [0, 1];
    const [low, high] = this.scaleOf(key).range;
    return [low, high];
  }

  private drawBehind(key: StripKey, plot: uPlot): void {
    if (!this.call) return;
    drawAlerts(plot, this.call, this.palette, key === "lanes");
    if (key === "lanes") return;
    const scale = key === "heat" ? null : this.scaleOf(key);
    const usual = scale ? scale.usual : null;
    if (usual !== null) this.level(plot, usual, this.palette["line-strong"]);
    const ticks = scale?.ticks ?? [0, 0.5, 1];
    for (const tick of ticks) this.figure(plot, tick, tickText(tick, scale));
  }

  private drawBefore(key: StripKey, plot: uPlot): void {
    if (this.call && key === "lanes") drawLanes(plot, this.call, this.palette);
  }

  private level(plot: uPlot, value: number, colour: string): void {
    const { ctx, bbox } = plot;
    const y = Math.round(plot.valToPos(value, "y", true)) + 0.5;
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }

  private figure(plot: uPlot, value: number, text: string): void {
    const { ctx, bbox } = plot;
    const y = plot.valToPos(value, "y", true);
    const margin = 6 * devicePixelRatio;
    if (y < bbox.top - 1 || y > bbox.top + bbox.height + 1) return;
    ctx.save();
    ctx.fillStyle = this.palette["ink-3"];
    ctx.font = `${10.5 * devicePixelRatio}px ${this.palette.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    const kept = Math.min(Math.max(y, bbox.top + margin), bbox.top + bbox.height - margin);
    ctx.fillText(text, bbox.left + bbox.width + margin, kept);
    ctx.restore();
  }
}

function tickText(tick: number, scale: Scale | null): string {
  if (scale === null) return `${tick * 100}`;
  if (scale.isSigned) return signed(tick, 0);
  return String(tick);
}
