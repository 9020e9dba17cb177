// Implements the alarms' port over the metric store, which keeps values by the second, so that a period may begin at
// any second, as CloudWatch's sliding windows do.
import { percentile } from '../metrics/value-bucket.ts';
import type { MetricStore } from '../metrics/metric-store.ts';
import type { MetricReadings, Reading } from './metric-readings.ts';

export function storedReadings(store: MetricStore): MetricReadings {
  return {
    readings: (series, { from, periodMs, periods }) =>
      Array.from({ length: periods }, (_, index) => {
        const begin = from + index * periodMs;
        const bucket = store.between(series, Math.floor(begin / 1_000), Math.floor((begin + periodMs) / 1_000));
        if (bucket === undefined) return undefined;
        const { values, ...totals } = bucket;
        const reading: Reading = {
          ...totals,
          // Sorted only for the few alarms that need percentiles.
          percentile: (share) =>
            percentile(
              [...values].sort((one, other) => one - other),
              share,
            ),
        };
        return reading;
      }),
    series: ({ namespace, name, dimensionNames }) => {
      const wanted = dimensionNames && [...dimensionNames].sort().join('\n');
      return store
        .list()
        .filter((series) => series.namespace === namespace && series.name === name)
        .filter(({ dimensions }) => wanted === undefined || Object.keys(dimensions).sort().join('\n') === wanted)
        .map(({ dimensions }) => dimensions);
    },
  };
}
