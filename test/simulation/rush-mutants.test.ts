// What lets a gate carry 333 tasks a second and a burst of callbacks, taken away piece by piece: the figures over the
// table's physics show what it costs. A hundred tasks a second are in load-mutants.test.ts.
import { describe, expect, it } from 'vitest';
import { figuresOf } from './load-figures.ts';
import { burstOf, loadOf } from './load-plan.ts';
import type { Mutant } from './mutants.ts';

const TIMEOUT_MS = 120_000;

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
      file: 'core/adapters/dynamodb/gate-writes.ts',
      find: 'countsBeside && isJoin(change) ?',
      replace: 'countsBeside && isJoin(change) && gateId.length > 1_000 ?',
    },
    {
      name: 'a round grants few slots',
      file: 'core/flows/look-at-gate.ts',
      find: 'return Math.max(Math.floor(rows / 2), rows - accounts);',
      replace: 'return Math.min(6, rows, accounts + 6);',
    },
  ])('leave slots idle where $name', { timeout: TIMEOUT_MS }, async (mutant) => {
    expect((await figuresOf(row, mutant)).busyShare).toBeLessThan(busyShareMin);
  });
});

describe('200 tasks a second whose allocator is killed while it has the turn', () => {
  const usual = loadOf({ seed: 1, tasksPerSecond: 200, load: 1.5, workMs: 1_500, copies: 100, windowMs: 3_000 });
  const row = { ...usual, holderFails: { atMs: usual.warmMs + 500 } };
  const idleMsMax = 1_000;

  it('are submitted on within a second', { timeout: TIMEOUT_MS }, async () => {
    const figures = await figuresOf(row);
    expect(figures.idleMs).toBeLessThan(idleMsMax);
    expect(figures.idleMs).toBeGreaterThan(200);
  });

  it('wait for seconds where the lease of the turn is long', { timeout: TIMEOUT_MS }, async () => {
    const long: Mutant = {
      name: 'the lease of the turn is long',
      file: 'core/flows/allocator-turn.ts',
      find: 'const LEASE_MS = 600;',
      replace: 'const LEASE_MS = 3_000;',
    };
    expect((await figuresOf(row, long)).idleMs).toBeGreaterThan(idleMsMax);
  });
});

describe('266 tasks a second where there is room for 333', () => {
  const row = loadOf({ seed: 1, tasksPerSecond: 333, load: 0.8, workMs: 2_000, copies: 250, windowMs: 2_000 });
  const [submitToPostMsMax, conflictsMax, unitsMax] = [350, 0.4, 23];

  it('are claimed from pools, since the one row of the gate takes fewer claims', { timeout: TIMEOUT_MS }, async () => {
    const figures = await figuresOf(row);
    expect(figures).toMatchObject({ throttles: 0, callbacksFailed: 0, postedTwice: 0, limited: 0 });
    expect(figures.submitToPostMs.p99).toBeLessThan(submitToPostMsMax);
    expect(figures.conflictsPerTask).toBeLessThan(conflictsMax);
    expect(figures.writeUnitsPerTask).toBeLessThan(unitsMax);
  });

  it('collide far more often where all slots lie in one pool', { timeout: TIMEOUT_MS }, async () => {
    const single: Mutant = {
      name: 'all slots lie in one pool',
      file: 'core/domain/gate/slot-pools.ts',
      find: 'const POOLS_MAX = 16;',
      replace: 'const POOLS_MAX = 1;',
    };
    expect((await figuresOf(row, single)).conflictsPerTask).toBeGreaterThan(conflictsMax);
  });

  it('cost more where a gate has no pools', { timeout: TIMEOUT_MS }, async () => {
    const none: Mutant = {
      name: 'a gate has no pools',
      file: 'core/domain/gate/slot-pools.ts',
      find: 'slotLimit(gate) >= pooledFrom',
      replace: 'slotLimit(gate) >= 1_000 * pooledFrom',
    };
    expect((await figuresOf(row, none)).writeUnitsPerTask).toBeGreaterThan(unitsMax);
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
