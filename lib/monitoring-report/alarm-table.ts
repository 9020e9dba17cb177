// Reads the alarms of a synthesised template back into rows for people: when each fires, how severe it is, what missing
// data means, and what it costs. The documentation and the cost are made from them.
import { ALARM_METADATA } from '../monitoring/alarm.ts';
import type { AlarmMetadata } from '../monitoring/alarm.ts';
import type { MonitoredTemplate } from './monitored-template.ts';

export interface AlarmRow extends AlarmMetadata {
  /** Without the relay's name as prefix. */
  readonly name: string;
  readonly kind: 'metric' | 'query' | 'composite';
  /** In words: what is compared with what, over how many periods. */
  readonly fires: string;
  readonly missingData: string;
  /** The alarms that set off a composite alarm; empty for others. */
  readonly children: string;
  /** Metrics that it evaluates, each of which costs; 0 where their number is known only while it runs. */
  readonly metricCount: number;
}

interface MetricStat {
  readonly Metric: {
    readonly MetricName: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  };
  readonly Stat: string;
  readonly Period: number;
}

interface AlarmProperties {
  readonly AlarmName: string;
  readonly AlarmRule?: unknown;
  readonly MetricName?: string;
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number;
  readonly Dimensions?: MetricStat['Metric']['Dimensions'];
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly Period?: number;
    readonly MetricStat?: MetricStat;
  }[];
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly TreatMissingData?: string;
}

/** In the order of the template, the composite alarms last. */
export function alarmTable({ Resources: resources }: MonitoredTemplate): readonly AlarmRow[] {
  return Object.values(resources).flatMap(({ Type: type, Properties: properties, Metadata: metadata }): AlarmRow[] => {
    if (!type.startsWith('AWS::CloudWatch::') || !type.endsWith('Alarm')) return [];
    const own = metadata?.[ALARM_METADATA] as AlarmMetadata;
    const alarm = properties as unknown as AlarmProperties;
    const name = alarm.AlarmName.slice(alarm.AlarmName.indexOf('/') + 1);
    if (alarm.AlarmRule !== undefined) {
      const children = childrenOf(alarm.AlarmRule, resources);
      return [
        { ...own, name, kind: 'composite' as const, fires: 'see below', children, missingData: '', metricCount: 0 },
      ];
    }
    const { condition, metricCount, kind, periodSeconds } = subjectOf(alarm);
    const { DatapointsToAlarm: breaching = alarm.EvaluationPeriods, EvaluationPeriods: periods } = alarm;
    const comparison = alarm.ComparisonOperator.startsWith('LessThan') ? '<' : '≥';
    const fires = `${condition} ${comparison} ${alarm.Threshold}, ${breaching} of ${periods} × ${minutes(periodSeconds)}`;
    return [{ ...own, name, kind, fires, children: '', missingData: alarm.TreatMissingData ?? 'missing', metricCount }];
  });
}

function minutes(seconds: number): string {
  return seconds >= 3_600 ? `${seconds / 3_600} h` : seconds >= 60 ? `${seconds / 60} min` : `${seconds} s`;
}

function subjectOf(alarm: AlarmProperties): {
  condition: string;
  metricCount: number;
  kind: 'metric' | 'query';
  periodSeconds: number;
} {
  const { Metrics: queries } = alarm;
  if (queries === undefined) {
    const statistic = alarm.Statistic ?? alarm.ExtendedStatistic ?? '';
    const condition = inWords(statistic, alarm.MetricName ?? '', alarm.Dimensions);
    return { condition, metricCount: 1, kind: 'metric', periodSeconds: alarm.Period ?? 0 };
  }
  return subjectOfQueries(queries);
}

function subjectOfQueries(queries: NonNullable<AlarmProperties['Metrics']>): ReturnType<typeof subjectOf> {
  const expression = queries.find((query) => query.Expression !== undefined);
  const stats = queries.flatMap(({ Id: id, MetricStat: stat }) => (stat ? [{ id, stat }] : []));
  const periodSeconds = expression?.Period ?? stats[0]?.stat.Period ?? 0;
  const isQuery = stats.length === 0 && expression !== undefined;
  const condition =
    expression === undefined
      ? stats.map(({ stat }) => inWords(stat.Stat, stat.Metric.MetricName, stat.Metric.Dimensions)).join()
      : shorten(expression.Expression ?? '', stats);
  return { condition, metricCount: stats.length, kind: isQuery ? 'query' : 'metric', periodSeconds };
}

/** Replaces ids with names, puts a share into words, and drops what every query contains. */
function shorten(expression: string, stats: readonly { readonly id: string; readonly stat: MetricStat }[]): string {
  const named = stats.reduce(
    (text, { id, stat }) => text.replaceAll(new RegExp(`\\b${id}\\b`, 'g'), stat.Metric.MetricName),
    expression,
  );
  return named
    .replace(/^SELECT (.*) FROM SCHEMA.*GROUP BY (\w+).*$/, '$1 for each $2')
    .replace(
      /^IF\(FILL\((\w+), 0\) >= (\d+), 100 \* FILL\((\w+), 0\) \/ \w+, 0\)$/,
      '$3 in % of $1, where there are $2 or more,',
    )
    .replaceAll(/FILL\((\w+), 0\)/g, '$1');
}

function inWords(statistic: string, name: string, dimensions: MetricStat['Metric']['Dimensions'] = []): string {
  const { Value: code } = dimensions.find((dimension) => dimension.Name === 'code') ?? {};
  return `${statistic} of ${name}${typeof code === 'string' ? ` ${code}` : ''}`;
}

/** The rule names its alarms by ARN, which is an intrinsic function that names their logical ids. */
function childrenOf(rule: unknown, resources: MonitoredTemplate['Resources']): string {
  const parts = (rule as { readonly 'Fn::Join': readonly [string, readonly unknown[]] })['Fn::Join'][1];
  const text = parts
    .map((part) => {
      if (typeof part === 'string') return part.replaceAll(/ALARM\("|"\)/g, '').replaceAll(' OR ', ', ');
      const [logicalId = ''] = (part as { readonly 'Fn::GetAtt': readonly string[] })['Fn::GetAtt'];
      const name = String(resources[logicalId]?.Properties?.['AlarmName']);
      return name.slice(name.indexOf('/') + 1);
    })
    .join('');
  return text.replace(/^\((.*)\)$/, '$1').replaceAll(' AND ', ' and ');
}
