import { beforeAll, describe, expect, it } from 'vitest';
import { huntMutant, mutate } from './hunt-mutant.ts';
import { mutants } from './mutants.ts';
import type { Hunted } from './hunt-mutant.ts';

/** Each of them must be found within that many worlds; most are within ten. */
const SEEDS_MAX = 200;
const THREADS = 2;
/** Other worlds than those of seeds.test.ts. */
const FROM = 70_001;

describe('a relay that was broken on purpose', () => {
  const hunted = new Map<string, Hunted>();

  beforeAll(async () => {
    const left = [...mutants];
    const work = async (): Promise<void> => {
      for (let mutant = left.shift(); mutant; mutant = left.shift()) {
        hunted.set(mutant.name, await huntMutant(mutant, FROM, SEEDS_MAX));
      }
    };
    await Promise.all(Array.from({ length: THREADS }, work));
  }, 110_000);

  it.each(mutants)('is found where $name', ({ name }) => {
    expect(hunted.get(name)).toMatchObject({ problem: expect.any(String) as string });
  });

  it('is found, and an unchanged relay is not', async () => {
    expect(await huntMutant(undefined, FROM, 20)).toEqual({ seeds: 20, problem: undefined });
  });

  it('must be broken in exactly one place', () => {
    const mutant = { name: 'two places', file: 'any.ts', find: 'a', replace: 'b' };
    expect(mutate('cat', mutant)).toBe('cbt');
    expect(() => mutate('cataract', mutant)).toThrow('any.ts holds 3 times');
    expect(() => mutate('dog', mutant)).toThrow('any.ts holds 0 times');
  });
});
