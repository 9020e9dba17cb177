// GetMetricData and ListMetrics over what the functions printed, with the refusals of the real ones: a request of the
// console that CloudWatch would refuse must be refused here too. It is more generous in one way, because time passes
// faster on one machine: series have datapoints of less than a minute.
// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
import { isInsightsQuery, parseInsightsQuery } from './alarms/insights-query.ts';
import { queryInsights } from './alarms/insights-series.ts';
import { storedReadings } from './alarms/stored-readings.ts';
import { percentile } from './metrics/value-bucket.ts';
import { HOUR_MS, SECOND_MS } from '../../core/domain/time-ms.ts';
import type { Datapoint, MetricStore } from './metrics/metric-store.ts';

/** A query that CloudWatch refuses with `InvalidParameterValue`. */
export class InvalidQuery extends Error {}

interface NameValue {
  readonly Name: string;
  readonly Value: string;
}

interface MetricDataQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly Period?: number;
  readonly MetricStat?: {
    readonly Metric: { readonly Namespace: string; readonly MetricName: string; readonly Dimensions?: NameValue[] };
    readonly Period: number;
    readonly Stat: string;
  };
}

export interface MetricDataInput {
  /** Seconds since the epoch. */
  readonly StartTime: number;
  readonly EndTime: number;
  readonly ScanBy?: string;
  readonly MetricDataQueries: readonly MetricDataQuery[];
}

interface MetricDataAnswer {
  readonly Id: string;
  readonly Label: string;
  readonly StatusCode: 'Complete';
  readonly Timestamps: readonly number[];
  readonly Values: readonly number[];
}

type Point = readonly [atSeconds: number, value: number];

const HOUR_SECONDS = HOUR_MS / SECOND_MS;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const QUERIES_MAX = 500;
const INSIGHTS_SECONDS = 3 * HOUR_SECONDS;
const shortPeriods = [1, 5, 10, 20, 30];
const DIMENSIONS_MAX = 30;

/**
 * How long datapoints of each period are kept. For older ones CloudWatch answers without datapoints and without an
 * error.
 */
const kept = [
  { olderThanSeconds: 63 * DAY_SECONDS, multipleOfSeconds: HOUR_SECONDS },
  { olderThanSeconds: 15 * DAY_SECONDS, multipleOfSeconds: 300 },
  { olderThanSeconds: 3 * HOUR_SECONDS, multipleOfSeconds: 60 },
] as const;

/** @throws InvalidQuery for what CloudWatch refuses, and for expressions that are not computed here. */
export function getMetricData(metrics: MetricStore, input: MetricDataInput, now: number): object {
  checkCall(input);
  const isAscending = input.ScanBy === 'TimestampAscending';
  const ordered = (id: string, label: string, points: readonly Point[]): MetricDataAnswer => {
    const all = isAscending ? points : points.toReversed();
    const [Timestamps, Values] = [all.map(([at]) => at), all.map(([, value]) => value)];
    return { Id: id, Label: label, StatusCode: 'Complete', Timestamps, Values };
  };
  return {
    MetricDataResults: input.MetricDataQueries.flatMap((query) =>
      query.MetricStat === undefined
        ? insightsSeries(metrics, query, input, now).map(([label, points]) => ordered(query.Id, label, points))
        : [ordered(query.Id, query.MetricStat.Metric.MetricName, metricPoints(metrics, query.MetricStat, input, now))],
    ),
    Messages: [],
  };
}

function checkCall({ StartTime, EndTime, MetricDataQueries: queries }: MetricDataInput): void {
  if (StartTime >= EndTime) throw new InvalidQuery('The parameter StartTime must be less than the parameter EndTime.');
  if (queries.length > QUERIES_MAX) {
    throw new InvalidQuery(`The collection MetricDataQueries must not have a size greater than ${QUERIES_MAX}.`);
  }
  const ids = queries.map(({ Id }) => Id);
  const wrongId = ids.find((id, index) => !/^[a-z][a-zA-Z0-9_]*$/.test(id) || ids.indexOf(id) !== index);
  if (wrongId !== undefined)
    throw new InvalidQuery(`The Id ${wrongId} is a duplicate or does not begin with a lower-case letter`);
  if (queries.filter(({ Expression: text = '' }) => isInsightsQuery(text)).length > 1) {
    throw new InvalidQuery('One call can include only one Metrics Insights query');
  }
}

function checkPeriod(seconds: number): void {
  if (shortPeriods.includes(seconds) || (seconds > 0 && seconds % 60 === 0)) return;
  throw new InvalidQuery(`The period ${seconds} is not 1, 5, 10, 20, 30 or a multiple of 60`);
}

function metricPoints(
  metrics: MetricStore,
  { Metric: metric, Period: periodSeconds, Stat: statistic }: NonNullable<MetricDataQuery['MetricStat']>,
  { StartTime, EndTime }: MetricDataInput,
  now: number,
): readonly Point[] {
  checkPeriod(periodSeconds);
  const { Namespace: namespace, MetricName: name, Dimensions: pairs = [] } = metric;
  if (pairs.length > DIMENSIONS_MAX) throw new InvalidQuery(`${name} has more than ${DIMENSIONS_MAX} dimensions`);
  const ageSeconds = now / 1_000 - StartTime;
  const rule = kept.find(({ olderThanSeconds }) => ageSeconds > olderThanSeconds);
  if (rule !== undefined && periodSeconds % rule.multipleOfSeconds !== 0) return [];
  const dimensions = Object.fromEntries(pairs.map(({ Name, Value }) => [Name, Value]));
  const window = { from: StartTime * 1_000, to: EndTime * 1_000 };
  const [series] = metrics.query({ namespace, name, dimensions, periodSeconds, ...window });
  return (series?.datapoints ?? []).map((point) => [point.at / 1_000, valueOf(point, statistic)] as const);
}

/** One series for each group; its label is the value that it was grouped by. */
function insightsSeries(
  metrics: MetricStore,
  { Id, Expression: text = '', Period: periodSeconds = 0 }: MetricDataQuery,
  { StartTime, EndTime }: MetricDataInput,
  now: number,
): readonly (readonly [label: string, points: readonly Point[]])[] {
  if (!isInsightsQuery(text)) {
    throw new InvalidQuery(`${Id} is an expression; only metrics and Metrics Insights queries are read on one machine`);
  }
  checkPeriod(periodSeconds);
  if (now / 1_000 - StartTime > INSIGHTS_SECONDS) {
    throw new InvalidQuery('Metrics Insights queries can query only the most recent three hours');
  }
  const from = Math.floor(StartTime / periodSeconds) * periodSeconds;
  const periods = Math.ceil((EndTime - from) / periodSeconds);
  const range = { from: from * 1_000, periodMs: periodSeconds * 1_000, periods };
  return queryInsights(parseInsightsQuery(text), storedReadings(metrics), range).map(({ group, points }) => [
    Object.values(group).join(' '),
    points.flatMap((value, index): Point[] => (value === undefined ? [] : [[from + index * periodSeconds, value]])),
  ]);
}

function valueOf({ sum, count, minimum, maximum, values }: Datapoint, statistic: string): number {
  const share = Number(/^p(\d{1,2}(?:\.\d+)?)$/.exec(statistic)?.[1]) / 100;
  if (!Number.isNaN(share)) return percentile(values, share);
  const known: Readonly<Record<string, number>> = {
    Sum: sum,
    Average: sum / count,
    Minimum: minimum,
    Maximum: maximum,
    SampleCount: count,
  };
  const value = known[statistic];
  if (value === undefined) throw new InvalidQuery(`the statistic ${statistic} is not read on one machine`);
  return value;
}

export interface ListMetricsInput {
  readonly Namespace?: string;
  readonly MetricName?: string;
  /** A dimension without a `Value` may have any value. */
  readonly Dimensions?: readonly { readonly Name: string; readonly Value?: string }[];
}

/** All series in one answer: one machine has fewer than a page of CloudWatch may hold. */
export function listMetrics(
  metrics: MetricStore,
  { Namespace, MetricName, Dimensions = [] }: ListMetricsInput,
): object {
  const matches = metrics
    .list()
    .filter(({ namespace, name }) => namespace === (Namespace ?? namespace) && name === (MetricName ?? name))
    .filter(({ dimensions }) =>
      Dimensions.every(
        ({ Name, Value }) => dimensions[Name] !== undefined && dimensions[Name] === (Value ?? dimensions[Name]),
      ),
    );
  return {
    Metrics: matches.map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
  };
}
