// CloudWatch, read only: series by GetMetricData, alarms by DescribeAlarms. Pages are put together here; which series
// and alarms are asked for, and what is shown of them, is the monitoring flow's business.
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { METRIC_NAMESPACE } from '../contract/metrics.ts';
import type {
  CompositeAlarm,
  Dimension,
  MetricAlarm,
  MetricDataQuery,
  MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import type {
  AlarmComparison,
  AlarmCondition,
  AlarmReading,
  MetricWindow,
  MonitoringReader,
  SeriesQuery,
} from '../http/monitoring.ts';

/** GetMetricData takes no more at once. */
const QUERIES_MAX = 500;
/** A stack has tens of alarms; the bound is against an endless answer. */
const PAGES_MAX = 20;
const ALARMS_PER_PAGE = 100;

const comparisons: Readonly<Record<string, AlarmComparison>> = {
  GreaterThanThreshold: '>',
  GreaterThanOrEqualToThreshold: '>=',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '<=',
};

/** The endpoint comes from `AWS_ENDPOINT_URL_CLOUDWATCH` where that is set, region and credentials from the environment. */
export const makeCloudWatchReader = (client: CloudWatchClient = monitoringClient()): MonitoringReader => ({
  readSeries: async (queries, window) => {
    const points = queries.map((): Point[] => []);
    for (let first = 0; first < queries.length; first += QUERIES_MAX) {
      const results = await readData(client, queries.slice(first, first + QUERIES_MAX), window);
      for (const { Id, Timestamps = [], Values = [] } of results) {
        const own = points[first + Number(Id?.slice(1))];
        Timestamps.forEach((timestamp, index) => own?.push({ at: timestamp.getTime(), value: Values[index] ?? 0 }));
      }
    }
    return queries.map((query, index) => ({ query, points: points[index] ?? [] }));
  },

  listAlarms: async (prefix) => {
    const alarms: AlarmReading[] = [];
    let token: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const answer = await client.send(
        new DescribeAlarmsCommand({
          AlarmNamePrefix: prefix,
          // Without both named, composite alarms are left out.
          AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
          MaxRecords: ALARMS_PER_PAGE,
          ...(token !== undefined && { NextToken: token }),
        }),
      );
      alarms.push(
        ...(answer.MetricAlarms ?? []).map((alarm) => ({ ...readAlarm(alarm), condition: readCondition(alarm) })),
      );
      alarms.push(...(answer.CompositeAlarms ?? []).map(readAlarm));
      token = answer.NextToken;
      if (token === undefined) break;
    }
    return alarms;
  },
});

type Point = { readonly at: number; readonly value: number };

const monitoringClient = (): CloudWatchClient =>
  new CloudWatchClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });

const readData = async (
  client: CloudWatchClient,
  queries: readonly SeriesQuery[],
  { from, to, periodSeconds }: MetricWindow,
): Promise<readonly MetricDataResult[]> => {
  const results: MetricDataResult[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await client.send(
      new GetMetricDataCommand({
        // A period that has only begun is shown as it stands, from its beginning.
        StartTime: new Date(Math.floor(from / (periodSeconds * 1_000)) * periodSeconds * 1_000),
        EndTime: new Date(to),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: queries.map((query, index) => dataQuery(query, index, periodSeconds)),
        ...(token !== undefined && { NextToken: token }),
      }),
    );
    results.push(...(answer.MetricDataResults ?? []));
    token = answer.NextToken;
    if (token === undefined) break;
  }
  return results;
};

const dataQuery = (
  { name, statistic, dimensions }: SeriesQuery,
  index: number,
  periodSeconds: number,
): MetricDataQuery => ({
  Id: `s${index}`,
  MetricStat: {
    Metric: {
      Namespace: METRIC_NAMESPACE,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period: periodSeconds,
    Stat: statistic,
  },
});

const readAlarm = (alarm: MetricAlarm | CompositeAlarm): AlarmReading => ({
  name: alarm.AlarmName ?? '',
  description: alarm.AlarmDescription ?? '',
  state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
  reason: alarm.StateReason ?? '',
  // Updated moves with every new reason; the transition is when the state itself changed.
  since: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.getTime(),
});

const readCondition = (alarm: MetricAlarm): AlarmCondition | undefined => {
  const { Threshold: threshold, ComparisonOperator: operator = '', EvaluationPeriods: periods = 1 } = alarm;
  const comparison = comparisons[operator];
  if (threshold === undefined || comparison === undefined) return undefined;
  const stats = (alarm.Metrics ?? []).flatMap(({ MetricStat: stat }) => stat ?? []);
  const single = alarm.MetricName === undefined ? [] : [{ MetricName: alarm.MetricName, Dimensions: alarm.Dimensions }];
  return {
    comparison,
    threshold,
    periods,
    breaching: alarm.DatapointsToAlarm ?? periods,
    period:
      alarm.Period ?? stats[0]?.Period ?? alarm.Metrics?.find(({ Period }) => Period !== undefined)?.Period ?? null,
    metrics: [...stats.flatMap(({ Metric: metric }) => metric ?? []), ...single].map(({ MetricName, Dimensions }) => ({
      name: MetricName ?? '',
      dimensions: readDimensions(Dimensions),
    })),
  };
};

const readDimensions = (dimensions: readonly Dimension[] | undefined): Record<string, string> =>
  Object.fromEntries((dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]));
