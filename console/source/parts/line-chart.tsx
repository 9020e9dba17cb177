// Lines over time, drawn by uPlot in the page's colours, with thresholds as dashed lines. The chart is only visual:
// a table or tiles beside it show its figures, and its label describes it.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clockTime, countWords, durationWords, percentWords } from './words.ts';
import type { JSX } from 'preact';

type ChartUnit = 'percent' | 'count' | 'ms';

export interface ChartLine {
  readonly label: string;
  /** A custom property of the style sheet, such as `--series-1`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly isStrong?: boolean;
  readonly isDashed?: boolean;
  readonly isFilled?: boolean;
}

export interface Threshold {
  readonly value: number;
  readonly label: string;
}

interface LineChartProps {
  /** What it shows, for screen readers. */
  readonly label: string;
  /** Milliseconds since the epoch, in order. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly unit: ChartUnit;
  readonly thresholds?: readonly Threshold[];
  /** Minimum height. */
  readonly heightPixels?: number;
  /** Index of the line to highlight; the others fade. */
  readonly focus?: number | undefined;
}

const unitWords: Readonly<Record<ChartUnit, (value: number) => string>> = {
  percent: percentWords,
  count: countWords,
  ms: durationWords,
};

/** Distances of the marks on an axis: round and whole, because tasks and milliseconds are not divided. */
const axisSteps: number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((power) =>
  [1, 2, 5].map((one) => one * 10 ** power),
);

/** The axis has room for one unit. */
const axisWords: Readonly<Record<ChartUnit, (value: number) => string>> = {
  ...unitWords,
  ms: (value) => (value < 60_000 ? durationWords(value) : `${(value / 60_000).toFixed(1)} min`),
};

const darkScheme = matchMedia('(prefers-color-scheme: dark)');

/** The scheme's name; a canvas does not follow its change of colours. */
function useColourScheme(): string {
  const [isDark, setDark] = useState(darkScheme.matches);
  useEffect(() => {
    const listener = (): void => setDark(darkScheme.matches);
    darkScheme.addEventListener('change', listener);
    return () => darkScheme.removeEventListener('change', listener);
  }, []);
  return isDark ? 'dark' : 'light';
}

export function LineChart(props: LineChartProps): JSX.Element {
  const { label, times, lines, unit, thresholds, heightPixels = 200, focus } = props;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const latest = useRef(props);
  latest.current = props;
  const scheme = useColourScheme();
  // A new plot only for other lines; new figures go into the existing one.
  const shape = JSON.stringify([scheme, unit, lines.map(({ label: name, colour }) => [name, colour])]);

  useEffect(() => {
    const element = holder.current;
    if (!element) return undefined;
    const made = new uPlot(optionsOf(latest, element), dataOf(latest.current), element);
    plot.current = made;
    const resizing = new ResizeObserver(() => made.setSize(sizeOf(element)));
    resizing.observe(element);
    return () => {
      resizing.disconnect();
      made.destroy();
    };
  }, [shape]);
  const limits = JSON.stringify(thresholds);
  useEffect(() => plot.current?.setData(dataOf(latest.current)), [times, lines, limits, shape]);
  useEffect(() => {
    plot.current?.setSeries(focus === undefined ? null : focus + 1, { focus: true });
  }, [focus, shape]);

  return (
    <div class="chart" role="img" aria-label={label} style={{ minHeight: `${heightPixels}px` }}>
      <div ref={holder} class="chart-plot" />
      {isEmpty(props) && <p class="chart-empty">Nothing was measured in this time.</p>}
    </div>
  );
}

/** Without data, figures on an axis would be invented. */
function isEmpty({ lines, thresholds = [] }: LineChartProps): boolean {
  return thresholds.length === 0 && lines.every(({ values }) => values.every((value) => value === null));
}

function dataOf({ times, lines }: LineChartProps): uPlot.AlignedData {
  return [times.map((at) => at / 1_000), ...lines.map(({ values }) => [...values])];
}

/** Points without a neighbour: no line reaches them, so they are drawn as dots. */
function lonePoints(values: ArrayLike<number | null | undefined>): number[] {
  const isThere = (index: number): boolean => typeof values[index] === 'number';
  return Array.from(values, (_value, index) => index).filter(
    (index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1),
  );
}

/** Fills its container: beside a long table the chart is as high as the table. */
function sizeOf(element: HTMLElement): { width: number; height: number } {
  return {
    width: element.clientWidth,
    height: element.clientHeight,
  };
}

type Latest = { readonly current: LineChartProps };

function optionsOf(latest: Latest, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const { lines, unit } = latest.current;
  const axis: uPlot.Axis = {
    stroke: colour('--ink-3'),
    font: `11px ${style.fontFamily}`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    ...sizeOf(element),
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { setScale: false, x: false, y: false } },
    focus: { alpha: 0.2 },
    scales: { y: { range: (_plot, _low, high) => [0, highest(latest.current, high)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 80,
        values: (_plot, seconds) => seconds.map((at) => axisTime(at, (seconds[1] ?? at) - (seconds[0] ?? at))),
      },
      {
        ...axis,
        size: 52,
        space: 38,
        incrs: axisSteps,
        values: (_plot, values) => (isEmpty(latest.current) ? values.map(() => '') : values.map(axisWords[unit])),
      },
    ],
    series: [
      {},
      ...lines.map((line): uPlot.Series => ({
        label: line.label,
        stroke: colour(line.colour),
        width: line.isStrong ? 2.5 : 1.5,
        ...(line.isDashed && { dash: [6, 4] }),
        ...(line.isFilled && { fill: `${colour(line.colour)}22` }),
        points: { show: false, size: 4, filter: (plot, index) => lonePoints(plot.data[index] ?? []) },
        spanGaps: false,
      })),
    ],
    hooks: {
      draw: [(plot) => drawThresholds(plot, latest.current, colour)],
      setCursor: [(plot) => tellPoint(plot, element, latest)],
    },
  };
}

/** Seconds only where two marks would read the same without them. */
function axisTime(atSeconds: number, stepSeconds: number): string {
  return clockTime(atSeconds * 1_000).slice(0, stepSeconds > 0 && stepSeconds < 60 ? 8 : 5);
}

/** Leaves room above the highest line and threshold, and is never zero. */
function highest({ unit, thresholds = [] }: LineChartProps, high: number | null): number {
  const value = Math.max(high ?? 0, ...thresholds.map(({ value: threshold }) => threshold));
  if (unit === 'percent') return Math.min(100, Math.max(5, value * 1.15));
  return value === 0 ? 1 : value * 1.1;
}

function drawThresholds(plot: uPlot, { thresholds = [] }: LineChartProps, colour: (name: string) => string): void {
  const { ctx: canvas, bbox } = plot;
  canvas.save();
  canvas.strokeStyle = colour('--bad');
  canvas.fillStyle = colour('--bad');
  canvas.font = `${11 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
  canvas.textAlign = 'left';
  canvas.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  canvas.lineWidth = devicePixelRatio;
  for (const { value, label } of thresholds) {
    const y = Math.round(plot.valToPos(value, 'y', true)) + 0.5;
    canvas.beginPath();
    canvas.moveTo(bbox.left, y);
    canvas.lineTo(bbox.left + bbox.width, y);
    canvas.stroke();
    // An outline in the panel's colour keeps it readable over any line.
    canvas.save();
    canvas.setLineDash([]);
    canvas.strokeStyle = colour('--surface');
    canvas.lineWidth = 4 * devicePixelRatio;
    canvas.lineJoin = 'round';
    const [x, base] = [bbox.left + 6 * devicePixelRatio, y - 6 * devicePixelRatio];
    canvas.strokeText(label, x, base);
    canvas.fillText(label, x, base);
    canvas.restore();
  }
  canvas.restore();
}

/** The figures under the pointer, in a line above the drawing. */
function tellPoint(plot: uPlot, element: HTMLElement, { current }: Latest): void {
  const at = plot.cursor.idx;
  const time = typeof at === 'number' ? current.times[at] : undefined;
  if (typeof at !== 'number' || time === undefined) {
    delete element.dataset['point'];
    return;
  }
  const words = unitWords[current.unit];
  const figures = current.lines.flatMap(({ label, values }) => {
    const value = values[at];
    return typeof value !== 'number' || (value === 0 && current.lines.length > 3) ? [] : [`${label} ${words(value)}`];
  });
  element.dataset['point'] = [clockTime(time), ...figures].join('  ·  ');
}
