// Measurements of one series in one span of time: count, sum, minimum and maximum exactly, and the values themselves
// for percentiles. All values up to 250, beyond that a uniform sample, so that memory is bounded.

export interface ValueBucket {
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
  /** All values, or a sample of them, unordered. */
  readonly values: number[];
}

/** Values kept for one second: three hours of them take 20 MB for one series. Above it, percentiles are estimated. */
const VALUES_MAX = 250;

export function newBucket(): ValueBucket {
  return {
    count: 0,
    sum: 0,
    minimum: Number.POSITIVE_INFINITY,
    maximum: Number.NEGATIVE_INFINITY,
    values: [],
  };
}

/** Reservoir sampling: each value has the same chance to be kept. */
export function addValue(bucket: ValueBucket, value: number): void {
  bucket.count += 1;
  bucket.sum += value;
  bucket.minimum = Math.min(bucket.minimum, value);
  bucket.maximum = Math.max(bucket.maximum, value);
  if (bucket.values.length < VALUES_MAX) {
    bucket.values.push(value);
    return;
  }
  const place = Math.floor(Math.random() * bucket.count);
  if (place < VALUES_MAX) bucket.values[place] = value;
}

/** Merges several spans of time into one. */
export function mergeBuckets(buckets: readonly ValueBucket[]): ValueBucket {
  const merged = newBucket();
  for (const { count, sum, minimum, maximum, values } of buckets) {
    merged.count += count;
    merged.sum += sum;
    merged.minimum = Math.min(merged.minimum, minimum);
    merged.maximum = Math.max(merged.maximum, maximum);
    for (const value of values) merged.values.push(value);
  }
  return merged;
}

/**
 * The value below which this share (0 to 1) of the values lies, by the nearest rank.
 * @param sorted in ascending order, not empty.
 * @param share 0.99 for p99.
 */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
