// Lines over time in the page's colours, with thresholds as dashed lines; a drag over it zooms. The chart is only
// visual: a table or tiles beside it show its figures, and its label describes it. line-plot.ts draws it.
import { useEffect, useRef, useState } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import { useZone } from '../frame/use-zone.ts';
import type { ChartProps, LineChartProps } from './chart-line.ts';
import type { LinePlot } from './line-plot.ts';
import type { JSX } from 'preact';

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

export function LineChart(chart: ChartProps): JSX.Element {
  const props: LineChartProps = { ...chart, isEmpty: isEmpty(chart) };
  const { label, times, lines, unit, thresholds, heightPixels = 200, focus } = props;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<LinePlot>(null);
  const latest = useRef(props);
  latest.current = props;
  const [hasFailed, setFailed] = useState(false);
  const scheme = useColourScheme();
  const zone = useZone();
  // A new plot only for other lines; new figures go into the existing one.
  const shape = JSON.stringify([scheme, zone, unit, lines.map(({ label: name, colour }) => [name, colour])]);

  useEffect(() => {
    const element = holder.current;
    if (!element) return undefined;
    let isGone = false;
    // Loaded with the first chart and kept for the others; a new release may have other files than this page knows.
    void import('./line-plot.ts').then(
      ({ makeLinePlot }) => {
        if (!isGone) plot.current = makeLinePlot(latest, element);
      },
      () => setFailed(true),
    );
    return () => {
      isGone = true;
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);
  const limits = JSON.stringify(thresholds);
  useEffect(() => plot.current?.update(), [times, lines, limits, shape]);
  useEffect(() => plot.current?.focus(focus), [focus, shape]);

  return (
    <div class="chart" role="img" aria-label={label} style={{ minHeight: `${heightPixels}px` }}>
      <div ref={holder} class="chart-plot" />
      {props.isEmpty && <p class="chart-empty">Nothing was measured in this time.</p>}
      {hasFailed && <p class="chart-empty">The chart could not be loaded. Reload the page.</p>}
    </div>
  );
}

function isEmpty({ lines, thresholds = [] }: ChartProps): boolean {
  return thresholds.length === 0 && lines.every(({ values }) => values.every((value) => value === null));
}
