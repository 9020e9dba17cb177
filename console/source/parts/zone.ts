// Whether the page writes times in the browser's own time or in UTC, for all views. Kept with the tab like the key: a
// reload keeps it, and a link to a colleague does not change theirs.
import { MINUTE_MS } from '../../../core/domain/time-ms.ts';

export type Zone = 'local' | 'utc';

const STORAGE_KEY = 'get3w-relay-zone';
const HOUR_MINUTES = 60;

const listeners = new Set<() => void>();
let zone: Zone = stored();

function stored(): Zone {
  try {
    return sessionStorage.getItem(STORAGE_KEY) === 'utc' ? 'utc' : 'local';
  } catch {
    return 'local';
  }
}

export function chooseZone(chosen: Zone): void {
  zone = chosen;
  try {
    if (chosen === 'utc') sessionStorage.setItem(STORAGE_KEY, chosen);
    else sessionStorage.removeItem(STORAGE_KEY);
  } catch {
    // It remains in memory.
  }
  listeners.forEach((listener) => listener());
}

/** The chosen one. */
export function currentZone(): Zone {
  return zone;
}

/** Calls whenever another is chosen, until the function that it returns is called. */
export function onZone(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** For `Intl`; undefined is the browser's own. */
export function zoneName(): 'UTC' | undefined {
  return zone === 'utc' ? 'UTC' : undefined;
}

/** How far the written time is ahead of UTC. @param at milliseconds since the epoch. */
export function zoneAheadMs(at: number): number {
  return zone === 'utc' ? 0 : -new Date(at).getTimezoneOffset() * MINUTE_MS;
}

/** `UTC`, `UTC+5:30`: what the browser's own time is now. */
export function localZoneText(now = Date.now()): string {
  const minutes = -new Date(now).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / HOUR_MINUTES), Math.abs(minutes) % HOUR_MINUTES];
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

/** Beside a field for a moment: which time it takes. */
export function zoneText(): string {
  return zone === 'utc' ? 'UTC' : 'local time';
}
