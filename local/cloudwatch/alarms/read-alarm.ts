// Reads AWS::CloudWatch::Alarm and AWS::CloudWatch::CompositeAlarm. An alarm with a part that is not evaluated here is
// refused by its name: an alarm that could never fire is worse than none.
import { alarmsOf, AlarmRuleError, parseAlarmRule } from './alarm-rule.ts';
import { InsightsQueryError, isInsightsQuery, parseInsightsQuery } from './insights-query.ts';
import { evaluateMath } from './math/evaluate-math.ts';
import { MathError } from './math/math-tokens.ts';
import { parseMath } from './math/parse-math.ts';
import { readAlarmDescription } from '../../../core/contract/alarm-description.ts';
import { isRecord } from '../../template/cloud-template.ts';
import { DAY_MS, SECOND_MS } from '../../../core/domain/time-ms.ts';
import type { Alarm, Comparison, CompositeAlarm, MetricAlarm, MetricSource, Statistic } from './alarm-definition.ts';
import type { MissingDataTreatment } from './judge-datapoints.ts';
import type { MathExpression } from './math/parse-math.ts';
import type { ResourceReader } from '../../template/resource-reader.ts';

/** Key of the resource's metadata in which the stack keeps what CloudFormation has no property for. */
const METADATA_KEY = 'relay:alarm';

/** AWS's own limit for one alarm. */
const METRICS_MAX = 10;
const DAY_SECONDS = DAY_MS / SECOND_MS;

const comparisons: Readonly<Record<string, Comparison>> = {
  GreaterThanThreshold: '>',
  GreaterThanOrEqualToThreshold: '>=',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '<=',
};

const statistics: Readonly<Record<string, Statistic>> = {
  Sum: { kind: 'sum' },
  Average: { kind: 'average' },
  Minimum: { kind: 'minimum' },
  Maximum: { kind: 'maximum' },
  SampleCount: { kind: 'count' },
};

interface AlarmPlace {
  readonly name: string;
  /** The resource's `Metadata`. */
  readonly metadata: unknown;
}

/** @throws TemplateRefusal that names the alarm and the part of it that is not evaluated. */
export function readMetricAlarm(properties: ResourceReader, place: AlarmPlace): MetricAlarm {
  const identity = readIdentity(properties, place);
  properties.expect('EvaluateLowSampleCountPercentile', 'evaluate');
  const evaluationPeriods = properties.number('EvaluationPeriods');
  const alarm: MetricAlarm = {
    ...identity,
    kind: 'metric',
    ...(properties.has('Metrics') ? readQueries(properties) : readSingle(properties)),
    evaluationPeriods,
    datapointsToAlarm: properties.optionalNumber('DatapointsToAlarm') ?? evaluationPeriods,
    missingData: oneOf(properties, 'TreatMissingData', treatments, 'missing'),
    threshold: properties.number('Threshold'),
    comparison: comparisonOf(properties),
  };
  checkPeriods(properties, alarm);
  return alarm;
}

/** @throws TemplateRefusal that names the alarm and the part of its rule that is not evaluated. */
export function readCompositeAlarm(properties: ResourceReader, place: AlarmPlace): CompositeAlarm {
  const identity = readIdentity(properties, place);
  const rule = named(properties, 'AlarmRule', () => parseAlarmRule(properties.text('AlarmRule')));
  return { ...identity, kind: 'composite', rule };
}

/** @throws Error that names the composite alarm and the missing alarm it refers to, or the cycle it is part of. */
export function inEvaluationOrder(alarms: readonly Alarm[]): readonly Alarm[] {
  const byName = new Map(alarms.map((alarm) => [alarm.name, alarm]));
  const ordered = new Set<Alarm>();
  const visit = (alarm: Alarm, above: readonly string[]): void => {
    if (ordered.has(alarm)) return;
    if (above.includes(alarm.name)) throw new Error(`The alarms ${above.join(', ')} refer to one another in a cycle`);
    for (const child of alarm.kind === 'composite' ? alarmsOf(alarm.rule) : []) {
      const found = byName.get(child);
      if (found === undefined) throw new Error(`The alarm ${alarm.name} refers to ${child}, which does not exist`);
      visit(found, [...above, alarm.name]);
    }
    ordered.add(alarm);
  };
  for (const alarm of alarms) visit(alarm, []);
  return [...ordered];
}

const treatments: readonly MissingDataTreatment[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

function oneOf<T extends string>(properties: ResourceReader, name: string, allowed: readonly T[], fallback: T): T {
  properties.expect(name, ...allowed);
  return (properties.optionalText(name) as T | undefined) ?? fallback;
}

function comparisonOf(properties: ResourceReader): Comparison {
  const operator = properties.text('ComparisonOperator');
  const comparison = Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined;
  if (comparison === undefined) throw properties.refusal('ComparisonOperator', `${operator} is not evaluated here`);
  return comparison;
}

function readIdentity(properties: ResourceReader, { name, metadata }: AlarmPlace) {
  properties.passOver('AlarmName', 'Tags');
  const own = isRecord(metadata) ? metadata[METADATA_KEY] : undefined;
  const said = (key: string): string | null => {
    const value = isRecord(own) ? own[key] : undefined;
    return typeof value === 'string' ? value : null;
  };
  const isEnabled = properties.value('ActionsEnabled') !== false && properties.value('ActionsEnabled') !== 'false';
  const topics = (property: string): readonly string[] => {
    const arns = properties.list(property).map(String);
    const foreign = arns.find((arn) => !arn.startsWith('arn:aws:sns:'));
    if (foreign !== undefined) throw properties.refusal(property, `${name}: ${foreign} is not a topic`);
    return isEnabled ? arns : [];
  };
  const description = properties.optionalText('AlarmDescription') ?? '';
  return {
    name,
    description,
    severity: said('severity'),
    // The metadata is not resolved, and the runbook's address may contain the API's.
    runbook: said('runbook') ?? readAlarmDescription(description).runbook,
    actions: {
      ALARM: topics('AlarmActions'),
      OK: topics('OKActions'),
      INSUFFICIENT_DATA: topics('InsufficientDataActions'),
    },
  };
}

function readSingle(properties: ResourceReader): Pick<MetricAlarm, 'periodSeconds' | 'subject'> {
  return {
    periodSeconds: properties.number('Period'),
    subject: {
      kind: 'metric',
      source: {
        namespace: properties.text('Namespace'),
        name: properties.text('MetricName'),
        dimensions: readDimensions(properties),
        statistic: readStatistic(properties, properties.has('ExtendedStatistic') ? 'ExtendedStatistic' : 'Statistic'),
      },
    },
  };
}

function readDimensions(metric: ResourceReader): Readonly<Record<string, string>> {
  return Object.fromEntries(metric.sections('Dimensions').map((pair) => [pair.text('Name'), pair.text('Value')]));
}

function readStatistic(properties: ResourceReader, name: string): Statistic {
  const text = properties.text(name);
  if (Object.hasOwn(statistics, text)) return statistics[text] as Statistic;
  const percent = Number(/^p(\d{1,3}(?:\.\d+)?)$/.exec(text)?.[1]);
  // Rounded, so that p99.9 is the 999th of a thousand values and not the one after it.
  if (percent >= 0 && percent <= 100) return { kind: 'percentile', share: Number((percent / 100).toFixed(9)) };
  throw properties.refusal(name, `the statistic ${text} is not evaluated here`);
}

/** `Metrics`: several metrics and the expressions over them, or one Metrics Insights query. */
function readQueries(properties: ResourceReader): Pick<MetricAlarm, 'periodSeconds' | 'subject'> {
  const metrics = new Map<string, MetricSource>();
  const expressions = new Map<string, MathExpression>();
  const texts = new Map<string, string>();
  const results: string[] = [];
  const periods = new Set<number>();
  const queries = properties.sections('Metrics');
  for (const query of queries) {
    const id = query.text('Id');
    query.passOver('Label', 'AccountId');
    if (query.value('ReturnData') !== false && query.value('ReturnData') !== 'false') results.push(id);
    const period = query.optionalNumber('Period');
    if (period !== undefined) periods.add(period);
    if (query.has('MetricStat')) {
      const source = readMetricStat(query.section('MetricStat'), periods);
      metrics.set(id, source);
      continue;
    }
    const expression = query.text('Expression');
    if (isInsightsQuery(expression)) {
      if (queries.length > 1) throw query.refusal('Expression', 'a Metrics Insights query is evaluated alone only');
      const insights = named(query, 'Expression', () => parseInsightsQuery(expression));
      return { periodSeconds: onePeriod(properties, periods), subject: { kind: 'insights', query: insights } };
    }
    texts.set(id, expression);
    expressions.set(
      id,
      named(query, 'Expression', () => parseMath(expression)),
    );
  }
  const [resultId, ...others] = results;
  if (resultId === undefined || others.length > 0) {
    throw properties.refusal('Metrics', 'exactly one of them must return data');
  }
  const subject = { kind: 'math', metrics, expressions, texts, resultId } as const;
  const periodSeconds = onePeriod(properties, periods);
  named(properties, 'Metrics', () => tryOut(subject));
  return { periodSeconds, subject };
}

function readMetricStat(stat: ResourceReader, periods: Set<number>): MetricSource {
  periods.add(stat.number('Period'));
  const metric = stat.section('Metric');
  return {
    namespace: metric.text('Namespace'),
    name: metric.text('MetricName'),
    dimensions: readDimensions(metric),
    statistic: readStatistic(stat, 'Stat'),
  };
}

function onePeriod(properties: ResourceReader, periods: ReadonlySet<number>): number {
  const [period, ...others] = [...periods];
  if (period === undefined || others.length > 0) {
    throw properties.refusal('Metrics', `all must have the same period, not ${[...periods].join(', ') || 'none'}`);
  }
  return period;
}

/**
 * Evaluates the alarm once over no data, so that unknown functions, wrong ids and wrong kinds of values show at the
 * start.
 */
function tryOut({ metrics, expressions, resultId }: Extract<MetricAlarm['subject'], { kind: 'math' }>): void {
  if (metrics.size > METRICS_MAX)
    throw new MathError(`an alarm has ${METRICS_MAX} metrics at most, not ${metrics.size}`);
  const nothing = new Map([...metrics.keys()].map((id) => [id, [undefined, undefined, undefined]] as const));
  for (const [id, expression] of expressions) {
    const { kind } = evaluateMath(expression, { periods: 3, metrics: nothing, expressions });
    if (id === resultId && kind !== 'series')
      throw new MathError(`${id} gives a ${kind}, an alarm needs a time series`);
  }
}

function checkPeriods(properties: ResourceReader, alarm: MetricAlarm): void {
  const { periodSeconds, evaluationPeriods, datapointsToAlarm } = alarm;
  const isPeriod = [10, 20, 30].includes(periodSeconds) || (periodSeconds > 0 && periodSeconds % 60 === 0);
  if (!isPeriod) throw properties.refusal('Period', `${periodSeconds} s is not a period of CloudWatch`);
  if (datapointsToAlarm < 1 || datapointsToAlarm > evaluationPeriods) {
    throw properties.refusal('DatapointsToAlarm', `must be 1 to ${evaluationPeriods}`);
  }
  // AWS evaluates such alarms by the hour, and the store does not keep data long enough.
  if (periodSeconds * evaluationPeriods > DAY_SECONDS / 8) {
    throw properties.refusal('EvaluationPeriods', 'alarms over more than three hours are not evaluated on one machine');
  }
}

/** Adds the alarm's place to the errors of a parser. */
function named<T>(properties: ResourceReader, property: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isOurs = error instanceof MathError || error instanceof InsightsQueryError || error instanceof AlarmRuleError;
    if (!isOurs) throw error;
    throw properties.refusal(property, error.message);
  }
}
