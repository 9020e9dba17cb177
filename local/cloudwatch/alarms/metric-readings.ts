// The port through which alarms read measurements, and the statistics of a period's measurements. Pure;
// stored-readings.ts implements the port over the metric store.
import type { Statistic } from './alarm-definition.ts';

/** What one series measured in one period. */
export interface Reading {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** The value below which this share (0 to 1) of the values lies. */
  percentile(share: number): number;
}

interface SeriesName {
  readonly namespace: string;
  readonly name: string;
  /** The exact set of dimensions: CloudWatch does not add series up. */
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface ReadingRange {
  /** Start of the oldest period, milliseconds since the epoch. */
  readonly from: number;
  readonly periodMs: number;
  readonly periods: number;
}

export interface MetricReadings {
  /** One entry for each period of the range, oldest first; undefined where nothing was measured. */
  readings(series: SeriesName, range: ReadingRange): readonly (Reading | undefined)[];
  /** Dimensions of every series of this name; with `dimensionNames`, only of series with exactly these. */
  series(query: {
    readonly namespace: string;
    readonly name: string;
    readonly dimensionNames: readonly string[] | undefined;
  }): readonly Readonly<Record<string, string>>[];
}

export function statisticOf(reading: Reading, statistic: Statistic): number {
  switch (statistic.kind) {
    case 'sum':
      return reading.sum;
    case 'average':
      return reading.sum / reading.count;
    case 'minimum':
      return reading.minimum;
    case 'maximum':
      return reading.maximum;
    case 'count':
      return reading.count;
    case 'percentile':
      return reading.percentile(statistic.share);
    default:
      return statistic satisfies never;
  }
}
