import { describe, expect, it } from 'vitest';
import { evaluateMath } from '../../../local/cloudwatch/alarms/math/evaluate-math.ts';
import { parseMath } from '../../../local/cloudwatch/alarms/math/parse-math.ts';
import type { MathInput } from '../../../local/cloudwatch/alarms/math/evaluate-math.ts';
import type { Series } from '../../../local/cloudwatch/alarms/math/math-value.ts';

// The rules and, where it has some, the examples of "Using math expressions with CloudWatch metrics":
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html

/** `30 - 0` are three datapoints, the second missing. */
function points(text: string): Series {
  return text.split(' ').map((point) => (point === '-' ? undefined : Number(point)));
}

function text(series: Series): string {
  return series.map((point) => point ?? '-').join(' ');
}

function inputOf(metrics: Readonly<Record<string, string>>, expressions: Readonly<Record<string, string>> = {}) {
  const read = new Map(Object.entries(metrics).map(([id, series]) => [id, points(series)] as const));
  const periods = [...read.values()][0]?.length ?? 3;
  const input: MathInput = {
    periods,
    metrics: read,
    expressions: new Map(Object.entries(expressions).map(([id, expression]) => [id, parseMath(expression)])),
  };
  return input;
}

/** A series as text, a number as itself. */
function work(
  expression: string,
  metrics: Readonly<Record<string, string>> = {},
  expressions?: Readonly<Record<string, string>>,
): unknown {
  const value = evaluateMath(parseMath(expression), inputOf(metrics, expressions));
  if (value.kind === 'scalar') return value.value;
  return text(value.points);
}

describe('metric math', () => {
  it.each([
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['10 - 4 - 3', 3],
    ['24 / 4 / 2', 3],
    ['1 + 1 == 2', 1],
    ['1 > 0 AND 0 > 1', 0],
    ['1 < 0 || 2 >= 2 && 3 != 4', 1],
    ['.5 * 4', 2],
  ])('works %s out to %s', (expression, value) => {
    expect(work(expression)).toBe(value);
  });

  it.each([
    ['m1 + m2', '1 -', '2 2', '3 2'],
    ['m1 - m2', '- -', '2 -', '-2 -'],
    ['m1 * 5', '3 -', '0 0', '15 -'],
    ['m1 / m2', '6 6', '3 0', '2 -'],
    ['m1 / m2', '6 6', '- 2', '- 3'],
    ['-m1', '1 -', '0 0', '-1 -'],
  ])(
    '%s of [%s] and [%s] is [%s]: a missing value counts as 0, a division by zero is dropped',
    (expression, m1, m2, result) => {
      expect(work(expression, { m1, m2 })).toBe(result);
    },
  );

  it.each([
    ['metric1 < metric2', '0 0 1 0'],
    ['metric1 >= 30', '1 0 0 0'],
    ['metric1 > 15 AND metric2 > 15', '1 0 0 0'],
    ['metric1 > 15 && metric2 > 15', '1 0 0 0'],
  ])('compares by the table of operators: %s is [%s]', (expression, result) => {
    expect(work(expression, { metric1: '30 20 0 0', metric2: '20 - 20 -' })).toBe(result);
  });

  it.each([
    ['IF(metric1, metric2, metric3)', '30 0 20 - -'],
    ['IF(metric1, 5, metric3)', '5 5 20 - -'],
    ['IF(metric1, metric2, 5)', '30 0 5 5 -'],
    ['IF(metric1, metric2)', '30 0 - - -'],
    ['IF(metric1 > 0, 10, 2)', '10 10 2 2 -'],
    ['IF(1, metric2, metric3)', '30 - 0 0 30'],
    ['IF(0, metric2, metric3)', '0 0 20 - 20'],
    ['IF(0, metric2)', '- - - - -'],
  ])('chooses by the tables of IF: %s is [%s]', (expression, result) => {
    const metrics = { metric1: '1 1 0 0 -', metric2: '30 - 0 0 30', metric3: '0 0 20 - 20' };
    expect(work(expression, metrics)).toBe(result);
  });

  it.each([
    ['FILL(m1, 0)', '0 2 0 0 8 0'],
    ['FILL(m1, m2)', '1 2 1 1 8 1'],
  ])('%s fills [- 2 - - 8 -] to [%s]', (expression, result) => {
    expect(work(expression, { m1: '- 2 - - 8 -', m2: '1 1 1 1 1 1' })).toBe(result);
  });

  it('fills a metric that was never measured, so that silence can be compared', () => {
    expect(work('FILL(m1, 0)', { m1: '- - -' })).toBe('0 0 0');
  });

  it('refers to other expressions, whatever their order', () => {
    const expressions = { total: 'part + rest', share: 'part / total' };
    expect(work('100 * share', { part: '1 2', rest: '3 -' }, expressions)).toBe('25 100');
  });

  it('survives low traffic: a rate above a floor, and 0 under it', () => {
    const rate = 'IF(FILL(n, 0) >= 20, 100 * FILL(e, 0) / n, 0)';
    expect(work(rate, { n: '40 19 - 100 20', e: '10 19 - - 20' })).toBe('25 0 0 0 100');
  });

  it.each([
    ['ANOMALY_DETECTION_BAND(m1)', 'the function ANOMALY_DETECTION_BAND is not evaluated'],
    ['SEARCH("x", "Sum")', 'the function SEARCH is not evaluated'],
    ['toString(m1)', 'the function toString is not evaluated'],
    ['m9 + 1', 'the metric or expression m9 does not exist'],
    ['again', 'the expression again refers to itself'],
    ['FILL(m1)', 'FILL needs two values'],
    ['IF(m1)', 'IF needs two or three values'],
    ['SUM([m1, m1])', 'the function SUM is not evaluated on one machine'],
    ['SUM(METRICS())', 'the function SUM is not evaluated on one machine'],
    ['[m1] + 1', 'a list of time series is not evaluated on one machine'],
    ['FILL(3, 0)', 'a number is given where a time series is needed'],
    ['FILL(m1, REPEAT)', 'REPEAT is given where a value is needed'],
    ['LINEAR', 'LINEAR is given where a value is needed'],
    ['1 / 0', 'a number is divided by zero'],
  ])('refuses %s: %s', (expression, message) => {
    expect(() => work(expression, { m1: '1 2' }, { again: 'again + 1' })).toThrow(message);
  });

  it.each([
    ['m1 +', 'at the end'],
    ['(m1', ') was expected at the end'],
    ['m1 m2', 'at "m2"'],
    ['[m1, ]', 'at "]"'],
    ['m1 $ 2', '"$ 2" is not an expression'],
    ['', 'at the end'],
    ['SUM(m1', ') was expected'],
  ])('does not parse %s: %s', (expression, message) => {
    expect(() => parseMath(expression)).toThrow(message);
  });
});
