// Stands in for CloudWatch where it is read: GetMetricData over what the functions printed, and DescribeAlarms over the
// board that evaluates the template's alarms. JSON 1.0, as the SDK speaks it. Any other call is refused by its name.
import { percentile } from './metrics/value-bucket.ts';
import type { Alarm, MetricAlarm, MetricSource, Statistic } from './alarms/alarm-definition.ts';
import type { AlarmReport } from './alarms/alarm-board.ts';
import type { Datapoint, MetricStore } from './metrics/metric-store.ts';

export interface WatchedStack {
  readonly metrics: MetricStore;
  readonly alarms: readonly Alarm[];
  /** How the alarms stand now. */
  readonly report: () => readonly AlarmReport[];
}

export interface CloudWatchAnswer {
  readonly status: number;
  readonly body: object;
}

/** What CloudWatch's calls are named by in `X-Amz-Target`. */
export const cloudWatchTarget = 'GraniteServiceVersion20100801.';

/**
 * Answers one call.
 * @param operation what follows the target's prefix, such as `GetMetricData`.
 * @param text the body, JSON.
 */
export const answerCloudWatch = (stack: WatchedStack, operation: string, text: string): CloudWatchAnswer => {
  try {
    switch (operation) {
      case 'GetMetricData':
        return { status: 200, body: getMetricData(stack.metrics, JSON.parse(text) as MetricDataInput) };
      case 'DescribeAlarms':
        return { status: 200, body: describeAlarms(stack, JSON.parse(text) as DescribeAlarmsInput) };
      default:
        return refusal('UnknownOperationException', `CloudWatch's ${operation} is not run on one machine`);
    }
  } catch (error) {
    if (!(error instanceof InvalidQuery) && !(error instanceof SyntaxError)) throw error;
    return refusal('InvalidParameterValueException', error.message);
  }
};

class InvalidQuery extends Error {}

const refusal = (type: string, message: string): CloudWatchAnswer => ({
  status: 400,
  body: { __type: `com.amazonaws.cloudwatch#${type}`, message },
});

interface NameValue {
  readonly Name: string;
  readonly Value: string;
}

interface MetricDataInput {
  /** Seconds since the epoch. */
  readonly StartTime: number;
  readonly EndTime: number;
  readonly ScanBy?: string;
  readonly MetricDataQueries: readonly {
    readonly Id: string;
    readonly MetricStat?: {
      readonly Metric: { readonly Namespace: string; readonly MetricName: string; readonly Dimensions?: NameValue[] };
      readonly Period: number;
      readonly Stat: string;
    };
  }[];
}

const getMetricData = (metrics: MetricStore, input: MetricDataInput): object => {
  const isAscending = input.ScanBy === 'TimestampAscending';
  return {
    MetricDataResults: input.MetricDataQueries.map(({ Id, MetricStat: stat }) => {
      if (stat === undefined) throw new InvalidQuery(`${Id} is an expression; only metrics are read on one machine`);
      const { Namespace: namespace, MetricName: name, Dimensions: pairs = [] } = stat.Metric;
      const dimensions = Object.fromEntries(pairs.map(({ Name, Value }) => [Name, Value]));
      const [series] = metrics.query({
        namespace,
        name,
        dimensions,
        periodSeconds: stat.Period,
        from: input.StartTime * 1_000,
      });
      const found = (series?.datapoints ?? []).filter(({ at }) => at < input.EndTime * 1_000);
      const points = isAscending ? found : found.toReversed();
      return {
        Id,
        Label: name,
        StatusCode: 'Complete',
        Timestamps: points.map(({ at }) => at / 1_000),
        Values: points.map((point) => valueOf(point, stat.Stat)),
      };
    }),
    Messages: [],
  };
};

const valueOf = ({ sum, count, minimum, maximum, values }: Datapoint, statistic: string): number => {
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
};

interface DescribeAlarmsInput {
  readonly AlarmNamePrefix?: string;
  readonly AlarmTypes?: readonly string[];
}

/** All at once: a stack has fewer alarms than a page of CloudWatch may hold. */
const describeAlarms = ({ alarms, report }: WatchedStack, input: DescribeAlarmsInput): object => {
  const { AlarmNamePrefix: prefix = '', AlarmTypes: kinds = ['MetricAlarm'] } = input;
  const standings = new Map(report().map((standing) => [standing.name, standing]));
  const asked = alarms.filter(({ name }) => name.startsWith(prefix));
  const describe = (alarm: Alarm): object => ({ ...describeState(alarm, standings.get(alarm.name)) });
  return {
    MetricAlarms: kinds.includes('MetricAlarm')
      ? asked.flatMap((alarm) => (alarm.kind === 'metric' ? [{ ...describe(alarm), ...describeCondition(alarm) }] : []))
      : [],
    CompositeAlarms: kinds.includes('CompositeAlarm')
      ? asked.flatMap((alarm) => (alarm.kind === 'composite' ? [describe(alarm)] : []))
      : [],
  };
};

const describeState = ({ name, description }: Alarm, standing: AlarmReport | undefined): object => {
  const since = standing && Date.parse(standing.since) / 1_000;
  return {
    AlarmName: name,
    AlarmDescription: description,
    StateValue: standing?.state ?? 'INSUFFICIENT_DATA',
    StateReason: standing?.reason ?? '',
    ...(since !== undefined && { StateUpdatedTimestamp: since, StateTransitionedTimestamp: since }),
  };
};

const operators = {
  '>': 'GreaterThanThreshold',
  '>=': 'GreaterThanOrEqualToThreshold',
  '<': 'LessThanThreshold',
  '<=': 'LessThanOrEqualToThreshold',
} as const;

const describeCondition = (alarm: MetricAlarm): object => ({
  Threshold: alarm.threshold,
  ComparisonOperator: operators[alarm.comparison],
  EvaluationPeriods: alarm.evaluationPeriods,
  DatapointsToAlarm: alarm.datapointsToAlarm,
  TreatMissingData: alarm.missingData,
  ...describeSubject(alarm),
});

const describeSubject = ({ subject, periodSeconds }: MetricAlarm): object => {
  switch (subject.kind) {
    case 'metric':
      return {
        ...describeMetric(subject.source),
        Period: periodSeconds,
        Statistic: statisticName(subject.source.statistic),
      };
    case 'math':
      return {
        Metrics: [...subject.metrics].map(([id, source]) => ({
          Id: id,
          MetricStat: { Metric: describeMetric(source), Period: periodSeconds, Stat: statisticName(source.statistic) },
          ReturnData: false,
        })),
      };
    case 'insights':
      return { Metrics: [{ Id: 'q1', Period: periodSeconds, ReturnData: true }] };
  }
};

const describeMetric = ({ namespace, name, dimensions }: MetricSource): object => ({
  Namespace: namespace,
  MetricName: name,
  Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
});

const statisticNames = {
  sum: 'Sum',
  average: 'Average',
  minimum: 'Minimum',
  maximum: 'Maximum',
  count: 'SampleCount',
} as const;

const statisticName = (statistic: Statistic): string =>
  statistic.kind === 'percentile' ? `p${statistic.share * 100}` : statisticNames[statistic.kind];
