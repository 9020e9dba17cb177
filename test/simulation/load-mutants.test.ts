// What keeps the functions from each other's way at the gate, taken away one by one: the relay still does everything right,
// and its figures over the table's physics show what it costs.
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { brokenWorker } from './hunt-mutant.ts';
import { burstOf, loadOf } from './load-plan.ts';
import type { LoadPlan } from './load-plan.ts';
import type { LoadFigures } from './load-worker.ts';
import type { Mutant } from './mutants.ts';

const TIMEOUT_MS = 120_000;
/** The relay as it is has none. */
const THROTTLES_SEEN = 20;

async function figuresOf(plan: LoadPlan, mutant?: Mutant): Promise<LoadFigures> {
  const worker = await brokenWorker('load-worker.ts', mutant, plan);
  const [figures] = (await once(worker, 'message')) as [LoadFigures];
  return figures;
}

describe('a hundred tasks a second, half as many again offered', () => {
  const row = loadOf({ seed: 1, tasksPerSecond: 100, load: 1.5, workMs: 2_000, copies: 60, windowMs: 3_000 });
  const conflictsMax = 0.5;

  it('keep the slots busy, collide seldom, and are answered without an error', { timeout: TIMEOUT_MS }, async () => {
    const figures = await figuresOf(row);
    expect(figures).toMatchObject({ throttles: 0, callbacksFailed: 0, postedTwice: 0, limited: 0 });
    expect(figures.busyShare).toBeGreaterThan(0.93);
    expect(figures.handOverMs.p99).toBeLessThan(300);
    expect(figures.recordedMs.p99).toBeLessThan(150);
    expect(figures.conflictsPerTask).toBeLessThan(conflictsMax);
  });

  it.each<Mutant>([
    {
      name: 'no round reads whose turn it is',
      file: 'core/flows/allocator-turn.ts',
      find: 'return await this.#ports.places.isFull(this.#pool, 1);',
      replace: 'return false;',
    },
    {
      name: 'a turn is never taken',
      file: 'core/flows/allocate-slots.ts',
      find: 'if (isTurnWorthIt(round, committed, tries) && !(await turn.take()))',
      replace: 'if (isTurnWorthIt(round, committed, tries) && tries > 1_000)',
    },
    {
      name: 'all ends count the slots that they free in one row',
      file: 'core/contract/items.ts',
      find: 'const RELEASE_ROWS = 28;',
      replace: 'const RELEASE_ROWS = 1;',
    },
    {
      name: 'ends count the slots that they free in the row that grants write',
      file: 'core/adapters/dynamodb/gate-writes.ts',
      find: 'if (!gate && !claim && (counters[counterName.inFlight] ?? 0) < 0) {',
      replace: 'if (!gate && !claim && (counters[counterName.inFlight] ?? 0) < -1_000) {',
    },
  ])('collide far more often, or are throttled, where $name', { timeout: TIMEOUT_MS }, async (mutant) => {
    const { conflictsPerTask, throttles } = await figuresOf(row, mutant);
    // Rounds that are refused are written and billed too: so many that the gate's partition takes no more.
    expect(conflictsPerTask > conflictsMax || throttles > THROTTLES_SEEN).toBe(true);
  });
});

describe('333 tasks a second, half as many again offered', () => {
  const row = loadOf({ seed: 1, tasksPerSecond: 333, load: 1.5, workMs: 2_000, copies: 120, windowMs: 2_000 });
  const busyShareMin = 0.9;

  it(
    'are handed over in time, though each ticket and each grant counts who waits',
    { timeout: TIMEOUT_MS },
    async () => {
      const figures = await figuresOf(row);
      expect(figures).toMatchObject({ throttles: 0, callbacksFailed: 0, postedTwice: 0, limited: 0 });
      expect(figures.busyShare).toBeGreaterThan(busyShareMin);
      expect(figures.handOverMs.p99).toBeLessThan(350);
      expect(figures.recordedMs.p99).toBeLessThan(150);
    },
  );

  it.each<Mutant>([
    {
      name: 'tickets are counted in the rows that rounds write',
      file: 'core/flows/allocate-slots.ts',
      find: '...(round.isHandingOver && { countsBeside: true })',
      replace: '',
    },
    {
      name: 'a round grants no more slots without arrivals than with them',
      file: 'core/domain/limits.ts',
      find: 'grantsHealthyMax: 32,',
      replace: 'grantsHealthyMax: 12,',
    },
  ])('leave slots idle where $name', { timeout: TIMEOUT_MS }, async (mutant) => {
    expect((await figuresOf(row, mutant)).busyShare).toBeLessThan(busyShareMin);
  });
});

describe('eighty tasks a second where there is room for a hundred', () => {
  const row = loadOf({ seed: 1, tasksPerSecond: 100, load: 0.8, workMs: 2_000, copies: 60, windowMs: 3_000 });
  const unitsMax = 22;

  it('are claimed at once, and cost what they cost where few come', { timeout: TIMEOUT_MS }, async () => {
    const figures = await figuresOf(row);
    expect(figures).toMatchObject({ throttles: 0, callbacksFailed: 0, postedTwice: 0, limited: 0 });
    expect(figures.submitToPostMs.p99).toBeLessThan(350);
    expect(figures.writeUnitsPerTask).toBeLessThan(unitsMax);
  });

  it('cost more where each claim writes the gate on its version', { timeout: TIMEOUT_MS }, async () => {
    const versioned: Mutant = {
      name: 'each claim writes the gate on its version',
      file: 'core/flows/allocate-slots.ts',
      find: 'if (round.isClaim) {',
      replace: 'if (round.isClaim && round.granted > 1_000) {',
    };
    expect((await figuresOf(row, versioned)).writeUnitsPerTask).toBeGreaterThan(unitsMax);
  });
});

describe('266 tasks a second where there is room for 333', () => {
  const row = loadOf({ seed: 1, tasksPerSecond: 333, load: 0.8, workMs: 2_000, copies: 250, windowMs: 2_000 });
  const [submitToPostMsMax, conflictsMax] = [600, 0.4];

  it('are granted in rounds, since the one row of the gate takes fewer claims', { timeout: TIMEOUT_MS }, async () => {
    const figures = await figuresOf(row);
    expect(figures).toMatchObject({ throttles: 0, callbacksFailed: 0, postedTwice: 0, limited: 0 });
    expect(figures.submitToPostMs.p99).toBeLessThan(submitToPostMsMax);
    expect(figures.conflictsPerTask).toBeLessThan(conflictsMax);
  });

  it('collide far more often where a rush is never noted', { timeout: TIMEOUT_MS }, async () => {
    const unnoted: Mutant = {
      name: 'a rush is never noted',
      file: 'core/flows/allocate-slots.ts',
      find: '? { rushedAt: now } : {};',
      replace: '? {} : {};',
    };
    expect((await figuresOf(row, unnoted)).conflictsPerTask).toBeGreaterThan(conflictsMax);
  });

  it('are submitted late where rounds read the heads of few queues', { timeout: TIMEOUT_MS }, async () => {
    const narrow: Mutant = {
      name: 'rounds read the heads of few queues',
      file: 'core/flows/read-candidates.ts',
      find: 'const QUEUES_READ_MAX = 24;',
      replace: 'const QUEUES_READ_MAX = 6;',
    };
    expect((await figuresOf(row, narrow)).submitToPostMs.p99).toBeGreaterThan(submitToPostMsMax);
  });
});

describe('twelve hundred callbacks within a second', () => {
  const burst = burstOf(1_200);
  const beganMs = burst.withheldUntilMs ?? 0;
  /** From the first callback: they come for one second. */
  const drainedMsMax = 1_500;

  it('are recorded as they come, and answered without an error', { timeout: TIMEOUT_MS }, async () => {
    const { lastRecordedMs, ended, taken, callbacksFailed } = await figuresOf(burst);
    expect({ ended, callbacksFailed }).toEqual({ ended: taken, callbacksFailed: 0 });
    expect(lastRecordedMs - beganMs).toBeLessThan(drainedMsMax);
  });

  it.each<Mutant>([
    {
      name: 'ends are recorded one by one',
      file: 'core/domain/limits.ts',
      find: 'eventsPerCommitMax: 10,',
      replace: 'eventsPerCommitMax: 1,',
    },
    {
      name: 'a callback is not hasty',
      file: 'functions/settle/flow.ts',
      find: '{ isHasty: true }',
      replace: '{ isHasty: false }',
    },
  ])('are too much for the partition of the gate where $name', { timeout: TIMEOUT_MS }, async (mutant) => {
    expect((await figuresOf(burst, mutant)).lastRecordedMs - beganMs).toBeGreaterThan(drainedMsMax);
  });
});
