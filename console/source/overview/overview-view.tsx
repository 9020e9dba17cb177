// The first view: are alarms on, are users served, who fails and with which code, is work moving. Everything here is
// an answer of the monitoring calls; who may not make them is led to the tasks.
import { useMemo, useState } from 'preact/hooks';
import { AlarmStrip } from '../alarms/alarm-strip.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { LineChart } from '../parts/line-chart.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { StatTile } from '../parts/stat-tile.tsx';
import { Freshness, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { countWords, durationWords, percentWords } from '../parts/words.ts';
import { LatestTasks } from '../tasks/latest-tasks.tsx';
import { ErrorRatePanel } from './error-rate-panel.tsx';
import { lastOf, sumOf, zeroed } from './metric-grid.ts';
import { metricsEveryMs, timeRanges, usualRange } from './time-range.ts';
import { useMetrics } from './use-metrics.ts';
import type { PublicAlarms } from '../../../functions/core/contract/monitoring.ts';
import type { Polled } from '../frame/use-polled.ts';
import type { ChartLine } from '../parts/line-chart.tsx';
import type { MetricGrid } from './metric-grid.ts';
import type { RelayMetrics } from './use-metrics.ts';
import type { JSX } from 'preact';

export const OverviewView = ({ alarms }: { readonly alarms: Polled<PublicAlarms> }): JSX.Element => {
  const { local } = useRelay();
  const ranges = timeRanges(local);
  const [range, setRange] = useState(() => usualRange(ranges));
  const metrics = useMetrics(range);
  const tools = (
    <>
      <Freshness of={metrics} everyMs={metricsEveryMs(local)} />
      <Segmented
        label="Time shown"
        options={ranges.map(({ name }) => ({ value: name, text: name }))}
        value={range.name}
        onChange={(name) => setRange(ranges.find((one) => one.name === name) ?? range)}
      />
    </>
  );
  return (
    <ViewFrame title="Overview" tools={tools}>
      <AlarmStrip alarms={alarms} />
      <RefusalNote of={metrics} />
      {metrics.value && (
        <>
          <Tiles metrics={metrics.value} />
          <ErrorRatePanel metrics={metrics.value} alarms={alarms.value?.alarms ?? []} />
          <div class="panels">
            <TaskPanel totals={metrics.value.totals} />
            <SlotPanel levels={metrics.value.levels} />
            <TimePanel metrics={metrics.value} />
          </div>
        </>
      )}
      <LatestTasks />
    </ViewFrame>
  );
};

const Tiles = ({ metrics: { totals, levels, slowest } }: { readonly metrics: RelayMetrics }): JSX.Element => {
  const accepted = sumOf(totals.column('TasksAccepted'));
  const ended = sumOf(totals.column('TasksEnded'));
  const failed = sumOf(totals.column('TasksFailed'));
  const attempts = sumOf(totals.column('AttemptsEnded'));
  const failedAttempts = sumOf(totals.column('AttemptsFailed'));
  const [inUse, limit, waiting] = ['SlotsInUse', 'SlotsLimit', 'TasksWaiting'].map((name) =>
    lastOf(levels.column(name)),
  );
  const time = lastOf(slowest.column('EndToEndTime'));
  const share = (part: number, whole: number): string =>
    whole === 0 ? 'none yet' : percentWords((100 * part) / whole);
  return (
    <dl class="tiles">
      <StatTile name="Tasks taken in" value={countWords(accepted)} />
      <StatTile
        name="Completed"
        value={countWords(ended - failed)}
        beside={ended > 0 && share(ended - failed, ended)}
      />
      <StatTile
        name="Failed"
        value={countWords(failed)}
        beside={failed > 0 && share(failed, ended)}
        tone={failed > 0 ? 'bad' : undefined}
      />
      <StatTile
        name="Attempts that failed"
        value={share(failedAttempts, attempts)}
        beside={attempts > 0 && `${countWords(failedAttempts)} of ${countWords(attempts)}`}
      />
      <StatTile
        name="Slots in use"
        value={inUse == null ? '–' : countWords(inUse)}
        beside={limit != null && `of ${countWords(limit)}`}
      />
      <StatTile name="Waiting" value={waiting == null ? '–' : countWords(waiting)} />
      <StatTile name="Submit to end, p99" value={time === null ? '–' : durationWords(time)} />
    </dl>
  );
};

const TaskPanel = ({ totals }: { readonly totals: MetricGrid }): JSX.Element => {
  const lines = useMemo((): ChartLine[] => {
    const ended = zeroed(totals.column('TasksEnded'));
    const failed = zeroed(totals.column('TasksFailed'));
    return [
      { label: 'taken in', colour: '--ink-3', values: zeroed(totals.column('TasksAccepted')), isDashed: true },
      {
        label: 'completed',
        colour: '--good',
        values: ended.map((count, index) => count - (failed[index] ?? 0)),
        isFilled: true,
      },
      { label: 'failed', colour: '--bad', values: failed },
    ];
  }, [totals]);
  return <ChartPanel title="Tasks" times={totals.times} lines={lines} unit="count" />;
};

const SlotPanel = ({ levels }: { readonly levels: MetricGrid }): JSX.Element => {
  const lines = useMemo((): ChartLine[] => {
    const [inUse = [], limit = [], waiting = []] = ['SlotsInUse', 'SlotsLimit', 'TasksWaiting'].map((name) =>
      heldOn(levels.column(name)),
    );
    return [
      { label: 'in use', colour: '--accent', values: inUse, isFilled: true },
      { label: 'limit', colour: '--ink-3', values: limit, isDashed: true },
      { label: 'waiting', colour: '--warn', values: waiting },
    ];
  }, [levels]);
  return <ChartPanel title="Slots and queue" times={levels.times} lines={lines} unit="count" />;
};

const TimePanel = ({ metrics: { median, slowest } }: { readonly metrics: RelayMetrics }): JSX.Element => {
  const lines = useMemo(
    (): ChartLine[] => [
      { label: 'half within', colour: '--accent', values: median.column('EndToEndTime') },
      { label: '99 % within', colour: '--warn', values: slowest.column('EndToEndTime') },
    ],
    [median, slowest],
  );
  return <ChartPanel title="Submit to end" times={median.times} lines={lines} unit="ms" />;
};

/** Levels are reported by the sweep, less often than a short period: the last one known holds until the next. */
const heldOn = (values: readonly (number | null)[]): readonly (number | null)[] => {
  let last: number | null = null;
  return values.map((value) => {
    last = value ?? last;
    return last;
  });
};

interface ChartPanelProps {
  readonly title: string;
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly unit: 'count' | 'ms';
}

const ChartPanel = ({ title, times, lines, unit }: ChartPanelProps): JSX.Element => (
  <section class="panel" aria-label={title}>
    <h2>{title}</h2>
    <ul class="key">
      {lines.map(({ label, colour, values }) => {
        const last = lastOf(values);
        return (
          <li key={label}>
            <span class={`swatch swatch${colour.slice(1)}`} aria-hidden="true" />
            {label}{' '}
            <span class="figure">{last === null ? '–' : unit === 'ms' ? durationWords(last) : countWords(last)}</span>
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
