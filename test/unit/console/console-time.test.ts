// Which times the overview can show: what the address says, and that each has a period that CloudWatch still has.
import { afterEach, describe, expect, it } from 'vitest';
import {
  addressOfRange,
  customRange,
  isPast,
  rangeOfAddress,
  timeRanges,
} from '../../../console/source/overview/time-range.ts';
import { inputMoment, momentOfInput } from '../../../console/source/parts/moment-input.ts';
import { clockTime } from '../../../console/source/parts/words.ts';
import { chooseZone } from '../../../console/source/parts/zone.ts';
import { keptSeconds } from '../../../core/contract/metric-periods.ts';

const NOW = Date.parse('2026-03-01T12:00:30Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const local = { speedFactor: 12, hasSimulator: true };

function shown(query: string, machine?: typeof local) {
  return rangeOfAddress(new URLSearchParams(query), NOW, machine);
}

describe('the times of the overview', () => {
  it('reach from an hour to thirty days, on one machine from five minutes', () => {
    const names = timeRanges(undefined).map(({ name }) => name);
    expect(names).toEqual(['1 h', '3 h', '12 h', '24 h', '3 days', '7 days', '30 days']);
    expect(timeRanges(local).map(({ name }) => name)).toEqual(['5 min', '15 min', ...names]);
  });

  it('have periods of which CloudWatch still has figures, and points that a chart can show', () => {
    for (const machine of [undefined, local]) {
      for (const { spanSeconds, periodSeconds } of timeRanges(machine)) {
        // A little later than when it was chosen.
        const kept = keptSeconds(NOW - spanSeconds * 1_000 - 1_000, NOW) ?? 1;
        expect(periodSeconds % kept).toBe(0);
        expect(spanSeconds / periodSeconds).toBeGreaterThanOrEqual(30);
        expect(spanSeconds / periodSeconds).toBeLessThanOrEqual(170);
      }
    }
  });

  it.each([
    ['an hour of today', 2 * HOUR_MS, HOUR_MS, 60],
    ['ten minutes of yesterday', DAY_MS, 600_000, 60],
    ['ten minutes, twenty days ago', 20 * DAY_MS, 600_000, 300],
    ['ten minutes, seventy days ago', 70 * DAY_MS, 600_000, 3_600],
    ['thirty days, a year ago', 365 * DAY_MS, 30 * DAY_MS, 21_600],
  ])('of the user’s own have a period that is kept: %s', (_what, ageMs, spanMs, periodSeconds) => {
    const asked = { from: NOW - ageMs, to: NOW - ageMs + spanMs };
    const range = customRange(asked, NOW, undefined);
    expect(range.periodSeconds).toBe(periodSeconds);
    const { from, to } = range.fixed ?? { from: 0, to: 0 };
    expect(to - from).toBeGreaterThanOrEqual(5 * periodSeconds * 1_000);
    expect([from <= asked.from || spanMs === 30 * DAY_MS, to >= asked.to, to <= NOW]).toEqual([true, true, true]);
    // What the address says of it is the same time again.
    const query = new URLSearchParams(
      Object.entries(addressOfRange(range, undefined)).filter(
        (pair): pair is [string, string] => pair[1] !== undefined,
      ),
    );
    expect(rangeOfAddress(query, NOW, undefined).range.fixed).toEqual(range.fixed);
  });

  it('are held by the address, the usual one by none', () => {
    expect(shown('').range.name).toBe('3 h');
    expect(shown('', local).range.name).toBe('15 min');
    expect(shown('range=7 days').range.name).toBe('7 days');
    expect(addressOfRange(shown('').range, undefined)).toEqual({ range: undefined, from: undefined, to: undefined });
    expect(addressOfRange(shown('range=7 days').range, undefined)).toMatchObject({ range: '7 days' });
    const open = shown(`from=${new Date(NOW - HOUR_MS).toISOString()}`).range;
    expect([open.name, open.fixed?.to, isPast(open, NOW)]).toEqual(['custom', NOW, false]);
    expect(isPast(open, NOW + HOUR_MS)).toBe(true);
  });

  it.each([
    ['range=5 min', /no time “5 min”/],
    ['from=yesterday', /no moment that can be read/],
    ['from=2026-03-01T11:00:00Z&to=2026-03-01T10:00:00Z', /begin before it ends/],
    ['from=2026-03-02T11:00:00Z', /begin before it ends/],
    ['from=2026-01-01T11:00:00Z', /up to 30 days/],
    ['from=2020-01-01T11:00:00Z&to=2020-01-02T11:00:00Z', /kept for 455 days/],
  ])('that cannot be shown are named, and the usual one is shown: %s', (query, text) => {
    const { problem, range } = shown(query);
    expect(problem).toMatch(text);
    expect(range.name).toBe('3 h');
  });
});

describe('a moment that the user writes', () => {
  afterEach(() => chooseZone('local'));

  it('is of the time that the page is set to', () => {
    chooseZone('utc');
    expect(inputMoment(NOW)).toBe('2026-03-01T12:00:30');
    expect(momentOfInput('2026-03-01T12:00:30')).toBe('2026-03-01T12:00:30.000Z');
    expect(clockTime(NOW)).toBe('12:00:30');
    chooseZone('local');
    expect(momentOfInput(inputMoment(NOW))).toBe('2026-03-01T12:00:30.000Z');
    expect([momentOfInput(''), momentOfInput('no time')]).toEqual(['', '']);
  });
});
