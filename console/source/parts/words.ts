// How numbers and times are written, the same everywhere on the page: short, with their unit, in tabular figures.

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../core/domain/time-ms.ts';
import { zoneName } from './zone.ts';

function trimmed(value: number, digits: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** `850 ms`, `4.2 s`, `3 min 20 s`, `5 h 10 min`, `2 d 4 h`. */
export function durationWords(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${trimmed(ms / SECOND_MS, ms < 10 * SECOND_MS ? 1 : 0)} s`;
  const two = (unitMs: number, unit: string, partMs: number, part: string): string => {
    const whole = Math.floor(ms / unitMs);
    const rest = Math.floor((ms % unitMs) / partMs);
    return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${part}`;
  };
  if (ms < HOUR_MS) return two(MINUTE_MS, 'min', SECOND_MS, 's');
  if (ms < DAY_MS) return two(HOUR_MS, 'h', MINUTE_MS, 'min');
  return two(DAY_MS, 'd', HOUR_MS, 'h');
}

/** The same with one unit only, for times that advance every second. */
export function roughDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  return `${Math.floor(ms / DAY_MS)} d`;
}

/** `12 s ago`, `in 4 s`. */
export function distanceWords(at: number, now: number): string {
  return at > now
    ? `in ${roughDuration(at - now + SECOND_MS)}`
    : now - at < 2 * SECOND_MS
      ? 'now'
      : `${roughDuration(now - at)} ago`;
}

export function countWords(count: number): string {
  return count >= 100_000
    ? count.toLocaleString('en', { notation: 'compact', maximumFractionDigits: 1 })
    : trimmed(count, count < 10 ? 1 : 0);
}

export function percentWords(percent: number): string {
  return `${trimmed(percent, percent < 10 ? 1 : 0)} %`;
}

/** `1 task`, `3 tasks`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countWords(count)} ${count === 1 ? one : many}`;
}

/** The end of a UUIDv7: its neighbours begin alike, so the end tells them apart. */
export function shortId(id: string): string {
  return `…${id.slice(-8)}`;
}

export function dayAndTime(iso: string): string {
  return new Date(iso).toLocaleString('en-GB', {
    timeZone: zoneName(),
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

/** `28 Nov, 14:05`. */
export function dayAndMinute(at: number): string {
  return new Date(at).toLocaleString('en-GB', {
    timeZone: zoneName(),
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** `28 Nov`. */
export function dayWords(at: number): string {
  return new Date(at).toLocaleDateString('en-GB', { timeZone: zoneName(), month: 'short', day: 'numeric' });
}

export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB', {
    timeZone: zoneName(),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}
