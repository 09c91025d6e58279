/** One quantity over calls or days: a line for each party that has it, read by pointing. The table has it all. */
import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { readPalette } from "../call/palette";
import { t } from "../i18n";
import type { Party } from "../protocol/messages";
import { isDark } from "../ui/theme";

const TALL_PX = 118;
const AXIS_PX = 20;
const GUTTER_PX = 40;
/** Marks of single readings, while they are few enough to be told apart. */
const POINTS_MAX = 90;

export interface Line {
  readonly name: string;
  readonly party: Party;
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  readonly title: string;
  /** The whole stretch's value, with what it is made of. */
  readonly total: string;
  readonly made: string;
  readonly keys: readonly string[];
  readonly lines: readonly Line[];
  readonly write: (value: number) => string;
  /** The scale ends here at the least: small figures are not blown up. */
  readonly least: number;
}

export function FigureChart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const [isDrawnDark, setDrawnDark] = useState(isDark.value);
  useSignalEffect(() => setDrawnDark(isDark.value));
  useEffect(() => {
    const element = place.current!;
    const made = new uPlot(optionsOf(props, element.clientWidth, setAt), dataOf(props), element);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: TALL_PX }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
    };
  }, [JSON.stringify(props.keys), JSON.stringify(props.lines), isDrawnDark]);
  return (
    <figure class="figure-chart">
      <figcaption>
        <span class="figure-name">{props.title}</span>
        <span class="figure-now" aria-live="off">
          {at === null || props.keys[at] === undefined ? (
            <>
              <b>{props.total}</b> <small>{props.made}</small>
            </>
          ) : (
            <>
              <small>{props.keys[at]}</small>{" "}
              {props.lines.map((line) => (
                <b key={line.party} data-party={props.lines.length > 1 ? line.party : undefined}>
                  {written(line.values[at], props.write)}
                </b>
              ))}
            </>
          )}
        </span>
      </figcaption>
      <div ref={place} role="img" aria-label={t.value.history.chartLabel(props.title, props.total)} />
      {props.lines.length > 1 && (
        <ul class="figure-lines">
          {props.lines.map((line) => (
            <li key={line.party} data-party={line.party}>
              <i aria-hidden="true" />
              {line.name}
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}

const written = (value: number | null | undefined, write: (value: number) => string) =>
  value === null || value === undefined ? "–" : write(value);

function dataOf({ keys, lines }: ChartProps): uPlot.AlignedData {
  return [keys.map((_, place) => place), ...lines.map((line) => [...line.values])];
}

function optionsOf(props: ChartProps, width: number, point: (at: number | null) => void): uPlot.Options {
  const palette = readPalette();
  const { keys, lines, write, least } = props;
  const most = Math.max(least, ...lines.flatMap((line) => line.values.map((value) => value ?? 0)));
  const font = `11px ${palette.font}`;
  return {
    width,
    height: TALL_PX,
    padding: [6, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: false, range: () => [-0.4, Math.max(keys.length - 0.6, 0.6)] },
      y: { range: () => [0, most * 1.12] },
    },
    axes: [
      {
        size: AXIS_PX,
        font,
        gap: 4,
        space: 76,
        stroke: palette["ink-3"],
        grid: { show: false },
        ticks: { show: false },
        incrs: [1, 2, 5, 7, 10, 14, 20, 28, 50, 100],
        values: (_, splits) => splits.map((at) => keys[at] ?? ""),
      },
      {
        size: GUTTER_PX,
        font,
        gap: 4,
        space: 34,
        stroke: palette["ink-3"],
        grid: { stroke: palette.line, width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map(write),
      },
    ],
    series: [
      {},
      ...lines.map((line, place) => ({
        width: 2,
        stroke: palette[line.party],
        // The second line is told apart without its colour.
        dash: place === 0 ? [] : [5, 3],
        points: { show: keys.length <= POINTS_MAX, size: 5, fill: palette[line.party] },
        spanGaps: true,
      })),
    ],
    hooks: { setCursor: [(made) => point(made.cursor.idx ?? null)] },
  };
}
