// The three small charts of the overview: tasks, slots, time. Each has a legend above it with the latest figures, which
// hides and shows its lines.
import { useMemo } from 'preact/hooks';
import { metricDefinitions } from '../../../core/contract/metrics.ts';
import { LineChart } from '../parts/line-chart.tsx';
import { LineKey } from '../parts/line-key.tsx';
import { countWords, durationWords } from '../parts/words.ts';
import { useHiddenLines } from './hidden-lines.ts';
import { lastOf, zeroed } from './metric-grid.ts';
import { taskEnds } from './task-ends.ts';
import type { MetricName } from '../../../core/contract/metrics.ts';
import type { ChartLine } from '../parts/chart-line.ts';
import type { MetricGrid } from './metric-grid.ts';
import type { RelayMetrics } from './use-metrics.ts';
import type { JSX } from 'preact';

/** Called with the time that the user has dragged over, milliseconds since the epoch. */
export type OnZoom = (from: number, to: number) => void;

interface ChartProps {
  readonly metrics: RelayMetrics;
  readonly onZoom: OnZoom;
}

export function TaskChart({ metrics: { totals, byCode }, onZoom }: ChartProps): JSX.Element {
  const lines = useMemo((): ChartLine[] => {
    const { completed, failed } = taskEnds(byCode);
    return [
      { label: 'accepted', colour: '--ink-3', values: zeroed(totals.column('TasksAccepted')), isDashed: true },
      { label: 'completed', colour: '--good', values: completed, isFilled: true },
      { label: 'failed', colour: '--bad', values: failed },
    ];
  }, [totals, byCode]);
  return <ChartPanel title="Tasks" grid={totals} lines={lines} unit="count" onZoom={onZoom} />;
}

interface SlotChartProps {
  readonly levels: MetricGrid;
  readonly title?: string;
  readonly onZoom?: OnZoom;
}

export function SlotChart({ levels, title = 'Slots and queue', onZoom }: SlotChartProps): JSX.Element {
  const lines = useMemo(
    (): ChartLine[] => [
      { label: 'in use', colour: '--accent', values: levelOf(levels, 'SlotsInUse'), isFilled: true },
      { label: 'limit', colour: '--ink-3', values: levelOf(levels, 'SlotsLimit'), isDashed: true },
      { label: 'waiting', colour: '--warn', values: levelOf(levels, 'TasksWaiting') },
    ],
    [levels],
  );
  return <ChartPanel title={title} grid={levels} lines={lines} unit="count" onZoom={onZoom} />;
}

export function TimeChart({ metrics: { median, slowest }, onZoom }: ChartProps): JSX.Element {
  const lines = useMemo(
    (): ChartLine[] => [
      { label: 'median', colour: '--accent', values: median.column('EndToEndTime') },
      { label: '99th percentile', colour: '--warn', values: slowest.column('EndToEndTime') },
    ],
    [median, slowest],
  );
  return <ChartPanel title="Submit to end" grid={median} lines={lines} unit="ms" onZoom={onZoom} />;
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
  readonly grid: MetricGrid;
  readonly lines: readonly ChartLine[];
  readonly unit: 'count' | 'ms';
  readonly onZoom: OnZoom | undefined;
}

function ChartPanel({ title, grid, lines, unit, onZoom }: ChartPanelProps): JSX.Element {
  const hidden = useHiddenLines();
  const shown = useMemo(
    () => lines.map((line) => ({ ...line, isHidden: hidden.has(line.label) })),
    [lines, hidden.version],
  );
  return (
    <section class="panel" aria-label={title}>
      <h2>{title}</h2>
      <ul class="key">
        {shown.map(({ label, colour, values, isHidden }) => {
          const last = lastOf(values.slice(0, grid.wholeCount));
          const figure = last === null ? '–' : unit === 'ms' ? durationWords(last) : countWords(last);
          return (
            <li key={label}>
              <LineKey {...{ label, colour, figure, isHidden }} onToggle={() => hidden.toggle(label)} />
            </li>
          );
        })}
      </ul>
      <LineChart
        label={`${title} over time: ${lines.map(({ label }) => label).join(', ')}`}
        times={grid.times}
        wholeCount={grid.wholeCount}
        lines={shown}
        unit={unit}
        heightPixels={150}
        onZoom={onZoom}
      />
    </section>
  );
}
