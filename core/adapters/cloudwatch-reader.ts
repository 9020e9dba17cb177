// CloudWatch, read only: series by GetMetricData, alarms by DescribeAlarms. This file joins the pages; the monitoring
// flow chooses the series and alarms, and what is shown of them.
import {
  CloudWatchClient,
  DescribeAlarmContributorsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  ListMetricsCommand,
} from '@aws-sdk/client-cloudwatch';
import { readHistory } from './alarm-history-reader.ts';
import { serviceClient } from './service-client.ts';
import { METRIC_NAMESPACE } from '../contract/metrics.ts';
import { HOUR_MS } from '../domain/time-ms.ts';
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
  CodesQuery,
  MetricWindow,
  MonitoringReader,
  SeriesQuery,
} from '../http/monitoring.ts';
import type { Clock } from '../ports/ports.ts';

/** GetMetricData accepts no more at once. */
const QUERIES_MAX = 500;
/** A stack has tens of alarms; the bound guards against an endless answer. */
const PAGES_MAX = 20;
const ALARMS_PER_PAGE = 100;

const comparisons: Readonly<Record<string, AlarmComparison>> = {
  GreaterThanThreshold: '>',
  GreaterThanOrEqualToThreshold: '>=',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '<=',
};

/** The set of codes seldom changes, and each call that lists it is paid for. */
const CODES_KEPT_MS = HOUR_MS;

/** The endpoint is `AWS_ENDPOINT_URL_CLOUDWATCH` if set; region and credentials come from the environment. */
export function makeCloudWatchReader(
  clock: Pick<Clock, 'now'>,
  client: CloudWatchClient = monitoringClient(),
): MonitoringReader {
  return {
    readSumsByCode: async (query, window) => {
      const results = await readData(client, [codesQuery(query, window.periodSeconds)], window);
      const byCode = Map.groupBy(results, ({ Label }) => Label ?? '');
      return [...byCode].map(([code, pages]) => ({
        query: { name: query.name, statistic: 'Sum', dimensions: { service: query.service, code } },
        points: pages.flatMap(pointsOf),
      }));
    },

    listCodes: keptFor(CODES_KEPT_MS, clock, (query) => listCodes(client, query)),

    readSeries: async (queries, window) => {
      const points = queries.map((): Point[] => []);
      for (let first = 0; first < queries.length; first += QUERIES_MAX) {
        const some = queries.slice(first, first + QUERIES_MAX);
        const asked = some.map((query, index) => dataQuery(query, index, window.periodSeconds));
        for (const result of await readData(client, asked, window)) {
          points[first + Number(result.Id?.slice(1))]?.push(...pointsOf(result));
        }
      }
      return queries.map((query, index) => ({ query, points: points[index] ?? [] }));
    },

    readAlarmHistory: (query) => readHistory(client, clock, query),

    listAlarms: async (prefix) => {
      const alarms: AlarmReading[] = [];
      let token: string | undefined;
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const answer = await client.send(
          new DescribeAlarmsCommand({
            AlarmNamePrefix: prefix,
            // Unless both are named, composite alarms are left out.
            AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
            MaxRecords: ALARMS_PER_PAGE,
            ...(token !== undefined && { NextToken: token }),
          }),
        );
        for (const alarm of answer.MetricAlarms ?? []) {
          const contributors = await contributorsOf(client, alarm);
          alarms.push({ ...readAlarm(alarm), condition: readCondition(alarm), contributors });
        }
        alarms.push(...(answer.CompositeAlarms ?? []).map(readAlarm));
        token = answer.NextToken;
        if (token === undefined) break;
      }
      return alarms;
    },
  };
}

type Point = { readonly at: number; readonly value: number };

/** One page may take CloudWatch seconds; a request has ten for all of its pages. */
const callLimits = { triesMax: 3, tryTimeoutMs: 5_000, callTimeoutMs: 5_000 } as const;

function monitoringClient(): CloudWatchClient {
  return serviceClient((config) => new CloudWatchClient(config), callLimits);
}

async function readData(
  client: CloudWatchClient,
  queries: readonly MetricDataQuery[],
  { from, to, periodSeconds, isWhole }: MetricWindow,
): Promise<readonly MetricDataResult[]> {
  // A period that has just begun is shown as it is now, from its beginning.
  const begin = isWhole ? from : Math.floor(from / (periodSeconds * 1_000)) * periodSeconds * 1_000;
  const results: MetricDataResult[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(begin),
        EndTime: new Date(to),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [...queries],
        ...(token !== undefined && { NextToken: token }),
      }),
    );
    results.push(...(answer.MetricDataResults ?? []));
    token = answer.NextToken;
    if (token === undefined) break;
  }
  return results;
}

function pointsOf({ Timestamps = [], Values = [] }: MetricDataResult): readonly Point[] {
  return Timestamps.map((timestamp, index) => ({ at: timestamp.getTime(), value: Values[index] ?? 0 }));
}

/**
 * Finds its series itself, including those that CloudWatch does not list yet. Names come from the contract, never a
 * client.
 */
function codesQuery({ name, service }: CodesQuery, periodSeconds: number): MetricDataQuery {
  const Expression =
    `SELECT SUM(${name}) FROM SCHEMA("${METRIC_NAMESPACE}", service, code) ` +
    `WHERE service = '${service}' GROUP BY code ORDER BY SUM() DESC`;
  return { Id: 'q', Expression, Period: periodSeconds };
}

async function listCodes(client: CloudWatchClient, { name, service }: CodesQuery): Promise<readonly string[]> {
  const codes = new Set<string>();
  let token: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await client.send(
      new ListMetricsCommand({
        Namespace: METRIC_NAMESPACE,
        MetricName: name,
        Dimensions: [{ Name: 'service', Value: service }, { Name: 'code' }],
        ...(token !== undefined && { NextToken: token }),
      }),
    );
    for (const { Dimensions: pairs = [] } of answer.Metrics ?? []) {
      const { code } = readDimensions(pairs);
      if (pairs.length === 2 && code !== undefined) codes.add(code);
    }
    token = answer.NextToken;
    if (token === undefined) break;
  }
  return [...codes].sort();
}

/** Reuses what was read before for a while; an empty list is not kept. */
function keptFor(
  keptMs: number,
  clock: Pick<Clock, 'now'>,
  read: (query: CodesQuery) => Promise<readonly string[]>,
): MonitoringReader['listCodes'] {
  const known = new Map<string, { readonly codes: readonly string[]; readonly until: number }>();
  return async (query) => {
    const key = `${query.service} ${query.name}`;
    const kept = known.get(key);
    if (kept && clock.now() < kept.until) return kept.codes;
    const codes = await read(query);
    if (codes.length > 0) known.set(key, { codes, until: clock.now() + keptMs });
    return codes;
  };
}

/** An alarm over a Metrics Insights query has a state for each series; only a separate call shows which fire. */
async function contributorsOf(client: CloudWatchClient, alarm: MetricAlarm): Promise<AlarmReading['contributors']> {
  const [query, ...others] = alarm.Metrics ?? [];
  const isQuery = query !== undefined && others.length === 0 && query.MetricStat === undefined;
  if (!isQuery || alarm.StateValue !== 'ALARM') return undefined;
  const { AlarmContributors: all = [] } = await client.send(
    new DescribeAlarmContributorsCommand({ AlarmName: alarm.AlarmName }),
  );
  return all.map(({ ContributorAttributes: dimensions = {} }) => dimensions);
}

function dataQuery(
  { name, statistic, dimensions }: SeriesQuery,
  index: number,
  periodSeconds: number,
): MetricDataQuery {
  return {
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
  };
}

function readAlarm(alarm: MetricAlarm | CompositeAlarm): AlarmReading {
  return {
    name: alarm.AlarmName ?? '',
    description: alarm.AlarmDescription ?? '',
    state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
    reason: alarm.StateReason ?? '',
    // `Updated` moves with every new reason; the transition is when the state itself changed.
    since: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.getTime(),
  };
}

function readCondition(alarm: MetricAlarm): AlarmCondition | undefined {
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
    period: periodOf(alarm),
    floor: floorOf(alarm),
    metrics: [...stats.flatMap(({ Metric: metric }) => metric ?? []), ...single].map(({ MetricName, Dimensions }) => ({
      name: MetricName ?? '',
      dimensions: readDimensions(Dimensions),
    })),
  };
}

/** As percentAboveFloor in lib/monitoring writes it: `IF(FILL(n, 0) >= 20, …, 0)`. */
function floorOf({ Metrics: queries = [] }: MetricAlarm): AlarmCondition['floor'] {
  for (const { Expression: text = '' } of queries) {
    const [, id, count] = /^IF\(FILL\((\w+), 0\) >= (\d+(?:\.\d+)?),/.exec(text) ?? [];
    const metric = queries.find(({ Id }) => Id === id)?.MetricStat?.Metric?.MetricName;
    if (metric !== undefined && count !== undefined) return { metric, count: Number(count) };
  }
  return null;
}

/** The alarm's own, or else that of its metric or its expression. */
function periodOf({ Period: own, Metrics: queries = [] }: MetricAlarm): number | null {
  return (
    own ??
    queries.flatMap(({ MetricStat: stat }) => stat?.Period ?? [])[0] ??
    queries.flatMap(({ Period: period }) => period ?? [])[0] ??
    null
  );
}

function readDimensions(dimensions: readonly Dimension[] | undefined): Record<string, string> {
  return Object.fromEntries((dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]));
}
