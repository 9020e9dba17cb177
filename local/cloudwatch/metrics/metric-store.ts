// Keeps measurements as CloudWatch would: series by namespace, name and exact set of dimensions, here by the second, in
// memory, for a few hours. embedded-metrics.ts and service-metrics.ts supply the values.
import { addValue, mergeBuckets, newBucket } from './value-bucket.ts';
import { HOUR_MS, SECOND_MS } from '../../../core/domain/time-ms.ts';
import type { ValueBucket } from './value-bucket.ts';

export type Dimensions = Readonly<Record<string, string>>;

export interface Measurement {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly unit: string;
  readonly values: readonly number[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

interface MetricQuery {
  readonly name: string;
  readonly namespace?: string | undefined;
  /** The exact set of dimensions; undefined for every series of the name. */
  readonly dimensions?: Dimensions | undefined;
  readonly periodSeconds: number;
  /** Only periods that begin at or after this time, milliseconds since the epoch. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface Datapoint {
  /** Start of the period, milliseconds since the epoch. */
  readonly at: number;
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** In ascending order, for percentiles; a sample when a second had very many. */
  readonly values: readonly number[];
}

interface MetricSeries {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly unit: string;
  /** Oldest first; periods without a value are absent. */
  readonly datapoints: readonly Datapoint[];
}

interface StoredSeries extends Omit<MetricSeries, 'datapoints'> {
  /** By second since the epoch, nearly always in the order of time. */
  readonly seconds: Map<number, ValueBucket>;
}

const KEPT_SECONDS = (3 * HOUR_MS) / SECOND_MS;
/** Bounds the memory should a faulty function emit ever new dimensions; correct ones are closed sets. */
const SERIES_MAX = 5_000;

export class MetricStore {
  readonly #series = new Map<string, StoredSeries>();

  record({ namespace, name, dimensions, unit, values, at }: Measurement): void {
    const key = seriesKey(namespace, name, dimensions);
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= SERIES_MAX) return;
      series = { namespace, name, dimensions, unit, seconds: new Map() };
      this.#series.set(key, series);
    }
    const second = Math.floor(at / 1_000);
    let bucket = series.seconds.get(second);
    if (bucket === undefined) {
      bucket = newBucket();
      series.seconds.set(second, bucket);
      forgetBefore(series.seconds, second - KEPT_SECONDS);
    }
    for (const value of values) addValue(bucket, value);
  }

  /**
   * Measurements of one series from one second up to, but not including, another, regardless of where periods begin.
   * @returns undefined when there are none.
   */
  between(
    { namespace, name, dimensions }: Pick<Measurement, 'namespace' | 'name' | 'dimensions'>,
    fromSecond: number,
    toSecond: number,
  ): ValueBucket | undefined {
    const series = this.#series.get(seriesKey(namespace, name, dimensions));
    if (series === undefined) return undefined;
    const buckets: ValueBucket[] = [];
    for (let second = fromSecond; second < toSecond; second += 1) {
      const bucket = series.seconds.get(second);
      if (bucket) buckets.push(bucket);
    }
    return buckets.length === 0 ? undefined : mergeBuckets(buckets);
  }

  query({ name, namespace, dimensions, periodSeconds, from = 0, to = Infinity }: MetricQuery): readonly MetricSeries[] {
    const wanted = dimensions && dimensionKey(dimensions);
    return [...this.#series.values()]
      .filter((series) => series.name === name && (namespace === undefined || series.namespace === namespace))
      .filter((series) => wanted === undefined || dimensionKey(series.dimensions) === wanted)
      .map(({ seconds, ...series }) => ({ ...series, datapoints: inPeriods(seconds, periodSeconds, { from, to }) }));
  }

  /** Every metric, with its sets of dimensions. */
  list(): readonly Omit<MetricSeries, 'datapoints'>[] {
    return [...this.#series.values()].map(({ seconds: _seconds, ...series }) => series);
  }
}

function seriesKey(namespace: string, name: string, dimensions: Dimensions): string {
  return JSON.stringify([namespace, name, dimensionKey(dimensions)]);
}

function dimensionKey(dimensions: Dimensions): string {
  return JSON.stringify(Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Maps keep the order of insertion, so the oldest seconds come first. */
function forgetBefore(seconds: Map<number, ValueBucket>, oldest: number): void {
  for (const second of seconds.keys()) {
    if (second >= oldest) return;
    seconds.delete(second);
  }
}

function inPeriods(
  seconds: ReadonlyMap<number, ValueBucket>,
  periodSeconds: number,
  { from, to }: { readonly from: number; readonly to: number },
): Datapoint[] {
  const periods = new Map<number, ValueBucket[]>();
  for (const [second, bucket] of seconds) {
    if (second * 1_000 < from || second * 1_000 >= to) continue;
    // As CloudWatch's, periods begin where the answer does: at whole multiples, unless the caller asks otherwise.
    const begin = from + Math.floor((second * 1_000 - from) / (periodSeconds * 1_000)) * periodSeconds * 1_000;
    const kept = periods.get(begin);
    if (kept) kept.push(bucket);
    else periods.set(begin, [bucket]);
  }
  return [...periods]
    .sort(([one], [other]) => one - other)
    .map(([at, buckets]) => {
      const { values, ...totals } = mergeBuckets(buckets);
      return { at, ...totals, values: values.sort((one, other) => one - other) };
    });
}
