// Answers `GET /_local/metrics?name=&dimensions=&period=` from the store: without a name it lists all metrics, with one
// it gives the series by period, with CloudWatch's statistics.
import { percentile } from './value-bucket.ts';
import type { Datapoint, Dimensions, MetricStore } from './metric-store.ts';

const PERIOD_SECONDS_DEFAULT = 60;

/**
 * @param query `name`; `dimensions` as `service=relay,code=5003`, the exact set, empty for the series without any;
 *   `period` in seconds; `namespace`.
 * @returns an object to be written as JSON, or a text that describes what is wrong with the query.
 */
export function answerMetricQuery(store: MetricStore, query: URLSearchParams): object | string {
  const name = query.get('name');
  const periodSeconds = Number(query.get('period') ?? PERIOD_SECONDS_DEFAULT);
  if (!Number.isInteger(periodSeconds) || periodSeconds < 1) return 'period must be a whole number of seconds';
  if (name === null) return { metrics: store.list() };
  const dimensions = readDimensions(query.get('dimensions'));
  if (typeof dimensions === 'string') return dimensions;
  const namespace = query.get('namespace') ?? undefined;
  const series = store.query({ name, namespace, dimensions, periodSeconds });
  return {
    name,
    period: periodSeconds,
    series: series.map(({ datapoints, ...rest }) => ({ ...rest, datapoints: datapoints.map(describe) })),
  };
}

function readDimensions(text: string | null): Dimensions | undefined | string {
  if (text === null) return undefined;
  const pairs = text === '' ? [] : text.split(',').map((pair) => pair.split('='));
  return pairs.every((pair) => pair.length === 2)
    ? (Object.fromEntries(pairs) as Dimensions)
    : 'dimensions must be written as name=value,name=value';
}

function describe({ at, values, ...point }: Datapoint): object {
  return {
    timestamp: new Date(at).toISOString(),
    ...point,
    average: point.sum / point.count,
    p50: percentile(values, 0.5),
    p90: percentile(values, 0.9),
    p99: percentile(values, 0.99),
  };
}
