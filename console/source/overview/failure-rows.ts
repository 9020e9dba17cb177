// The failed attempts, in total and by code: how many, and their share of all that ended. The page recognises the
// alarms that watch them by the names that the stack gives them.
import { errorCatalogue } from '../../../core/domain/error-catalogue.ts';
import { errorOfKey } from '../parts/error-keys.ts';
import { sumOf, zeroed } from './metric-grid.ts';
import type { PublicAlarm } from '../../../core/http/monitoring.ts';
import type { MetricGrid } from './metric-grid.ts';

export interface FailureRow {
  /** Key of the catalogue; undefined for all codes together. */
  readonly code: string | undefined;
  readonly counts: readonly number[];
  /** Percent of the attempts that ended in the period; null where none did. */
  readonly shares: readonly (number | null)[];
  readonly failed: number;
  /** Over the whole time range. */
  readonly percent: number | null;
}

/** All codes together first, then each code that occurred, the most frequent first. */
export function failureRows(totals: MetricGrid, byCode: MetricGrid): readonly FailureRow[] {
  const ended = zeroed(totals.column('AttemptsEnded'));
  const endedCount = sumOf(ended);
  const row = (code: string | undefined, counts: readonly number[]): FailureRow => {
    const failed = sumOf(counts);
    return {
      code,
      counts,
      shares: ended.map((count, index) => (count === 0 ? null : Math.min(100, (100 * (counts[index] ?? 0)) / count))),
      failed,
      percent: endedCount === 0 ? null : (100 * failed) / endedCount,
    };
  };
  const each = byCode
    .codes('AttemptsFailed')
    .map((code) => row(code, zeroed(byCode.column('AttemptsFailed', { code }))));
  return [
    row(undefined, zeroed(totals.column('AttemptsFailed'))),
    ...each.filter(({ failed }) => failed > 0).sort((one, other) => other.failed - one.failed),
  ];
}

/** The alarms about failed attempts: on the share of all, and on the count of any one code. */
export const failureAlarmNames = { share: 'Settle/FailureRate', count: 'Settle/FailuresByCode' } as const;

export function findAlarm(alarms: readonly PublicAlarm[], name: string): PublicAlarm | undefined {
  return alarms.find((alarm) => alarm.name === name);
}

/**
 * An alarm's threshold on a count, for points whose period differs from the alarm's.
 * @param speedFactor how many times faster than in AWS the alarm's periods pass.
 */
export function countThreshold(
  { condition }: PublicAlarm,
  pointSeconds: number,
  speedFactor: number,
): number | undefined {
  if (!condition?.period) return undefined;
  return (condition.threshold * pointSeconds * speedFactor) / condition.period;
}

/** Get3W's own transient errors have a colour each; gateways, broken connections and the rest share one. */
const own = errorCatalogue.filter(({ transient, documented }) => transient && documented);
const family = { http: own.length + 1, transport: own.length + 2, task: own.length + 3 } as const;

/** A code always has the same colour, whichever others are shown. */
export function codeColour(code: string | undefined): string {
  if (code === undefined) return '--ink';
  const entry = errorOfKey(code);
  const index = own.findIndex(({ key }) => key === code) + 1;
  return `--series-${index > 0 ? index : family[entry?.transient ? entry.level : 'task']}`;
}
