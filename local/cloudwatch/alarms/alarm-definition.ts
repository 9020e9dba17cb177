// An alarm of the template, read and checked: the shapes that read-alarm.ts makes and the board evaluates. Periods are
// those of AWS; the board makes them pass faster.
import type { AlarmRule } from './alarm-rule.ts';
import type { InsightsQuery } from './insights-query.ts';
import type { DatapointRule } from './judge-datapoints.ts';
import type { MathExpression } from './math/parse-math.ts';

export type Statistic =
  | { readonly kind: 'sum' | 'average' | 'minimum' | 'maximum' | 'count' }
  /** `share` is 0.99 for p99. */
  | { readonly kind: 'percentile'; readonly share: number };

export interface MetricSource {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: Statistic;
}

export type Comparison = '>' | '>=' | '<' | '<=';

/** Fields of both kinds of alarm. */
interface AlarmIdentity {
  readonly name: string;
  readonly description: string;
  /** `page` or `ticket`, and the runbook's address, from the alarm's metadata; null where that has none. */
  readonly severity: string | null;
  readonly runbook: string | null;
  /** ARNs of the topics to notify of a change into each state; empty while actions are switched off. */
  readonly actions: Readonly<Record<'ALARM' | 'OK' | 'INSUFFICIENT_DATA', readonly string[]>>;
}

export interface MetricAlarm extends AlarmIdentity, DatapointRule {
  readonly kind: 'metric';
  readonly periodSeconds: number;
  readonly threshold: number;
  readonly comparison: Comparison;
  readonly subject:
    | { readonly kind: 'metric'; readonly source: MetricSource }
    | {
        readonly kind: 'math';
        readonly metrics: ReadonlyMap<string, MetricSource>;
        readonly expressions: ReadonlyMap<string, MathExpression>;
        /** The expressions as the template writes them, by id. */
        readonly texts: ReadonlyMap<string, string>;
        /** Id of the metric or expression that is compared with the threshold. */
        readonly resultId: string;
      }
    | { readonly kind: 'insights'; readonly query: InsightsQuery };
}

export interface CompositeAlarm extends AlarmIdentity {
  readonly kind: 'composite';
  readonly rule: AlarmRule;
}

export type Alarm = MetricAlarm | CompositeAlarm;
