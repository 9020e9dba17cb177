// The functions of metric math that alarms here may use, by AWS's rules for each. A function that is not in the table
// is refused by name when the alarm is read, so that no alarm exists that cannot fire.
// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
import { MathError } from './math-tokens.ts';
import { list, mapPoints, mapSeries, scalar, series } from './math-value.ts';
import type { MathValue, Series } from './math-value.ts';

export interface MathGrid {
  readonly periodSeconds: number;
  readonly periods: number;
}

export type MathFunction = (given: readonly MathValue[], grid: MathGrid) => MathValue;

const MISSING = 'a value is missing';

function only(given: readonly MathValue[]): MathValue {
  const [value, ...more] = given;
  if (value === undefined || more.length > 0) throw new MathError('one value is needed');
  return value;
}

function numberOf(value: MathValue | undefined): number {
  if (value?.kind !== 'scalar') throw new MathError('a number is needed');
  return value.value;
}

function listOf(value: MathValue): readonly Series[] {
  if (value.kind !== 'list') throw new MathError('a list of time series is needed');
  return value.series;
}

function present(points: Series): readonly number[] {
  return points.filter((point) => point !== undefined);
}

/** Aggregates one series over time into a number, and a list of series into one series. */
function aggregate(ofValues: (values: readonly number[], outOf: number) => number): MathFunction {
  return (given) => {
    const value = only(given);
    if (value.kind === 'scalar') throw new MathError('a time series is needed');
    if (value.kind === 'series') {
      const values = present(value.points);
      return scalar(values.length === 0 ? 0 : ofValues(values, value.points.length));
    }
    const length = Math.max(0, ...value.series.map((points) => points.length));
    return series(
      Array.from({ length }, (_, index) => {
        const values = present(value.series.map((points) => points[index]));
        return values.length === 0 ? undefined : ofValues(values, value.series.length);
      }),
    );
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function pointwise(change: (point: number) => number): MathFunction {
  return (given) => mapPoints(only(given), change);
}

/** Compares each datapoint with the last existing one before it. */
function againstEarlier(change: (rise: number, seconds: number) => number): MathFunction {
  return (given, { periodSeconds }) =>
    mapSeries(only(given), (points) =>
      points.map((point, index) => {
        const earlier = points.findLastIndex((other, position) => position < index && other !== undefined);
        const before = points[earlier];
        if (point === undefined || before === undefined) return undefined;
        return change(point - before, (index - earlier) * periodSeconds);
      }),
    );
}

/** Fills with a number or another series; REPEAT and LINEAR are `fillRepeat` and `fillLinear`. */
const fill: MathFunction = ([value, filler, ...more]) => {
  if (value === undefined || filler === undefined || more.length > 0) throw new MathError('FILL needs two values');
  if (filler.kind === 'list') throw new MathError('FILL fills with a number or one time series');
  return mapSeries(value, (points) =>
    points.map((point, index) => point ?? (filler.kind === 'series' ? filler.points[index] : filler.value)),
  );
};

/** Fills a gap with the last value before it; a gap at the beginning stays, because there is nothing to repeat. */
export function fillRepeat(points: Series): Series {
  let last: number | undefined;
  return points.map((point) => {
    last = point ?? last;
    return last;
  });
}

/** Fills a gap with a straight line from the value before it to the one after; gaps at either end stay. */
export function fillLinear(points: Series): Series {
  return points.map((point, index) => {
    if (point !== undefined) return point;
    const from = points.findLastIndex((other, position) => position < index && other !== undefined);
    const to = points.findIndex((other, position) => position > index && other !== undefined);
    const [before, after] = [points[from], points[to]];
    if (before === undefined || after === undefined) return undefined;
    return before + ((after - before) * (index - from)) / (to - from);
  });
}

/**
 * IF(condition, then, else): by datapoint when the condition is a series. Without a datapoint of the condition there is
 * no result; a missing datapoint of `then` counts as 0, a missing one of `else`, or no `else` at all, drops the result.
 */
const choose: MathFunction = ([condition, whenTrue, whenFalse, ...more], { periods }) => {
  if (condition === undefined || whenTrue === undefined || more.length > 0) {
    throw new MathError('IF needs two or three values');
  }
  if (condition.kind === 'list' || whenTrue.kind === 'list' || whenFalse?.kind === 'list') {
    throw new MathError('IF takes no lists');
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

function end(at: 0 | -1): MathFunction {
  return (given) => {
    const points = listOf(only(given)).at(at);
    if (points === undefined) throw new MathError(MISSING);
    return series(points);
  };
}

export const mathFunctions: Readonly<Record<string, MathFunction>> = {
  ABS: pointwise(Math.abs),
  // AWS counts missing values as 0 in an average: it divides by the number of all possible values.
  AVG: aggregate((values, outOf) => sum(values) / outOf),
  CEIL: pointwise(Math.ceil),
  DIFF: againstEarlier((rise) => rise),
  FILL: fill,
  FIRST: end(0),
  FLOOR: pointwise(Math.floor),
  IF: choose,
  LAST: end(-1),
  LOG: pointwise(Math.log),
  LOG10: pointwise(Math.log10),
  MAX: aggregate((values) => Math.max(...values)),
  METRIC_COUNT: (given) => scalar(listOf(only(given)).length),
  MIN: aggregate((values) => Math.min(...values)),
  PERIOD: (given, { periodSeconds }) => {
    if (only(given).kind !== 'series') throw new MathError('PERIOD needs a metric');
    return scalar(periodSeconds);
  },
  RATE: againstEarlier((rise, seconds) => rise / seconds),
  REMOVE_EMPTY: (given) => list(listOf(only(given)).filter((points) => present(points).length > 0)),
  SUM: aggregate(sum),
  TIME_SERIES: (given, { periods }) => series(Array.from({ length: periods }, () => numberOf(only(given)))),
};
