// Which periods CloudWatch still has of a time that is past: the monitoring call refuses others, because CloudWatch
// would answer them with nothing, and the console chooses among these.
import { DAY_MS, HOUR_MS, SECOND_MS } from '../domain/time-ms.ts';

/** Seconds of which every period must be a multiple, for figures older than `days`; the oldest first. */
const keptPeriods = [
  { days: 63, seconds: HOUR_MS / SECOND_MS },
  { days: 15, seconds: 300 },
  { days: 1 / 8, seconds: 60 },
] as const;

/** Undefined while every period is kept. @param from where the figures begin, milliseconds since the epoch. */
export function keptSeconds(from: number, now: number): number | undefined {
  return keptPeriods.find(({ days }) => now - from > days * DAY_MS)?.seconds;
}

/** In place of a period: one point for all of the time that is asked for. */
export const WHOLE_TIME = 'all';
/** How long that time may be. */
export const WHOLE_TIME_MAX_MS = 30 * DAY_MS;
