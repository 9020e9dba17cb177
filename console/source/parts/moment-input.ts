// Moments as an input of the type datetime-local writes them, in the browser's own time.

import { MINUTE_MS } from '../../../core/domain/time-ms.ts';

const SECONDS_CHARS = 19;

/** @param at milliseconds since the epoch. */
export function inputMoment(at: number): string {
  const local = at - new Date(at).getTimezoneOffset() * MINUTE_MS;
  return new Date(local).toISOString().slice(0, SECONDS_CHARS);
}

/** ISO 8601 for the API; an empty text for an empty field. */
export function momentOfInput(text: string): string {
  return text === '' ? '' : new Date(text).toISOString();
}
