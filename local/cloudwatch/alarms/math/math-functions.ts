// The functions of metric math that the relay's alarms use, by AWS's rules for each. A function that is not in the table
// is refused by name when the alarm is read, so an alarm never stands there without being able to fire: add it here,
// with its rules, when an alarm comes to need it.
// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
import { MathError } from './math-tokens.ts';
import { mapSeries, series } from './math-value.ts';
import type { MathValue } from './math-value.ts';

type MathFunction = (given: readonly MathValue[], periods: number) => MathValue;

/** Fills with a number or another series. */
const fill: MathFunction = ([value, filler, ...more]) => {
  if (value === undefined || filler === undefined || more.length > 0) throw new MathError('FILL needs two values');
  return mapSeries(value, (points) =>
    points.map((point, index) => point ?? (filler.kind === 'series' ? filler.points[index] : filler.value)),
  );
};

/**
 * IF(condition, then, else): by datapoint when the condition is a series. Without a condition's datapoint there is no
 * result; a missing datapoint of `then` counts as 0, one of `else`, or no `else` at all, drops the result.
 */
const choose: MathFunction = ([condition, whenTrue, whenFalse, ...more], periods) => {
  if (condition === undefined || whenTrue === undefined || more.length > 0) {
    throw new MathError('IF needs two or three values');
  }
  if (condition.kind === 'scalar') {
    return (condition.value === 0 ? whenFalse : whenTrue) ?? series(Array.from({ length: periods }, () => undefined));
  }
  return series(
    condition.points.map((point, index) => {
      if (point === undefined) return undefined;
      if (point !== 0) return whenTrue.kind === 'scalar' ? whenTrue.value : (whenTrue.points[index] ?? 0);
      return whenFalse?.kind === 'scalar' ? whenFalse.value : whenFalse?.points[index];
    }),
  );
};

export const mathFunctions: Readonly<Record<string, MathFunction>> = { FILL: fill, IF: choose };
