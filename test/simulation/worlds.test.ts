import { describe, expect, it } from 'vitest';
import { playLimitWorld, playNaiveLimitWorld } from './limit-world.ts';
import { median } from './median.ts';
import { playOutageWorld } from './outage-world.ts';
import type { LimitReport } from './limit-world.ts';

/** A few seeds of each; `npm run simulate:worlds` plays twenty, and docs/benchmarks.md shows the results. */
const seeds = [1, 2, 3];
/** Of what has a world of its own for each case, one seed. */
const firstSeed = seeds.slice(0, 1);
const HAND_OVER_MS = 150;

async function play(isTold: boolean, limitedShare: number = 0, played = seeds): Promise<LimitReport[]> {
  const reports: LimitReport[] = [];
  for (const seed of played)
    reports.push(await playLimitWorld({ seed, isTold, limitedShare, handOverMs: HAND_OVER_MS }));
  return reports;
}

function expectSound(reports: readonly LimitReport[]): void {
  for (const { problems, jobs, completed, runningMax, fairness } of reports) {
    expect(problems).toEqual([]);
    expect({ jobs, completed }).toEqual({ jobs: 2_000, completed: 2_000 });
    expect(runningMax).toBeLessThanOrEqual(20);
    for (const share of Object.values(fairness)) expect(Math.abs(share - 1)).toBeLessThan(0.1);
  }
}

describe('2,000 tasks offered at once to a Get3W that lets 20 run', () => {
  it('keeps every slot busy, fairly and without a 429, where the limit is configured', async () => {
    const reports = await play(true);
    expectSound(reports);
    expect(reports.map(({ limited }) => limited)).toEqual(seeds.map(() => 0));
    expect(median(reports.map(({ overBound }) => overBound))).toBeLessThanOrEqual(1.05);
  });

  it('finds the limit out from 2, with a 429 in a hundred submits at most, where it is not', async () => {
    const reports = await play(false);
    expectSound(reports);
    for (const { limitedShare } of reports) expect(limitedShare).toBeLessThan(0.01);
    expect(median(reports.map(({ overBound }) => overBound))).toBeLessThanOrEqual(1.1);
  });

  it('distinguishes random 429s, in a tenth of the submits, from those that mean a limit', async () => {
    for (const isTold of [true, false]) {
      const reports = await play(isTold, 0.1, firstSeed);
      expectSound(reports);
      expect(median(reports.map(({ overBound }) => overBound))).toBeLessThanOrEqual(1.1);
    }
  });

  it.each([12, 30])('follows a limit that changes to %i, without being configured', async (slots) => {
    for (const seed of firstSeed) {
      const move = { atMs: 900_000, slots };
      const report = await playLimitWorld({ seed, isTold: false, handOverMs: HAND_OVER_MS, move });
      expect(report).toMatchObject({ problems: [], completed: report.jobs, limitAtEnd: slots });
      expect(report.limitedAfterMove / report.postsAfterMove).toBeLessThan(0.015);
    }
  });

  it('is lost on the loop that tries three times', () => {
    const { jobs, lost } = playNaiveLimitWorld(1);
    expect(lost / jobs).toBeGreaterThan(0.9);
  });
});

describe('two hours in which Get3W answers nothing but 5003', () => {
  it('lose no task, use up no attempts, bring no storm, and are over five minutes after their end', async () => {
    const report = await playOutageWorld(1);
    expect(report.problems).toEqual([]);
    expect(report.completed).toBe(report.jobs);
    expect(report.failuresMax).toBeLessThan(8);
    expect(report.outagePosts / report.naiveOutagePosts).toBeLessThan(0.01);
    expect(report.recoveredAfterMs).toBeLessThan(300_000);
    expect(report.goodputAfter).toBeGreaterThanOrEqual(0.95 * report.goodputBefore);
    // The loop without a relay loses what was offered during the outage.
    expect(report.naive.lost / report.naive.jobs).toBeGreaterThan(0.5);
  });
});
