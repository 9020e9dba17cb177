// What monitoring costs a month whatever the traffic: series, alarms, dashboards, by CloudWatch's price list. Logs and
// queries are paid by use and not counted here.
import { metricDefinitions } from '../../core/contract/metrics.ts';
import type { MetricDefinition, MetricName } from '../../core/contract/metrics.ts';
import type { AlarmRow } from './alarm-table.ts';

/** us-east-1, USD a month, November 2026: https://aws.amazon.com/cloudwatch/pricing/ */
export const monitoringPrices = {
  series: 0.3,
  /** Per metric that an alarm evaluates. */
  alarmMetric: 0.1,
  compositeAlarm: 0.5,
  dashboard: 3,
} as const;

/** CloudWatch's permanent free share of each account. */
export const freeOfCharge = { series: 10, alarmMetrics: 10, dashboards: 3 } as const;

interface MonitoringUse {
  /** Codes other than success in an average hour. A series is paid for the hours in which it reports. */
  readonly codesPerHour: number;
  /** Models with series of their own. */
  readonly models: number;
  /** Share of the hours (0 to 1) in which rare series report. */
  readonly rareShare: number;
  readonly hasPrices: boolean;
}

export const defaultUse: MonitoringUse = { codesPerHour: 2, models: 0, rareShare: 0.1, hasPrices: false };

interface CostLine {
  readonly what: string;
  readonly quantity: number;
  readonly usd: number;
}

export interface FixedCost {
  readonly lines: readonly CostLine[];
  /** Series and alarms a month, at list price. */
  readonly usd: number;
  /** The same in an account that uses its free share for nothing else. */
  readonly usdAfterFreeShare: number;
  readonly dashboardUsd: number;
  /** The same if every code of the catalogue occurred in every hour of the month. */
  readonly usdAtMost: number;
}

/** @param codes how many values the code dimension can take. */
export function fixedCost(alarms: readonly AlarmRow[], codes: number, use: MonitoringUse = defaultUse): FixedCost {
  const lines = [...seriesLines(use), ...alarmLines(alarms, use.codesPerHour)];
  const usd = total(lines);
  const series = quantityOf(lines, 'series');
  const alarmMetrics = quantityOf(lines, 'metrics');
  const free =
    Math.min(series, freeOfCharge.series) * monitoringPrices.series +
    Math.min(alarmMetrics, freeOfCharge.alarmMetrics) * monitoringPrices.alarmMetric;
  const worst = { ...use, codesPerHour: codes, rareShare: 1 };
  return {
    lines,
    usd,
    usdAfterFreeShare: usd - free,
    dashboardUsd: monitoringPrices.dashboard,
    usdAtMost: total([...seriesLines(worst), ...alarmLines(alarms, codes)]),
  };
}

/** Metrics by code that report successes as well. */
const countingSuccess: ReadonlySet<string> = new Set<MetricName>(['TasksEnded', 'ApiAnswers']);

/** Series of a metric in an hour in which it reports. */
function seriesOf(name: MetricName, use: MonitoringUse): number {
  const { kept, hasTotal, dimensions } = metricDefinitions[name];
  if (kept !== 'series') return 0;
  const codes = use.codesPerHour + (countingSuccess.has(name) ? 1 : 0);
  // All other models share one more series, but only when some models have series of their own.
  const models = use.models === 0 ? 0 : use.models + 1;
  return (hasTotal ? 1 : 0) + (dimensions.includes('code') ? codes : 0) + (dimensions.includes('model') ? models : 0);
}

function seriesLines(use: MonitoringUse): readonly CostLine[] {
  const count = (reports: MetricDefinition['reports']): number =>
    (Object.keys(metricDefinitions) as MetricName[])
      .filter((name) => metricDefinitions[name].reports === reports && (name !== 'Spend' || use.hasPrices))
      .reduce((sum, name) => sum + seriesOf(name, use), 0);
  const usually = count('usually');
  const rarely = count('rarely');
  return [
    { what: 'series that report all the time', quantity: usually, usd: usually * monitoringPrices.series },
    {
      what: `series that report rarely, in ${Math.round(use.rareShare * 100)} % of the hours`,
      quantity: rarely * use.rareShare,
      usd: rarely * use.rareShare * monitoringPrices.series,
    },
  ];
}

function alarmLines(alarms: readonly AlarmRow[], codesPerHour: number): readonly CostLine[] {
  const metrics = alarms.reduce((sum, { metricCount }) => sum + metricCount, 0);
  const queries = alarms.filter(({ kind }) => kind === 'query').length * codesPerHour;
  const composites = alarms.filter(({ kind }) => kind === 'composite').length;
  return [
    { what: 'metrics that alarms evaluate', quantity: metrics, usd: metrics * monitoringPrices.alarmMetric },
    {
      what: 'metrics that alarms on every code find',
      quantity: queries,
      usd: queries * monitoringPrices.alarmMetric,
    },
    { what: 'composite alarms', quantity: composites, usd: composites * monitoringPrices.compositeAlarm },
  ];
}

function total(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

function quantityOf(lines: readonly CostLine[], kind: 'series' | 'metrics'): number {
  return lines.filter(({ what }) => what.startsWith(kind)).reduce((sum, { quantity }) => sum + quantity, 0);
}
