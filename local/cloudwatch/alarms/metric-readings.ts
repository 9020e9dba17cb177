// The port through which alarms see measurements, and how a statistic is taken from what a period measured. Pure;
// stored-readings.ts answers the port from the metric store.
import type { Statistic } from './alarm-definition.ts';

/** What one series measured in one period. */
export interface Reading {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** The value below which this share of the values lies. */
  percentile(share: number): number;
}

export interface SeriesName {
  readonly namespace: string;
  readonly name: string;
  /** The exact set: CloudWatch does not add up over dimensions by itself. */
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface ReadingRange {
  /** Begin of the oldest period, milliseconds since the epoch. */
  readonly from: number;
  readonly periodMs: number;
  readonly periods: number;
}

export interface MetricReadings {
  /** One entry for each period of the range, oldest first; undefined where nothing was measured. */
  readings(series: SeriesName, range: ReadingRange): readonly (Reading | undefined)[];
  /** Dimensions of every series of this name; with `dimensionNames`, of those with exactly these. */
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
