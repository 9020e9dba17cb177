// The share of attempts that failed, by code and in all, and the thresholds of the alarms that watch it. The alarms
// themselves tell which of them those are: by the metrics they look at, not by their names.
import { errorCatalogue } from '../../../functions/core/domain/error-catalogue.ts';
import { zeroed } from './metric-grid.ts';
import type { PublicAlarm } from '../../../functions/core/contract/monitoring.ts';
import type { MetricGrid } from './metric-grid.ts';

export interface ErrorRate {
  /** Key of the catalogue; undefined for all codes together. */
  readonly code: string | undefined;
  /** Percent of the attempts that ended in the period; null where none did. */
  readonly values: readonly (number | null)[];
  readonly failed: number;
  /** Over the whole stretch. */
  readonly percent: number | null;
  readonly alarm: PublicAlarm | undefined;
}

const WHOLE = 'AttemptsEnded';
const PART = 'AttemptsFailed';

/** All codes together first, then each that was met, the most frequent first. */
export const errorRates = (
  totals: MetricGrid,
  byCode: MetricGrid,
  alarms: readonly PublicAlarm[],
): readonly ErrorRate[] => {
  const ended = zeroed(totals.column(WHOLE));
  const rate = (code: string | undefined, failed: readonly number[]): ErrorRate => {
    const failedCount = sum(failed);
    const endedCount = sum(ended);
    return {
      code,
      values: ended.map((count, index) => (count === 0 ? null : (100 * (failed[index] ?? 0)) / count)),
      failed: failedCount,
      percent: endedCount === 0 ? null : (100 * failedCount) / endedCount,
      alarm: alarms.find((alarm) => watches(alarm, code)),
    };
  };
  const each = byCode.codes(PART).map((code) => rate(code, zeroed(byCode.column(PART, { code }))));
  return [
    rate(undefined, zeroed(totals.column(PART))),
    ...each.filter(({ failed }) => failed > 0).sort((one, other) => other.failed - one.failed),
  ];
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Whether the alarm is about the rate of this code, or with undefined of all of them. */
const watches = ({ condition }: PublicAlarm, code: string | undefined): boolean => {
  const metrics = condition?.metrics ?? [];
  return (
    metrics.some(({ name }) => name === WHOLE) &&
    metrics.some(({ name, dimensions }) => name === PART && dimensions['code'] === code)
  );
};

const colours = 8;
const order = new Map(errorCatalogue.filter(({ transient }) => transient).map(({ key }, index) => [key, index]));

/** A code has the same colour whenever it is shown, whatever else is; with eight colours some share one. */
export const rateColour = (code: string | undefined): string =>
  code === undefined ? '--ink' : `--series-${((order.get(code) ?? colours - 1) % colours) + 1}`;
