// Money that processes lease, in worlds where they die and freeze between any two steps: nothing is lost, nothing is spent
// twice, no account spends more than it has, and none is refused while leases hold its money.
import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import { LEASE_WORLD_PRICE } from './lease-books.ts';
import { playLeaseWorld } from './lease-world.ts';
import { playMoneyLoad } from './money-load.ts';

const seeds = [1, 2];

describe('an account whose money is leased by many processes', () => {
  it.each(seeds)('adds up at every instant while they die, freeze and lose answers, seed %i', async (seed) => {
    const faults = { deaths: 0.02, freezes: 0.01, lostAnswers: 0.02 };
    const report = await playLeaseWorld({ seed, balanceMicros: 1_000_000, writers: 8, ...faults });
    expect(report.problems).toEqual([]);
    expect(report.leases).toBeGreaterThan(5);
    expect(report.deaths).toBeGreaterThan(5);
    expect(report.freezes).toBeGreaterThan(3);
    expect(report.refused).toBe(0);
  });

  it.each(seeds)('spends its balance or budget to the last task and never more, seed %i', async (seed) => {
    const faults = { deaths: 0.01, lostAnswers: 0.02 };
    const whole = seed % 2 === 0 ? { balanceMicros: 3_003 } : { balanceMicros: 1_000_000, dayBudgetMicros: 3_003 };
    const report = await playLeaseWorld({ seed, ...whole, writers: 8, ...faults });
    expect(report.problems).toEqual([]);
    expect(report.refused).toBeGreaterThan(0);
    if (seed % 2 === 0) expect(report.leftMicros).toBeLessThan(40 * LEASE_WORLD_PRICE);
  });

  const changes = [
    { addedMicros: 90_000 },
    { balanceMicros: 50_000 },
    { dayBudgetMicros: 40_000 },
    { balanceMicros: 70_000 },
  ];
  const operated = { balanceMicros: 1_000_000, writers: 12, deaths: 0.01, lostAnswers: 0.02, changes };

  it.each(seeds)('keeps its books when an operator sets its money meanwhile, seed %i', async (seed) => {
    // AWS refuses clocks that are wrong by more than five minutes.
    const operatorBehindMs = seed % 2 === 0 ? 5 * MINUTE_MS : 0;
    const report = await playLeaseWorld({ seed, ...operated, operatorBehindMs });
    expect(report.problems).toEqual([]);
    expect(report.leases).toBeGreaterThan(5);
    expect(report.unchanged).toBe(0);
  });

  it.each(seeds)(
    'keeps its books when an operator whose clock is hours behind sets its money, seed %i',
    async (seed) => {
      const report = await playLeaseWorld({ seed, ...operated, operatorBehindMs: 180 * MINUTE_MS });
      expect(report.problems).toEqual([]);
      // It may be given up, with an error that says to try again.
      expect(report.unchanged).toBeLessThan(changes.length);
    },
  );

  it.each(seeds)('reports each threshold once, and counts no leases for it, seed %i', async (seed) => {
    const faults = { deaths: 0, lostAnswers: 0.02 };
    const report = await playLeaseWorld({ seed, balanceMicros: 8_000, writers: 12, ...faults });
    expect(report.problems).toEqual([]);
    expect(report.reported).toEqual(['balance 50', 'balance 80', 'balance 100']);
    expect(report.leases).toBeGreaterThan(5);
    expect(report.leasedAtThreshold).toBeLessThan(10 * LEASE_WORLD_PRICE);
  });
});

describe('one account at 200 submits a second by 30 processes', () => {
  it.each([5, 12])('is exact and quick with locks of %i ms', async (lockMs) => {
    const report = await playMoneyLoad({ submitsPerSecond: 200, writers: 30, lockMs, forMs: 20_000 });
    expect(report.isExact).toBe(true);
    expect(report.givenUp).toBe(0);
    expect(report.tasks).toBeGreaterThan(3_500);
    expect(report.p99Ms).toBeLessThanOrEqual(150);
    expect(report.conflictsPerTask).toBeLessThanOrEqual(0.2);
  });
});
