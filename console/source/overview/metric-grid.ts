// Series of the relay as columns over one row of times, for charts and tiles. A period without a measurement is a gap
// in a gauge and a zero in a count.
import type { PublicMetrics, PublicSeries } from '../../../core/http/monitoring.ts';

export interface MetricGrid {
  /** Starts of the periods, milliseconds since the epoch, without gaps. */
  readonly times: readonly number[];
  /** How many of the periods were over when they were read: the next one is known only in part, and drawn as such. */
  readonly wholeCount: number;
  /** Values of one series in the order of the times; all null for a missing series. */
  readonly column: (name: string, dimensions?: Readonly<Record<string, string>>) => readonly (number | null)[];
  /** Values of `code` that a metric has. */
  readonly codes: (name: string) => readonly string[];
  /** Number of series read from CloudWatch. */
  readonly seriesRead: number;
  /** Changes only with new measurements: the window moves on, the figures in it do not. */
  readonly version: string;
}

export function metricGrid({ series, period, from, to, metrics_read: seriesRead }: PublicMetrics): MetricGrid {
  const stepMs = period * 1_000;
  const first = Math.floor(Date.parse(from) / stepMs) * stepMs;
  const count = Math.max(0, Math.ceil((Date.parse(to) - first) / stepMs));
  const times = Array.from({ length: count }, (_, index) => first + index * stepMs);
  const columns = new Map(
    series.map((one) => [
      columnKey(one.name, one.dimensions),
      new Map(one.datapoints.map(({ timestamp, value }) => [Date.parse(timestamp), value])),
    ]),
  );
  return {
    times,
    wholeCount: Math.max(0, Math.floor((Date.parse(to) - first) / stepMs)),
    column: (name, dimensions = {}) => {
      const points = columns.get(columnKey(name, dimensions));
      return times.map((at) => points?.get(at) ?? null);
    },
    codes: (name) => codesOf(series.filter((one) => one.name === name)),
    seriesRead,
    version: JSON.stringify(
      series.map(({ name, dimensions, datapoints }) => [name, dimensions['code'], datapoints.at(-1)]),
    ),
  };
}

function columnKey(name: string, { code = '' }: Readonly<Record<string, string>>): string {
  return `${name} ${code}`;
}

function codesOf(series: readonly PublicSeries[]): readonly string[] {
  return series.flatMap(({ dimensions: { code } }) => (code === undefined ? [] : [code]));
}

export function sumOf(values: readonly (number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

export function lastOf(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

/** A count that was not reported is zero. */
export function zeroed(values: readonly (number | null)[]): readonly number[] {
  return values.map((value) => value ?? 0);
}
