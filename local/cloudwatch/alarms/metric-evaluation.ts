// Evaluates one metric alarm at one moment: reads its datapoints from the store, judges them, and gives the reason in
// CloudWatch's words. It keeps no state; alarm-board.ts keeps states and their times.
import { queryInsights } from './insights-series.ts';
import { evaluationRange, judgeDatapoints } from './judge-datapoints.ts';
import { evaluateMath } from './math/evaluate-math.ts';
import { statisticOf } from './metric-readings.ts';
import type { Comparison, MetricAlarm, MetricSource } from './alarm-definition.ts';
import type { Judgement } from './judge-datapoints.ts';
import type { Series } from './math/math-value.ts';
import type { MetricReadings, ReadingRange } from './metric-readings.ts';

export interface Finding {
  readonly state: Judgement['state'];
  readonly reason: string;
}

export interface ContributorFinding extends Finding {
  /** Values of the dimensions that the query groups by. */
  readonly group: Readonly<Record<string, string>>;
}

/** One finding, or one for each series of a Metrics Insights query that groups. */
type Evaluation =
  | { readonly kind: 'single'; readonly finding: Finding }
  | { readonly kind: 'contributors'; readonly findings: readonly ContributorFinding[] };

const holds: Readonly<Record<Comparison, (value: number, threshold: number) => boolean>> = {
  '>': (value, threshold) => value > threshold,
  '>=': (value, threshold) => value >= threshold,
  '<': (value, threshold) => value < threshold,
  '<=': (value, threshold) => value <= threshold,
};

const inWords: Readonly<Record<Comparison, string>> = {
  '>': 'greater than',
  '>=': 'greater than or equal to',
  '<': 'less than',
  '<=': 'less than or equal to',
};

/**
 * @param until end of the newest period, milliseconds since the epoch. Periods reach back from there, as CloudWatch's
 *   do: an alarm of five minutes that is evaluated every minute covers five minutes ending now.
 * @param periodMs real length of a period of this alarm here, milliseconds.
 */
export function evaluateMetricAlarm(
  alarm: MetricAlarm,
  store: MetricReadings,
  { until, periodMs }: { readonly until: number; readonly periodMs: number },
): Evaluation {
  const periods = evaluationRange(alarm.evaluationPeriods);
  const range: ReadingRange = { from: until - periods * periodMs, periodMs, periods };
  const { subject } = alarm;
  if (subject.kind === 'insights') {
    const found = queryInsights(subject.query, store, range);
    if (subject.query.groupBy.length > 0) {
      const findings = found.map(({ group, points }) => ({ group, ...judge(alarm, points) }));
      return { kind: 'contributors', findings };
    }
    return { kind: 'single', finding: judge(alarm, found[0]?.points ?? nothing(periods)) };
  }
  if (subject.kind === 'metric')
    return { kind: 'single', finding: judge(alarm, measure(subject.source, store, range)) };
  const metrics = new Map([...subject.metrics].map(([id, source]) => [id, measure(source, store, range)] as const));
  const result = evaluateMath(
    { kind: 'reference', id: subject.resultId },
    { periods, metrics, expressions: subject.expressions },
  );
  return { kind: 'single', finding: judge(alarm, result.kind === 'series' ? result.points : nothing(periods)) };
}

function nothing(periods: number): Series {
  return Array.from({ length: periods }, () => undefined);
}

function measure({ statistic, ...source }: MetricSource, store: MetricReadings, range: ReadingRange): Series {
  return store.readings(source, range).map((reading) => reading && statisticOf(reading, statistic));
}

function judge(alarm: MetricAlarm, points: Series): Finding {
  const breaches = points.map((point) =>
    point === undefined ? undefined : holds[alarm.comparison](point, alarm.threshold),
  );
  const judgement = judgeDatapoints(breaches, alarm);
  return { state: judgement.state, reason: describe(alarm, points, judgement) };
}

function describe(alarm: MetricAlarm, points: Series, { state, present, breaching }: Judgement): string {
  const { evaluationPeriods, threshold, comparison, datapointsToAlarm } = alarm;
  const missing = evaluationPeriods - present;
  const shown = points.filter((point) => point !== undefined).slice(-evaluationPeriods);
  if (shown.length === 0) {
    const treated = state === 'unchanged' ? 'the state stays' : `missing data counts as ${alarm.missingData}`;
    return `No datapoints were received for ${evaluationPeriods} periods: ${treated}.`;
  }
  const notes = [
    `alarm at ${datapointsToAlarm} of ${evaluationPeriods}`,
    ...(missing > 0 ? [`${missing} missing, counted as ${alarm.missingData}`] : []),
  ];
  return [
    `${breaching} out of the last ${evaluationPeriods} datapoints [${shown.map(round).join(', ')}]`,
    `${breaching === 1 ? 'is' : 'are'} ${inWords[comparison]} the threshold ${threshold} (${notes.join('; ')})`,
  ].join(' ');
}

function round(value: number): string {
  return String(Math.round(value * 1_000) / 1_000);
}
