// The figures of the overview: six queries to the relay at once, repeated as often as their points change.
import { queryOf } from '../relay/relay-client.ts';
import { useRelay } from '../frame/relay-context.ts';
import { metricPace, pastPace } from '../frame/pace.ts';
import { usePolled } from '../frame/use-polled.ts';
import { WHOLE_TIME } from '../../../core/contract/metric-periods.ts';
import { SECOND_MS } from '../../../core/domain/time-ms.ts';
import { metricGrid } from './metric-grid.ts';
import { isPast } from './time-range.ts';
import type { MetricName } from '../../../core/contract/metrics.ts';
import type { MetricStatistic, PublicMetrics } from '../../../core/http/monitoring.ts';
import type { RelayClient } from '../relay/relay-client.ts';
import type { Polled } from '../frame/use-polled.ts';
import type { MetricGrid } from './metric-grid.ts';
import type { TimeRange } from './time-range.ts';
import type { Pace } from '../frame/pace.ts';
import type { LocalRuntime } from '../relay/local-runtime.ts';

export interface RelayMetrics {
  readonly totals: MetricGrid;
  readonly byCode: MetricGrid;
  readonly levels: MetricGrid;
  readonly median: MetricGrid;
  readonly slowest: MetricGrid;
  /** The 99th percentile over all of the time, which is no mean or maximum of those of its periods. */
  readonly wholeSlowestMs: number | null;
  /** Series read from CloudWatch. */
  readonly seriesRead: number;
}

interface Question {
  readonly names: readonly MetricName[];
  readonly statistic: MetricStatistic;
  readonly dimensions?: string;
}

const questions: Readonly<Record<Exclude<keyof RelayMetrics, 'wholeSlowestMs' | 'seriesRead'>, Question>> = {
  totals: { names: ['TasksAccepted', 'AttemptsEnded', 'AttemptsFailed'], statistic: 'Sum' },
  byCode: { names: ['AttemptsFailed', 'TasksEnded'], statistic: 'Sum', dimensions: 'code=*' },
  levels: { names: ['SlotsInUse', 'SlotsLimit', 'TasksWaiting'], statistic: 'Maximum' },
  median: { names: ['EndToEndTime'], statistic: 'p50' },
  slowest: { names: ['EndToEndTime'], statistic: 'p99' },
};

export function useMetrics(range: TimeRange): Polled<RelayMetrics> {
  const { client, local } = useRelay();
  return usePolled({
    key: `metrics ${keyOf(range)}`,
    pace: (metrics) => paceOf(local, range, metrics?.seriesRead),
    versionOf: ({ totals, byCode }) => `${totals.version} ${byCode.version}`,
    load: (signal) => loadMetrics(client, range, signal),
  });
}

/** Slots and queue alone, for a view that needs no more: each series read costs a little. */
export function useLevels(range: TimeRange): Polled<MetricGrid> {
  const { client, local } = useRelay();
  return usePolled({
    key: `levels ${keyOf(range)}`,
    pace: (levels) => paceOf(local, range, levels?.seriesRead),
    versionOf: ({ version }) => version,
    load: (signal) => asker(client, range, signal).grid(questions.levels),
  });
}

function keyOf({ name, fixed }: TimeRange): string {
  return fixed ? `${fixed.from} ${fixed.to}` : name;
}

function paceOf(local: LocalRuntime | undefined, range: TimeRange, seriesRead: number | undefined): Pace {
  const isDone = seriesRead !== undefined && isPast(range, Date.now());
  return isDone ? pastPace : metricPace(local, seriesRead ?? 0, range.periodSeconds);
}

interface Asker {
  readonly grid: (question: Question) => Promise<MetricGrid>;
  /** One figure over all of the time; null where nothing was measured. */
  readonly whole: (question: Question) => Promise<number | null>;
}

/** Asks for one time range; one that moves on begins with a whole period, so that every series begins with the same. */
function asker(client: RelayClient, { spanSeconds, periodSeconds, fixed }: TimeRange, signal: AbortSignal): Asker {
  const now = Date.now();
  const stepMs = periodSeconds * SECOND_MS;
  const { from, to } = fixed ?? { from: Math.ceil((now - spanSeconds * SECOND_MS) / stepMs) * stepMs, to: now };
  const window = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  const ask = async ({ names, statistic, dimensions }: Question, period: number | string): Promise<PublicMetrics> => {
    const query = queryOf({ name: names.join(','), statistic, dimensions, period, ...window });
    return client.get<PublicMetrics>(`/v1/monitoring/metrics${query}`, signal);
  };
  return {
    grid: async (question) => metricGrid(await ask(question, periodSeconds)),
    whole: async (question) => (await ask(question, WHOLE_TIME)).series[0]?.datapoints[0]?.value ?? null,
  };
}

async function loadMetrics(client: RelayClient, range: TimeRange, signal: AbortSignal): Promise<RelayMetrics> {
  const ask = asker(client, range, signal);
  const [totals, byCode, levels, median, slowest, wholeSlowestMs] = await Promise.all([
    ask.grid(questions.totals),
    ask.grid(questions.byCode),
    ask.grid(questions.levels),
    ask.grid(questions.median),
    ask.grid(questions.slowest),
    ask.whole(questions.slowest),
  ]);
  const seriesRead = [totals, byCode, levels, median, slowest].reduce((sum, grid) => sum + grid.seriesRead, 0) + 1;
  return { totals, byCode, levels, median, slowest, wholeSlowestMs, seriesRead };
}
