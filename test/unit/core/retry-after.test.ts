// What a server may write into Retry-After, and what is made of it.
import { describe, expect, it } from 'vitest';
import { readRetryAfterMs } from '../../../core/domain/retry-after.ts';

const NOW = Date.parse('2026-11-28T00:00:00Z');
const HOUR_MS = 3_600_000;

function read(header: string | undefined) {
  return readRetryAfterMs(header, NOW, HOUR_MS);
}

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['7', 7_000],
    [' 7 ', 7_000],
    ['007', 7_000],
    ['12.5', 12_500],
    ['0.0001', 1],
    ['3599', 3_599_000],
    ['3600', HOUR_MS],
    ['3601', HOUR_MS],
    ['86400', HOUR_MS],
    ['Sat, 28 Nov 2026 00:01:30 GMT', 90_000],
    ['Saturday, 28-Nov-26 00:01:30 GMT', 90_000],
    ['Sat Nov 28 00:01:30 2026', 90_000],
    ['2026-11-28T00:01:30Z', 90_000],
    ['Sun, 29 Nov 2026 00:00:00 GMT', HOUR_MS],
    // Unix times, in seconds and in milliseconds.
    [String(NOW / 1_000 + 60), 60_000],
    [String(NOW + 60_000), 60_000],
    [String(NOW / 1_000 + 86_400), HOUR_MS],
  ])('%j asks for %i ms', (header, delayMs) => {
    expect(read(header)).toBe(delayMs);
  });

  it.each([
    undefined,
    '',
    ' ',
    '-5',
    '-0.1',
    '+5',
    '1e3',
    '0x10',
    '5s',
    '5, 10',
    'soon',
    'Infinity',
    'NaN',
    '1764281000',
    '20261128000130',
    '99999999999999999999',
    'Sat, 28 Nov 2026 25:61:00 GMT',
    'Fri, 27 Nov 2026 23:59:59 GMT',
    'Sat, 28 Nov 2082 00:00:00 GMT',
    'Sat, 28 Nov',
    '2026-11-28',
    '12.5.2001',
    '٧',
  ])('%j counts as absent', (header) => {
    expect(read(header)).toBeUndefined();
  });

  it.each(Object.entries({ '59': 59_000, '60': 60_000, '61': 60_000 }))(
    'is cut at the ceiling of its reader: %s s',
    (header, delayMs) => {
      expect(readRetryAfterMs(header, NOW, 60_000)).toBe(delayMs);
    },
  );
});
