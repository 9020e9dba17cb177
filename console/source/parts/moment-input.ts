// Moments as an input of the type datetime-local writes them, in the time that the page is set to.
import { zoneAheadMs } from './zone.ts';

const SECONDS_CHARS = 19;

/** @param at milliseconds since the epoch. */
export function inputMoment(at: number): string {
  return new Date(at + zoneAheadMs(at)).toISOString().slice(0, SECONDS_CHARS);
}

/** ISO 8601 for the API; an empty text for an empty field. */
export function momentOfInput(text: string): string {
  if (text === '') return '';
  // Read as UTC first, to know how far the zone is ahead at about that time.
  const asUtc = Date.parse(`${text}Z`);
  return Number.isNaN(asUtc) ? '' : new Date(asUtc - zoneAheadMs(new Date(text).getTime())).toISOString();
}
