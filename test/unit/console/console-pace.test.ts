// What a page of the console costs that is in sight all month, from how often it asks: the sum of docs/console.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alarmPace, metricPace, pastPace, usualPace, waitMs } from '../../../console/source/frame/pace.ts';
import type { Pace } from '../../../console/source/frame/pace.ts';

const MONTH_MS = 30 * 86_400_000;
/** Per million, us-east-1: docs/cost.md. A call: its HTTP request, its invocation of 30 ms at 512 MB, four reads, 0.5 KB of log. */
const CALL_USD = 1 + 0.2 + 0.03 * 0.5 * 13.3334 + 4 * 0.125 + 0.5 * 0.5;
const METRICS_USD = 10;
const DESCRIBE_ALARMS_USD = 10;

const METRIC_CALLS = 6;

function aMonth({ everyMs }: Pick<Pace, 'everyMs'>): number {
  return MONTH_MS / everyMs / 1_000_000;
}

/** The overview while something happens all the time: metrics, gate, tasks and alarms. */
function costOf(seriesRead: number) {
  const metrics = aMonth(metricPace(undefined, seriesRead));
  const [others, alarms] = [2 * aMonth(usualPace(undefined)), aMonth(alarmPace(undefined))];
  return {
    metrics: metrics * seriesRead * METRICS_USD,
    alarms: alarms * DESCRIBE_ALARMS_USD,
    calls: (metrics * METRIC_CALLS + others + alarms) * CALL_USD,
  };
}

function total(parts: Readonly<Record<string, number>>): number {
  return Object.values(parts).reduce((sum, usd) => sum + usd, 0);
}

describe('a console that is visible all month', () => {
  it.each([9, 19, 41, 92])('costs under $3, with %i series to read and something happening all the time', (series) => {
    expect(total(costOf(series))).toBeLessThan(3);
  });

  it('costs what docs/console.md states', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'console.md'), 'utf8');
    const { metrics, alarms, calls } = costOf(19);
    for (const usd of [metrics, alarms, calls]) expect(page).toContain(` ${usd.toFixed(2)} |`);
    expect(page).toContain(`**${total({ metrics, alarms, calls }).toFixed(2)}**`);
  });

  it('makes no call more often than every five seconds, except on one machine', () => {
    const local = { speedFactor: 1 };
    expect(metricPace(local, 80).everyMs).toBe(5_000);
    expect(metricPace(undefined, 0).everyMs).toBe(60_000);
    expect(usualPace(undefined).everyMs).toBe(15_000);
  });
});

describe('the metrics of a longer time', () => {
  it.each([
    ['1 h', 60, 342_000],
    ['12 h', 300, 342_000],
    ['24 h', 900, 342_000],
    ['3 days', 3_600, 900_000],
    ['30 days', 21_600, 900_000],
  ])('are read no more often than its points move: %s', (_span, periodSeconds, everyMs) => {
    expect(metricPace(undefined, 19, periodSeconds).everyMs).toBe(everyMs);
  });

  it('are read once when it is over', () => {
    expect(waitMs(pastPace, 0, 0)).toBe(86_400_000);
  });
});

describe('the time to the next call', () => {
  const pace = { everyMs: 15_000, idleMs: 60_000 };

  it('doubles while answers are the same, to a bound', () => {
    expect([0, 1, 2, 3, 9].map((same) => waitMs(pace, 0, same))).toEqual([15_000, 30_000, 60_000, 60_000, 60_000]);
  });

  it('is never shorter because the relay does not answer', () => {
    expect([1, 2, 9].map((failures) => waitMs(pace, failures, 0))).toEqual([30_000, 30_000, 30_000]);
    expect(waitMs({ everyMs: 300_000, idleMs: 300_000 }, 3, 0)).toBe(300_000);
    expect(waitMs({ everyMs: 2_000, idleMs: 2_000 }, 1, 0)).toBe(4_000);
  });
});
