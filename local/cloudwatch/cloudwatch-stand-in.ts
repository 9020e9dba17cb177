// Replaces CloudWatch for reads: of metrics, through metric-data.ts, and of alarms, from the board that evaluates those
// of the template. JSON 1.0, as the SDK speaks it. Any other call is refused by its name.
import { InsightsQueryError } from './alarms/insights-query.ts';
import { getMetricData, InvalidQuery, listMetrics } from './metric-data.ts';
import type { Alarm, MetricAlarm, MetricSource, Statistic } from './alarms/alarm-definition.ts';
import type { AlarmReport, AlarmTurn } from './alarms/alarm-board.ts';
import type { ListMetricsInput, MetricDataInput } from './metric-data.ts';
import type { MetricStore } from './metrics/metric-store.ts';

export interface WatchedStack {
  readonly metrics: MetricStore;
  readonly alarms: readonly Alarm[];
  /** The present states of the alarms. */
  readonly report: () => readonly AlarmReport[];
  /** Their changes, the oldest first. */
  readonly history: () => readonly AlarmTurn[];
}

interface CloudWatchAnswer {
  readonly status: number;
  readonly body: object;
}

/** Prefix of CloudWatch's operations in `X-Amz-Target`. */
export const CLOUD_WATCH_TARGET = 'GraniteServiceVersion20100801.';

/**
 * Answers one call.
 * @param operation what follows the target's prefix, such as `GetMetricData`.
 * @param text the body, JSON.
 */
export function answerCloudWatch(stack: WatchedStack, operation: string, text: string): CloudWatchAnswer {
  try {
    switch (operation) {
      case 'GetMetricData':
        return { status: 200, body: getMetricData(stack.metrics, JSON.parse(text) as MetricDataInput, Date.now()) };
      case 'ListMetrics':
        return { status: 200, body: listMetrics(stack.metrics, JSON.parse(text) as ListMetricsInput) };
      case 'DescribeAlarms':
        return { status: 200, body: describeAlarms(stack, JSON.parse(text) as DescribeAlarmsInput) };
      case 'DescribeAlarmHistory':
        return { status: 200, body: describeHistory(stack, JSON.parse(text) as DescribeHistoryInput) };
      case 'DescribeAlarmContributors':
        return { status: 200, body: describeContributors(stack, JSON.parse(text) as { readonly AlarmName?: string }) };
      default:
        return refusal('UnknownOperationException', `CloudWatch's ${operation} is not supported on one machine`);
    }
  } catch (error) {
    const isTheirs = [InvalidQuery, InsightsQueryError, SyntaxError].some((kind) => error instanceof kind);
    if (!(error instanceof Error) || !isTheirs) throw error;
    return refusal('InvalidParameterValueException', error.message);
  }
}

function refusal(type: string, message: string): CloudWatchAnswer {
  return {
    status: 400,
    body: { __type: `com.amazonaws.cloudwatch#${type}`, message },
  };
}

interface DescribeAlarmsInput {
  readonly AlarmNamePrefix?: string;
  readonly AlarmTypes?: readonly string[];
}

/** All alarms in one answer: a stack has fewer than a page of CloudWatch may hold. */
function describeAlarms({ alarms, report }: WatchedStack, input: DescribeAlarmsInput): object {
  const { AlarmNamePrefix: prefix = '', AlarmTypes: kinds = ['MetricAlarm'] } = input;
  const statuses = new Map(report().map((status) => [status.name, status]));
  const asked = alarms.filter(({ name }) => name.startsWith(prefix));
  const describe = (alarm: Alarm): object => ({ ...describeState(alarm, statuses.get(alarm.name)) });
  return {
    MetricAlarms: kinds.includes('MetricAlarm')
      ? asked.flatMap((alarm) => (alarm.kind === 'metric' ? [{ ...describe(alarm), ...describeCondition(alarm) }] : []))
      : [],
    CompositeAlarms: kinds.includes('CompositeAlarm')
      ? asked.flatMap((alarm) => (alarm.kind === 'composite' ? [describe(alarm)] : []))
      : [],
  };
}

function describeState({ name, description }: Alarm, status: AlarmReport | undefined): object {
  const since = status && Date.parse(status.since) / 1_000;
  return {
    AlarmName: name,
    AlarmDescription: description,
    StateValue: status?.state ?? 'INSUFFICIENT_DATA',
    StateReason: status?.reason ?? '',
    ...(since !== undefined && { StateUpdatedTimestamp: since, StateTransitionedTimestamp: since }),
  };
}

interface DescribeHistoryInput {
  readonly AlarmName?: string;
  readonly AlarmTypes?: readonly string[];
  /** Seconds since the epoch. */
  readonly StartDate: number;
  readonly EndDate: number;
  readonly MaxRecords: number;
  readonly NextToken?: string;
}

/** Changes of state, the latest first, in pages as CloudWatch's. */
function describeHistory({ alarms, history }: WatchedStack, input: DescribeHistoryInput): object {
  const { AlarmName: one, AlarmTypes: kinds = ['MetricAlarm'], StartDate, EndDate, MaxRecords, NextToken } = input;
  const kindOf = new Map(
    alarms.map(({ name, kind }) => [name, kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm'] as const),
  );
  const asked = history()
    .filter(({ name, at }) => name === (one ?? name) && at >= StartDate * 1_000 && at <= EndDate * 1_000)
    .filter(({ name }) => kinds.includes(kindOf.get(name) ?? ''))
    .toReversed();
  const first = Number(NextToken ?? 0);
  const next = first + MaxRecords;
  return {
    AlarmHistoryItems: asked.slice(first, next).map(({ name, at, previous, state, reason }) => ({
      AlarmName: name,
      AlarmType: kindOf.get(name),
      Timestamp: at / 1_000,
      HistoryItemType: 'StateUpdate',
      HistorySummary: `Alarm updated from ${previous} to ${state}`,
      HistoryData: JSON.stringify({
        version: '1.0',
        oldState: { stateValue: previous },
        newState: { stateValue: state, stateReason: reason },
      }),
    })),
    ...(next < asked.length && { NextToken: String(next) }),
  };
}

/** The series that put an alarm over a Metrics Insights query into ALARM. */
function describeContributors({ report }: WatchedStack, { AlarmName: name }: { readonly AlarmName?: string }): object {
  return {
    AlarmContributors: (report().find((status) => status.name === name)?.contributors ?? [])
      .filter(({ state }) => state === 'ALARM')
      .map(({ group, reason, since }) => ({
        ContributorId: Object.values(group).join(' '),
        ContributorAttributes: group,
        StateReason: reason,
        StateTransitionedTimestamp: Date.parse(since) / 1_000,
      })),
  };
}

const operators = {
  '>': 'GreaterThanThreshold',
  '>=': 'GreaterThanOrEqualToThreshold',
  '<': 'LessThanThreshold',
  '<=': 'LessThanOrEqualToThreshold',
} as const;

function describeCondition(alarm: MetricAlarm): object {
  return {
    Threshold: alarm.threshold,
    ComparisonOperator: operators[alarm.comparison],
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm,
    TreatMissingData: alarm.missingData,
    ...describeSubject(alarm),
  };
}

function describeSubject({ subject, periodSeconds }: MetricAlarm): object {
  switch (subject.kind) {
    case 'metric':
      return {
        ...describeMetric(subject.source),
        Period: periodSeconds,
        Statistic: statisticName(subject.source.statistic),
      };
    case 'math':
      return {
        Metrics: [
          ...[...subject.metrics].map(([id, source]) => ({
            Id: id,
            MetricStat: {
              Metric: describeMetric(source),
              Period: periodSeconds,
              Stat: statisticName(source.statistic),
            },
            ReturnData: false,
          })),
          ...[...subject.texts].map(([id, text]) => ({
            Id: id,
            Expression: text,
            ReturnData: id === subject.resultId,
          })),
        ],
      };
    case 'insights':
      return { Metrics: [{ Id: 'q1', Period: periodSeconds, ReturnData: true }] };
  }
}

function describeMetric({ namespace, name, dimensions }: MetricSource): object {
  return {
    Namespace: namespace,
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  };
}

const statisticNames = {
  sum: 'Sum',
  average: 'Average',
  minimum: 'Minimum',
  maximum: 'Maximum',
  count: 'SampleCount',
} as const;

function statisticName(statistic: Statistic): string {
  return statistic.kind === 'percentile' ? `p${statistic.share * 100}` : statisticNames[statistic.kind];
}
