// The three small charts of the overview: tasks, slots, time. Each has a legend above it with the latest figures.
import { useMemo } from 'preact/hooks';
import { metricDefinitions } from '../../../core/contract/metrics.ts';
import { LineChart } from '../parts/line-chart.tsx';
import { countWords, durationWords } from '../parts/words.ts';
import { lastOf, settled, zeroed } from './metric-grid.ts';
import { taskEnds } from './task-ends.ts';
import type { MetricName } from '../../../core/contract/metrics.ts';
import type { ChartLine } from '../parts/line-chart.tsx';
import type { MetricGrid } from './metric-grid.ts';
import type { RelayMetrics } from './use-metrics.ts';
import type { JSX } from 'preact';

export function TaskChart({ metrics: { totals, byCode } }: { readonly metrics: RelayMetrics }): JSX.Element {
  const lines = useMemo((): ChartLine[] => {
    const { completed, failed } = taskEnds(byCode);
    const whole = (values: readonly number[]) => settled(totals, values);
    return [
      { label: 'accepted', colour: '--ink-3', values: whole(zeroed(totals.column('TasksAccepted'))), isDashed: true },
      { label: 'completed', colour: '--good', values: whole(completed), isFilled: true },
      { label: 'failed', colour: '--bad', values: whole(failed) },
    ];
  }, [totals, byCode]);
  return <ChartPanel title="Tasks" times={totals.times} lines={lines} unit="count" />;
}

interface SlotChartProps {
  readonly levels: MetricGrid;
  readonly title?: string;
}

export function SlotChart({ levels, title = 'Slots and queue' }: SlotChartProps): JSX.Element {
  const lines = useMemo(
    (): ChartLine[] => [
      { label: 'in use', colour: '--accent', values: levelOf(levels, 'SlotsInUse'), isFilled: true },
      { label: 'limit', colour: '--ink-3', values: levelOf(levels, 'SlotsLimit'), isDashed: true },
      { label: 'waiting', colour: '--warn', values: levelOf(levels, 'TasksWaiting') },
    ],
    [levels],
  );
  return <ChartPanel title={title} times={levels.times} lines={lines} unit="count" />;
}

export function TimeChart({ metrics: { median, slowest } }: { readonly metrics: RelayMetrics }): JSX.Element {
  const lines = useMemo(
    (): ChartLine[] => [
      { label: 'median', colour: '--accent', values: median.column('EndToEndTime') },
      { label: '99th percentile', colour: '--warn', values: slowest.column('EndToEndTime') },
    ],
    [median, slowest],
  );
  return <ChartPanel title="Submit to end" times={median.times} lines={lines} unit="ms" />;
}

/**
 * The sweep reports levels, perhaps less often than once per short period: the last one holds until the next. A level
 * that is silent at zero is zero wherever the sweep reported and left it out.
 */
function levelOf(levels: MetricGrid, name: MetricName): readonly (number | null)[] {
  const isSilent = metricDefinitions[name].zero === 'silent';
  const spoken = levels.column('SlotsLimit');
  let last: number | null = null;
  return levels.column(name).map((value, index) => {
    last = value ?? (isSilent && typeof spoken[index] === 'number' ? 0 : last);
    return last;
  });
}

interface ChartPanelProps {
  readonly title: string;
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly unit: 'count' | 'ms';
}

function ChartPanel({ title, times, lines, unit }: ChartPanelProps): JSX.Element {
  return (
    <section class="panel" aria-label={title}>
      <h2>{title}</h2>
      <ul class="key">
        {lines.map(({ label, colour, values }) => {
          const last = lastOf(values);
          const figure = last === null ? '–' : unit === 'ms' ? durationWords(last) : countWords(last);
          return (
            <li key={label}>
              <span class={`swatch swatch${colour.slice(1)}`} aria-hidden="true" />
              {label} <span class="figure">{figure}</span>
            </li>
          );
        })}
      </ul>
      <LineChart
        label={`${title} over time: ${lines.map(({ label }) => label).join(', ')}`}
        times={times}
        lines={lines}
        unit={unit}
        heightPixels={150}
      />
    </section>
  );
}
