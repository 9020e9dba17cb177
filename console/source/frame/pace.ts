// How often the page polls. On one machine often, because it is free; in AWS so that a page open all month stays under
// $3 (docs/console.md has the sum): AWS charges for each call, and for each CloudWatch series that it reads.

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../core/domain/time-ms.ts';

/** The machine that a local relay runs on; undefined in AWS. */
type Local = object | undefined;

export interface Pace {
  /** Time to the next call while answers differ. */
  readonly everyMs: number;
  /** Longest time, reached by doubling while answers are the same. */
  readonly idleMs: number;
}

/** Gate and tasks: what users watch while something happens. */
export function usualPace(local: Local): Pace {
  return local ? { everyMs: 2_000, idleMs: 2_000 } : { everyMs: 15_000, idleMs: 60_000 };
}

/** One task, which users watch until it has ended. */
export function taskPace(local: Local): Pace {
  return local ? { everyMs: 2_000, idleMs: 2_000 } : { everyMs: 5_000, idleMs: 60_000 };
}

/** Groups of failures: each call reads up to 10,000 entries of an index. */
export function failurePace(local: Local): Pace {
  return local ? { everyMs: 2_000, idleMs: 2_000 } : { everyMs: 60_000, idleMs: 15 * MINUTE_MS };
}

/** Dead letters: each call asks SQS for every queue, and receives what is there. */
export function letterPace(local: Local): Pace {
  return local ? { everyMs: 2_000, idleMs: 2_000 } : { everyMs: 30_000, idleMs: 5 * MINUTE_MS };
}

/** CloudWatch evaluates alarms once a minute. */
export function alarmPace(local: Local): Pace {
  return local ? { everyMs: 2_000, idleMs: 2_000 } : { everyMs: 60_000, idleMs: 60_000 };
}

/** The history of alarms, which is asked again when one has changed; before the first answer soon. */
export function historyPace(known: object | undefined): Pace {
  return known ? { everyMs: HOUR_MS, idleMs: HOUR_MS } : { everyMs: 60_000, idleMs: 60_000 };
}

/** $0.01 for a thousand series: one that is read every 18 s costs $1.44 in thirty days, twenty every 360 s as much. */
const MS_PER_SERIES = 18_000;
const METRICS_EVERY_MIN_MS = 60_000;
const METRICS_IDLE_MS = 15 * MINUTE_MS;

/** A quarter of a point's period: the last point grows while it is watched, and a longer one grows slowly. */
const READS_PER_POINT = 4;

/** @param seriesRead how many series the last answer was read from; 0 before the first. */
export function metricPace(local: Local, seriesRead: number, periodSeconds = 0): Pace {
  if (local) return { everyMs: 5_000, idleMs: 5_000 };
  const pointMs = Math.min(METRICS_IDLE_MS, (periodSeconds * SECOND_MS) / READS_PER_POINT);
  const everyMs = Math.max(METRICS_EVERY_MIN_MS, seriesRead * MS_PER_SERIES, pointMs);
  return { everyMs, idleMs: Math.max(everyMs, METRICS_IDLE_MS) };
}

/** Of a time that is over: its figures stay as they are, so one answer is enough. */
export const pastPace: Pace = { everyMs: DAY_MS, idleMs: DAY_MS };

/** Least time between calls that the backoff reaches while the relay does not answer. */
const FAILING_MS = 30_000;

/** Time to the next call. @param sameCount answers in a row that were the same as the one before. */
export function waitMs({ everyMs, idleMs }: Pace, failures: number, sameCount: number): number {
  if (failures > 0) return Math.min(Math.max(FAILING_MS, everyMs), everyMs * 2 ** failures);
  return Math.min(idleMs, everyMs * 2 ** sameCount);
}
