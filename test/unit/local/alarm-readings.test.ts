import { describe, expect, it } from 'vitest';
import { statisticOf } from '../../../local/cloudwatch/alarms/metric-readings.ts';
import { storedReadings } from '../../../local/cloudwatch/alarms/stored-readings.ts';
import { MetricStore } from '../../../local/cloudwatch/metrics/metric-store.ts';
import type { Statistic } from '../../../local/cloudwatch/alarms/alarm-definition.ts';

const SECOND_MS = 1_000;
const START = Date.UTC(2026, 0, 1);
const name = { namespace: 'Relay', name: 'Time', dimensions: { service: 'one' } };

function storeWith(values: readonly (readonly [afterSeconds: number, value: number])[]) {
  const store = new MetricStore();
  for (const [after, value] of values) {
    store.record({ ...name, unit: 'Milliseconds', values: [value], at: START + after * SECOND_MS });
  }
  return store;
}

describe('readings of the metric store', () => {
  it('begin a period at any second, as sliding windows need it', () => {
    const readings = storedReadings(
      storeWith([
        [0, 1],
        [59, 2],
        [60, 4],
        [119, 8],
      ]),
    ).readings(name, {
      from: START - 30 * SECOND_MS,
      periodMs: 60 * SECOND_MS,
      periods: 3,
    });
    expect(readings.map((reading) => reading?.sum)).toEqual([1, 6, 8]);
  });

  it('distinguish periods without a value from those with a zero', () => {
    const readings = storedReadings(storeWith([[0, 0]])).readings(name, {
      from: START,
      periodMs: 5 * SECOND_MS,
      periods: 2,
    });
    expect(readings.map((reading) => reading?.sum)).toEqual([0, undefined]);
  });

  it.each<[Statistic, number]>([
    [{ kind: 'sum' }, 5_050],
    [{ kind: 'average' }, 50.5],
    [{ kind: 'minimum' }, 1],
    [{ kind: 'maximum' }, 100],
    [{ kind: 'count' }, 100],
    [{ kind: 'percentile', share: 0.5 }, 50],
    [{ kind: 'percentile', share: 0.99 }, 99],
  ])('give %o of 1 to 100 as %d', (statistic, expected) => {
    const store = storeWith(Array.from({ length: 100 }, (_, index) => [index % 60, 100 - index]));
    const [reading] = storedReadings(store).readings(name, { from: START, periodMs: 60 * SECOND_MS, periods: 1 });
    expect(reading && statisticOf(reading, statistic)).toBe(expected);
  });

  it('count and add up exactly however many values a second has, and estimate percentiles from a sample', () => {
    const store = new MetricStore();
    const values = Array.from({ length: 20_000 }, (_, index) => index % 100);
    store.record({ ...name, unit: 'None', values, at: START });
    const [reading] = storedReadings(store).readings(name, { from: START, periodMs: SECOND_MS, periods: 1 });
    expect([reading?.count, reading?.sum, reading?.minimum, reading?.maximum]).toEqual([20_000, 990_000, 0, 99]);
    // The median of 250 drawn of 0 to 99 is within 16 of the middle but for one draw in a million.
    expect(Math.abs((reading?.percentile(0.5) ?? 0) - 49.5)).toBeLessThan(16);
  });

  it('drop what is older than three hours', () => {
    const store = storeWith([
      [0, 1],
      [3 * 3_600 + 1, 2],
    ]);
    expect(store.between(name, START / SECOND_MS, START / SECOND_MS + 1)).toBeUndefined();
    expect(store.between(name, START / SECOND_MS + 3 * 3_600, START / SECOND_MS + 3 * 3_600 + 2)?.sum).toBe(2);
  });
});
