// The figures of the overview: five queries to the relay at once, repeated as often as their points change.
import { queryOf } from '../relay/relay-client.ts';
import { useRelay } from '../frame/relay-context.ts';
import { metricPace } from '../frame/pace.ts';
import { usePolled } from '../frame/use-polled.ts';
import { metricGrid } from './metric-grid.ts';
import type { MetricName } from '../../../core/contract/metrics.ts';
import type { MetricStatistic, PublicMetrics } from '../../../core/http/monitoring.ts';
import type { RelayClient } from '../relay/relay-client.ts';
import type { Polled } from '../frame/use-polled.ts';
import type { MetricGrid } from './metric-grid.ts';
import type { TimeRange } from './time-range.ts';

export interface RelayMetrics {
  readonly totals: MetricGrid;
  readonly byCode: MetricGrid;
  readonly levels: MetricGrid;
  readonly median: MetricGrid;
  readonly slowest: MetricGrid;
}

interface Question {
  readonly names: readonly MetricName[];
  readonly statistic: MetricStatistic;
  readonly dimensions?: string;
}

const questions: Readonly<Record<keyof RelayMetrics, Question>> = {
  totals: { names: ['TasksAccepted', 'AttemptsEnded', 'AttemptsFailed'], statistic: 'Sum' },
  byCode: { names: ['AttemptsFailed', 'TasksEnded'], statistic: 'Sum', dimensions: 'code=*' },
  levels: { names: ['SlotsInUse', 'SlotsLimit', 'TasksWaiting'], statistic: 'Maximum' },
  median: { names: ['EndToEndTime'], statistic: 'p50' },
  slowest: { names: ['EndToEndTime'], statistic: 'p99' },
};

export function useMetrics(range: TimeRange): Polled<RelayMetrics> {
  const { client, local } = useRelay();
  return usePolled({
    key: `metrics ${range.name}`,
    pace: (metrics) => metricPace(local, metrics === undefined ? 0 : seriesRead(Object.values(metrics))),
    versionOf: ({ totals, byCode }) => `${totals.version} ${byCode.version}`,
    load: (signal) => loadMetrics(client, range, signal),
  });
}

/** Slots and queue alone, for a view that needs no more: each series read costs a little. */
export function useLevels(range: TimeRange): Polled<MetricGrid> {
  const { client, local } = useRelay();
  return usePolled({
    key: `levels ${range.name}`,
    pace: (levels) => metricPace(local, levels?.seriesRead ?? 0),
    versionOf: ({ version }) => version,
    load: (signal) => asker(client, range, signal)(questions.levels),
  });
}

function seriesRead(grids: readonly MetricGrid[]): number {
  return grids.reduce((sum, grid) => sum + grid.seriesRead, 0);
}

type Ask = (question: Question) => Promise<MetricGrid>;

/** Queries one time range that ends now. */
function asker(client: RelayClient, { spanSeconds, periodSeconds }: TimeRange, signal: AbortSignal): Ask {
  const now = Date.now();
  const window = {
    period: periodSeconds,
    from: new Date(now - spanSeconds * 1_000).toISOString(),
    to: new Date(now).toISOString(),
  };
  return async ({ names, statistic, dimensions }) => {
    const query = queryOf({ name: names.join(','), statistic, dimensions, ...window });
    return metricGrid(await client.get<PublicMetrics>(`/v1/monitoring/metrics${query}`, signal));
  };
}

async function loadMetrics(client: RelayClient, range: TimeRange, signal: AbortSignal): Promise<RelayMetrics> {
  const ask = asker(client, range, signal);
  const [totals, byCode, levels, median, slowest] = await Promise.all([
    ask(questions.totals),
    ask(questions.byCode),
    ask(questions.levels),
    ask(questions.median),
    ask(questions.slowest),
  ]);
  return { totals, byCode, levels, median, slowest };
}
