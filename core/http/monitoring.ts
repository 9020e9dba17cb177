// What `GET /v1/monitoring/…` answers, as the function writes it and the console reads it, and the port behind it.
// Names on the wire use Get3W's spelling, times ISO 8601. metrics.ts documents what the metrics mean.
import type { MetricName } from '../contract/metrics.ts';

export const metricStatistics = ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount', 'p50', 'p90', 'p99'] as const;
export type MetricStatistic = (typeof metricStatistics)[number];

export interface PublicSeries {
  readonly name: MetricName;
  readonly statistic: MetricStatistic;
  /** In addition to `service`, which is always this relay. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Oldest first; periods without a measurement are absent. */
  readonly datapoints: readonly PublicDatapoint[];
}

/** Start of the period, and the value. */
interface PublicDatapoint {
  readonly timestamp: string;
  readonly value: number;
}

export interface PublicMetrics {
  /** Seconds. */
  readonly period: number;
  readonly from: string;
  readonly to: string;
  readonly series: readonly PublicSeries[];
  /** Series requested from CloudWatch: they determine the cost of the answer, at $0.01 per thousand. */
  readonly metrics_read: number;
}

type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type AlarmComparison = '>' | '>=' | '<' | '<=';

export interface PublicAlarm {
  /** `Stage/WhatIsWrong`, without the relay's name in front. */
  readonly name: string;
  readonly state: AlarmState;
  readonly reason: string;
  /** When it entered this state. */
  readonly since: string | null;
  readonly severity: string | null;
  /** What has happened when it fires. */
  readonly meaning: string;
  /** Section of the runbook, as an anchor. */
  readonly runbook: string;
  /** Null for an alarm over other alarms. */
  readonly condition: AlarmCondition | null;
  /** For an alarm with a state per code: the codes that put it into ALARM. Empty for others. */
  readonly codes: readonly string[];
  /** Who is at it, while it is on; null until an operator says so. */
  readonly acknowledged: PublicAcknowledgement | null;
}

interface PublicAcknowledgement {
  readonly by: string;
  readonly at: string;
  readonly reason: string | null;
}

export interface PublicAlarmHistory {
  readonly from: string;
  readonly to: string;
  /** From here on every change is in the answer: `from`, or later where there were too many, or CloudWatch took too long. */
  readonly complete_from: string;
  /** The latest first. */
  readonly changes: readonly PublicAlarmChange[];
}

export interface PublicAlarmChange {
  readonly name: string;
  readonly at: string;
  readonly previous: AlarmState;
  readonly state: AlarmState;
  readonly reason: string;
}

export interface AlarmCondition {
  readonly comparison: AlarmComparison;
  readonly threshold: number;
  /** How many of the last `periods` periods of `period` seconds must breach. */
  readonly breaching: number;
  readonly periods: number;
  /** Seconds; null where the alarm does not define it. */
  readonly period: number | null;
  /** The least count of a metric in a period from which the alarm judges it; null where every period counts. */
  readonly floor: AlarmFloor | null;
  /** The relay's own metrics that the alarm watches, without `service`. */
  readonly metrics: readonly { readonly name: string; readonly dimensions: Readonly<Record<string, string>> }[];
}

interface AlarmFloor {
  readonly metric: string;
  readonly count: number;
}

export interface PublicAlarms {
  readonly alarms: readonly PublicAlarm[];
}

/** One series to read. */
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
  /** One period, which begins where the window does. Others begin at whole multiples of their length. */
  readonly isWhole?: true;
}

export interface SeriesReading {
  readonly query: SeriesQuery;
  /** Oldest first; `at` in milliseconds since the epoch. */
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

export interface AlarmReading {
  /** The full name, including the relay's. */
  readonly name: string;
  readonly description: string;
  readonly state: AlarmState;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly since?: number | undefined;
  readonly condition?: AlarmCondition | undefined;
  /** Dimensions of the series that put it into ALARM, where each series has a state of its own. */
  readonly contributors?: readonly Readonly<Record<string, string>>[] | undefined;
}

/** Milliseconds since the epoch, full names. */
export interface AlarmHistoryQuery {
  readonly from: number;
  readonly to: number;
  readonly prefix: string;
  /** Of one alarm only. */
  readonly name?: string;
  /** By then it ends with the pages that it has read; without one, it throws. */
  readonly stopAt?: number;
}

export interface AlarmHistoryReading {
  readonly completeFrom: number;
  /** The latest first. */
  readonly changes: readonly (Omit<PublicAlarmChange, 'at'> & { readonly at: number })[];
}

/** A metric of one relay, to be read for every value of its dimension `code`. */
export interface CodesQuery {
  readonly name: MetricName;
  readonly service: string;
}

/** CloudWatch, read only. Series are returned in the order of their queries, empty ones included. */
export interface MonitoringReader {
  readSeries(queries: readonly SeriesQuery[], window: MetricWindow): Promise<readonly SeriesReading[]>;
  /** The sum for each code that occurred, the current minute included. The window begins at most three hours ago. */
  readSumsByCode(query: CodesQuery, window: MetricWindow): Promise<readonly SeriesReading[]>;
  /** Codes that occurred within two weeks; the list may be an hour old. */
  listCodes(query: CodesQuery): Promise<readonly string[]>;
  /** Every alarm whose name starts with the prefix. */
  listAlarms(prefix: string): Promise<readonly AlarmReading[]>;
  /** Changes of state, as many as its bounds allow. @throws Error `TimeoutError` when nothing was read in time. */
  readAlarmHistory(query: AlarmHistoryQuery): Promise<AlarmHistoryReading>;
}
