// The one reader of `Retry-After`, for Get3W's answers and for those of webhooks: a claim of the other side, read as
// intended where that is clear, bounded by its caller, and ignored where it makes no sense.
// Source: RFC 9110, 10.2.3 (seconds or an HTTP date); some servers also send decimals and Unix times.

import { DAY_MS, SECOND_MS } from './time-ms.ts';

/** No server asks for a wait of more than a year: such a number is a time, or a mistake. */
const DELAY_MS_MAX = 366 * DAY_MS;
/** From here on a number is milliseconds since 1970 rather than seconds. */
const UNIX_MS_FROM = 100_000_000_000;

/** The three forms of an HTTP date; each ends in GMT, or in the year for asctime, which is GMT too. */
const httpDate = /^(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?,? [ \w:-]+?( gmt)?$/i;
const isoDate = /^\d{4}-\d{2}-\d{2}t\d{2}:\d{2}(:\d{2}(\.\d+)?)?(z|[+-]\d{2}:\d{2})$/i;

/**
 * @param now milliseconds since the epoch
 * @param ceilingMs longer waits are cut to this
 * @returns milliseconds to wait from now; undefined if the header is absent or makes no sense
 */
export function readRetryAfterMs(header: string | undefined, now: number, ceilingMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const delayMs = /^\d+(\.\d+)?$/.test(text) ? delayOfNumber(Number(text), now) : delayUntil(timeOfDate(text), now);
  return delayMs === undefined ? undefined : Math.min(Math.ceil(delayMs), ceilingMs);
}

function delayOfNumber(number: number, now: number): number | undefined {
  if (number * SECOND_MS <= DELAY_MS_MAX) return number * SECOND_MS;
  return delayUntil(number < UNIX_MS_FROM ? number * SECOND_MS : number, now);
}

function timeOfDate(text: string): number {
  if (isoDate.test(text)) return Date.parse(text);
  const [isDate, , , , , , inGmt] = httpDate.exec(text) ?? [];
  return isDate === undefined ? Number.NaN : Date.parse(inGmt === undefined ? `${text} GMT` : text);
}

/** A time in the past asks for no wait: it is over, or the clocks differ. */
function delayUntil(at: number, now: number): number | undefined {
  const delayMs = at - now;
  return delayMs >= 0 && delayMs <= DELAY_MS_MAX ? delayMs : undefined;
}
