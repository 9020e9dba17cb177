// The drawing of a line chart by uPlot, on a canvas: loaded after the first paint, because the figures beside a chart
// are there without it. line-chart.tsx decides what is drawn.
import uPlot from 'uplot';
import { DAY_MS, MINUTE_MS } from '../../../core/domain/time-ms.ts';
import { clockTime, countWords, dayAndMinute, dayWords, durationWords, percentWords } from './words.ts';
import { zoneName } from './zone.ts';
import type { ChartUnit, LineChartProps } from './chart-line.ts';

type Latest = { readonly current: LineChartProps };

export interface LinePlot {
  /** Draws what is the latest now. */
  readonly update: () => void;
  readonly focus: (index: number | undefined) => void;
  readonly destroy: () => void;
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
  ms: (value) => (value < MINUTE_MS ? durationWords(value) : `${(value / MINUTE_MS).toFixed(1)} min`),
};

const FADED = 0.2;
/** A shorter drag is a click with an unsteady hand. */
const DRAG_PIXELS_MIN = 10;

export function makeLinePlot(latest: Latest, element: HTMLElement): LinePlot {
  const plot = new uPlot(optionsOf(latest, element), dataOf(latest.current), element);
  const resizing = new ResizeObserver(() => plot.setSize(sizeOf(element)));
  resizing.observe(element);
  const focus = (index: number | undefined): void =>
    plot.setSeries(index === undefined ? null : index + 1, { focus: true });
  focus(latest.current.focus);
  return {
    update: () => {
      latest.current.lines.forEach(({ isHidden = false }, index) => {
        if (plot.series[index + 1]?.show === isHidden) plot.setSeries(index + 1, { show: !isHidden });
      });
      plot.setData(dataOf(latest.current));
    },
    focus,
    destroy: () => {
      resizing.disconnect();
      plot.destroy();
    },
  };
}

/** The period that is not over has no place in the line itself: drawOpen draws it. */
function dataOf({ times, lines, wholeCount = times.length }: LineChartProps): uPlot.AlignedData {
  return [
    times.map((at) => at / 1_000),
    ...lines.map(({ values }) => values.map((value, index) => (index < wholeCount ? value : null))),
  ];
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

type Colour = (name: string) => string;

function optionsOf(latest: Latest, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour: Colour = (name) => style.getPropertyValue(name).trim();
  return {
    ...sizeOf(element),
    padding: [10, 8, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => {
      const date = new Date(seconds * 1_000);
      return zoneName() === 'UTC' ? uPlot.tzDate(date, 'Etc/UTC') : date;
    },
    cursor: {
      points: { size: 6 },
      drag: { setScale: false, x: latest.current.onZoom !== undefined, y: false, dist: DRAG_PIXELS_MIN },
    },
    focus: { alpha: FADED },
    scales: { y: { range: (_plot, _low, high) => [0, highest(latest.current, high)] } },
    axes: axesOf(latest, colour, style.fontFamily),
    series: [{}, ...latest.current.lines.map((line) => seriesOf(line, colour))],
    hooks: {
      draw: [(plot) => drawOpen(plot, latest.current, colour), (plot) => drawThresholds(plot, latest.current, colour)],
      setCursor: [(plot) => tellPoint(plot, element, latest)],
      setSelect: [(plot) => zoom(plot, latest)],
    },
  };
}

function seriesOf(line: LineChartProps['lines'][number], colour: Colour): uPlot.Series {
  return {
    label: line.label,
    show: line.isHidden !== true,
    stroke: colour(line.colour),
    width: line.isStrong ? 2.5 : 1.5,
    ...(line.isDashed && { dash: [6, 4] }),
    ...(line.isFilled && { fill: `${colour(line.colour)}22` }),
    points: { show: false, size: 4, filter: (plot, index) => lonePoints(plot.data[index] ?? []) },
    spanGaps: false,
  };
}

function axesOf(latest: Latest, colour: Colour, fontFamily: string): uPlot.Axis[] {
  const axis: uPlot.Axis = {
    stroke: colour('--ink-3'),
    font: `11px ${fontFamily}`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return [
    {
      ...axis,
      grid: { show: false },
      size: 24,
      space: 80,
      values: (_plot, seconds) =>
        seconds.map((at) => axisTime(at * 1_000, ((seconds[1] ?? at) - (seconds[0] ?? at)) * 1_000)),
    },
    {
      ...axis,
      size: 52,
      space: 38,
      incrs: axisSteps,
      values: (_plot, values) =>
        latest.current.isEmpty ? values.map(() => '') : values.map(axisWords[latest.current.unit]),
    },
  ];
}

/** The day where a mark is at its beginning; seconds only where two marks would read the same without them. */
function axisTime(at: number, stepMs: number): string {
  const clock = clockTime(at);
  if (stepMs >= DAY_MS || clock === '00:00:00') return dayWords(at);
  return clock.slice(0, stepMs > 0 && stepMs < MINUTE_MS ? 8 : 5);
}

/** Leaves room above the highest line and threshold, and is never zero. */
function highest({ unit, thresholds = [], lines, wholeCount, times }: LineChartProps, high: number | null): number {
  const open = lines.flatMap(({ values, isHidden }) => (isHidden ? [] : (values[wholeCount ?? times.length] ?? [])));
  const value = Math.max(high ?? 0, ...open, ...thresholds.map(({ value: threshold }) => threshold));
  if (unit === 'percent') return Math.min(100, Math.max(5, value * 1.15));
  return value === 0 ? 1 : value * 1.1;
}

/** The last period, which is not over: dots and a ring, because a part of a count looks like a fall. */
function drawOpen(plot: uPlot, { times, lines, wholeCount, focus }: LineChartProps, colour: Colour): void {
  if (wholeCount === undefined || wholeCount >= times.length) return;
  const { ctx: canvas } = plot;
  const x = (index: number): number => plot.valToPos((times[index] ?? 0) / 1_000, 'x', true);
  canvas.save();
  canvas.lineWidth = 1.5 * devicePixelRatio;
  lines.forEach(({ values, colour: name, isHidden }, index) => {
    const [last, open] = [values[wholeCount - 1], values[wholeCount]];
    if (isHidden || typeof open !== 'number') return;
    canvas.globalAlpha = focus === undefined || focus === index ? 1 : FADED;
    canvas.strokeStyle = colour(name);
    const y = plot.valToPos(open, 'y', true);
    if (typeof last === 'number') {
      canvas.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
      canvas.beginPath();
      canvas.moveTo(x(wholeCount - 1), plot.valToPos(last, 'y', true));
      canvas.lineTo(x(wholeCount), y);
      canvas.stroke();
    }
    canvas.setLineDash([]);
    canvas.beginPath();
    canvas.arc(x(wholeCount), y, 2.5 * devicePixelRatio, 0, 2 * Math.PI);
    canvas.stroke();
  });
  canvas.restore();
}

function drawThresholds(plot: uPlot, { thresholds = [] }: LineChartProps, colour: Colour): void {
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
  const figures = current.lines.flatMap(({ label, values, isHidden }) => {
    const value = values[at];
    const isLittle = typeof value !== 'number' || (value === 0 && current.lines.length > 3);
    return isHidden || isLittle ? [] : [`${label} ${words(value)}`];
  });
  const isLong = (current.times.at(-1) ?? 0) - (current.times[0] ?? 0) > DAY_MS;
  const when = isLong ? dayAndMinute(time) : clockTime(time);
  const isOpen = at >= (current.wholeCount ?? current.times.length);
  element.dataset['point'] = [isOpen ? `${when}, so far` : when, ...figures].join('  ·  ');
}

function zoom(plot: uPlot, { current: { onZoom, times } }: Latest): void {
  const { left, width } = plot.select;
  if (width < DRAG_PIXELS_MIN) return;
  const at = (pixels: number): number => plot.posToVal(pixels, 'x') * 1_000;
  // A point stands for the period that begins there.
  const stepMs = (times[1] ?? 0) - (times[0] ?? 0);
  const [from, to] = [at(left), at(left + width) + stepMs];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onZoom?.(from, to);
}
