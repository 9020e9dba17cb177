// What keeps the functions from each other's way at a gate of a hundred tasks a second, taken away one by one: the relay
// still does everything right, and its figures over the table's physics show what it costs.
import { describe, expect, it } from 'vitest';
import { figuresOf } from './load-figures.ts';
import { loadOf } from './load-plan.ts';
import type { Mutant } from './mutants.ts';

const TIMEOUT_MS = 120_000;
/** The relay as it is has none. */
const THROTTLES_SEEN = 20;

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
      find: 'if (!gate && !claim && inFlight < 0) {',
      replace: 'if (!gate && !claim && inFlight < -1_000) {',
    },
  ])('collide far more often, or are throttled, where $name', { timeout: TIMEOUT_MS }, async (mutant) => {
    const { conflictsPerTask, throttles } = await figuresOf(row, mutant);
    // Rounds that are refused are written and billed too: so many that the gate's partition takes no more.
    expect(conflictsPerTask > conflictsMax || throttles > THROTTLES_SEEN).toBe(true);
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
      file: 'core/flows/plan-round.ts',
      find: 'if (round.isClaim) {',
      replace: 'if (round.isClaim && round.granted > 1_000) {',
    };
    expect((await figuresOf(row, versioned)).writeUnitsPerTask).toBeGreaterThan(unitsMax);
  });
});
