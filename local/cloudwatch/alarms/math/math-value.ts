// The values of expressions: numbers, and time series on one common grid of periods. It defines for all operators how
// missing datapoints behave in arithmetic; the functions are in math-functions.ts.
import { MathError } from './math-tokens.ts';

/** One value for each period of the grid, oldest first; undefined where nothing was measured. */
export type Series = readonly (number | undefined)[];

export type MathValue =
  { readonly kind: 'scalar'; readonly value: number } | { readonly kind: 'series'; readonly points: Series };

/** Takes two numbers; undefined drops the datapoint, as a division by zero does. */
export type Operation = (left: number, right: number) => number | undefined;

export function scalar(value: number): MathValue {
  return { kind: 'scalar', value };
}

export function series(points: Series): MathValue {
  return { kind: 'series', points };
}

/** A value that is not a finite number is dropped. */
function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/**
 * Applies one operator to two values. Where only one of two series has a datapoint, the other counts as 0; where
 * neither has one, there is none. A number is combined with each existing datapoint.
 */
export function combine(left: MathValue, right: MathValue, operation: Operation): MathValue {
  if (left.kind === 'scalar' && right.kind === 'scalar') {
    const value = finite(operation(left.value, right.value));
    if (value === undefined) throw new MathError('a number is divided by zero');
    return scalar(value);
  }
  return series(combineSeries(left, right, operation));
}

function combineSeries(left: MathValue, right: MathValue, operation: Operation): Series {
  const length = left.kind === 'series' ? left.points.length : right.kind === 'series' ? right.points.length : 0;
  return Array.from({ length }, (_, index) => {
    const one = left.kind === 'series' ? left.points[index] : left.value;
    const other = right.kind === 'series' ? right.points[index] : right.value;
    const isThere = (left.kind === 'series' && one !== undefined) || (right.kind === 'series' && other !== undefined);
    return isThere ? finite(operation(one ?? 0, other ?? 0)) : undefined;
  });
}

/** Changes the datapoints of a series; a number has none. */
export function mapSeries(value: MathValue, change: (points: Series) => Series): MathValue {
  if (value.kind === 'series') return series(change(value.points));
  throw new MathError('a number is given where a time series is needed');
}

export function mapPoints(value: MathValue, change: (point: number) => number): MathValue {
  return mapSeries(value, (points) => points.map((point) => (point === undefined ? undefined : finite(change(point)))));
}
