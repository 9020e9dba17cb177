// What `GET /v1/monitoring/…` answers, as the function writes it and the console reads it, and the port behind it.
// Names on the wire are in Get3W's spelling, times ISO 8601. What the metrics mean is metrics.ts's.
import type { MetricName } from '../contract/metrics.ts';

export const metricStatistics = ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount', 'p50', 'p90', 'p99'] as const;
export type MetricStatistic = (typeof metricStatistics)[number];

export interface PublicSeries {
  readonly name: MetricName;
  readonly statistic: MetricStatistic;
  /** Beside `service`, which is always this relay. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Oldest first; periods in which nothing was measured are absent. */
  readonly datapoints: readonly PublicDatapoint[];
}

/** Begin of the period, and the value. */
export interface PublicDatapoint {
  readonly timestamp: string;
  readonly value: number;
}

export interface PublicMetrics {
  /** Seconds. */
  readonly period: number;
  readonly from: string;
  readonly to: string;
  readonly series: readonly PublicSeries[];
  /** Series that CloudWatch was asked for: what the answer cost, at $0.01 for a thousand. */
  readonly metrics_read: number;
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type AlarmComparison = '>' | '>=' | '<' | '<=';

export interface PublicAlarm {
  /** `Stage/WhatIsWrong`, without the name of the relay before it. */
  readonly name: string;
  readonly state: AlarmState;
  readonly reason: string;
  /** When it entered this state. */
  readonly since: string | null;
  readonly severity: string | null;
  /** What has happened when it fires. */
  readonly meaning: string;
  /** Section of the runbook, as its anchor. */
  readonly runbook: string;
  /** Null for an alarm over other alarms. */
  readonly condition: AlarmCondition | null;
  /** Of an alarm with a state for each code: the codes that put it into ALARM. Empty for others. */
  readonly codes: readonly string[];
}

export interface AlarmCondition {
  readonly comparison: AlarmComparison;
  readonly threshold: number;
  /** Of the last `periods` periods of `period` seconds, so many must breach. */
  readonly breaching: number;
  readonly periods: number;
  /** Seconds; null where the alarm does not tell. */
  readonly period: number | null;
  /** The relay's own metrics that it looks at, without `service`. */
  readonly metrics: readonly { readonly name: string; readonly dimensions: Readonly<Record<string, string>> }[];
}

export interface PublicAlarms {
  readonly alarms: readonly PublicAlarm[];
}

/** One series to be read. */
export interface SeriesQuery {
  readonly name: MetricName;
  readonly statistic: MetricStatistic;
  /** All of them, `service` included. */
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Milliseconds since the epoch. */
export interface MetricWindow {
  readonly from: number;
  readonly to: number;
  readonly periodSeconds: number;
}

export interface SeriesReading {
  readonly query: SeriesQuery;
  /** Oldest first; `at` in milliseconds since the epoch. */
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

export interface AlarmReading {
  /** In full, with the name of the relay. */
  readonly name: string;
  readonly description: string;
  readonly state: AlarmState;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly since?: number | undefined;
  readonly condition?: AlarmCondition | undefined;
  /** Dimensions of the series that put it into ALARM, where each has a state of its own. */
  readonly contributors?: readonly Readonly<Record<string, string>>[] | undefined;
}

/** A metric of one relay, to be read by every value of its dimension `code`. */
export interface CodesQuery {
  readonly name: MetricName;
  readonly service: string;
}

/** CloudWatch, read only. Series come in the order of their queries, empty ones too. */
export interface MonitoringReader {
  readSeries(queries: readonly SeriesQuery[], window: MetricWindow): Promise<readonly SeriesReading[]>;
  /** The sum of each code that was met, those of this very minute too. The window begins three hours ago at most. */
  readSumsByCode(query: CodesQuery, window: MetricWindow): Promise<readonly SeriesReading[]>;
  /** Codes that were met within two weeks, as they were known an hour ago or later. */
  listCodes(query: CodesQuery): Promise<readonly string[]>;
  /** Every alarm whose name begins so. */
  listAlarms(prefix: string): Promise<readonly AlarmReading[]>;
}
