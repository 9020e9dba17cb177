// What holds slots in pools together, taken away one by one, in worlds whose small gates have pools all the same. The auditor
// finds each: slots beyond the limit or slots that lie in a pool while tasks wait.
import { describe, expect, it } from 'vitest';
import { huntMutant } from './hunt-mutant.ts';
import type { Mutant } from './mutants.ts';

const SEEDS_MAX = 200;
const FROM = 70_001;
const TIMEOUT_MS = 60_000;
const SLOT_POOLS = 'core/domain/gate/slot-pools.ts';
const PLAN_ROUND = 'core/flows/plan-round.ts';

/** Gates of these worlds have a handful of slots: here half of them may lie in pools of one or two, whatever the settings say. */
const small: readonly Mutant[] = [
  {
    name: 'pools of few slots',
    file: SLOT_POOLS,
    find: 'const SLOTS_PER_POOL = 50;',
    replace: 'const SLOTS_PER_POOL = 4;',
  },
  { name: 'half of the slots', file: SLOT_POOLS, find: 'const POOLED_SHARE = 8;', replace: 'const POOLED_SHARE = 2;' },
  {
    name: 'all gates',
    file: SLOT_POOLS,
    find: 'slotLimit(gate) >= pooledFrom',
    replace: 'slotLimit(gate) >= Math.min(2, pooledFrom)',
  },
];

describe('slots in pools', () => {
  it('are all found, and never too many, by the relay as it is', { timeout: TIMEOUT_MS }, async () => {
    expect(await huntMutant(small, FROM, SEEDS_MAX)).toEqual({ seeds: SEEDS_MAX, problem: undefined });
  });

  it.each<Mutant>([
    {
      name: 'slots that are put into a pool are not counted as taken',
      file: PLAN_ROUND,
      find: 'round.granted + (fill?.slots ?? 0) - back',
      replace: 'round.granted - back',
    },
    {
      name: 'slots in pools are not looked for while tasks wait',
      file: SLOT_POOLS,
      find: 'return counter(gate, counterName.fills) > 0;',
      replace: 'return counter(gate, counterName.fills) < 0;',
    },
    {
      name: 'a round that takes slots back believes that its own row has them already',
      file: PLAN_ROUND,
      find: 'takenBack(pooled, granted - room)',
      replace: 'takenBack(pooled, 0)',
    },
  ])('are found wrong where $name', { timeout: TIMEOUT_MS }, async (mutant) => {
    expect(await huntMutant([...small, mutant], FROM, SEEDS_MAX)).toMatchObject({
      problem: expect.any(String) as string,
    });
  });
});
