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
        hunted.set(mutant.name, await huntMutant(mutant, mutant.from ?? FROM, SEEDS_MAX));
      }
    };
    await Promise.all(Array.from({ length: THREADS }, work));
  }, 300_000);

  it.each(mutants)('is found where $name', ({ name }) => {
    expect(hunted.get(name)).toMatchObject({ problem: expect.any(String) as string });
  });

  it('is found, and an unchanged relay is not', async () => {
    expect(await huntMutant(undefined, FROM, 20)).toEqual({ seeds: 20, problem: undefined });
  });

  it('is found where it leaves tickets in a rush, and one for which it is always a rush is not', async () => {
    const rush = {
      name: 'it is always a rush',
      file: 'core/domain/gate/gate.ts',
      find: 'return rushedAt !== undefined && now - rushedAt < RUSH_MS;',
      replace: 'return now > 0 || rushedAt === RUSH_MS;',
    };
    const leaving = {
      name: 'a ticket of a rush is left though no other function has the turn',
      file: 'core/flows/allocate-slots.ts',
      find: 'if (last.isRush && !(await turn.take())) return;',
      replace: 'if (last.isRush) break;',
    };
    // Most arrivals of such a relay take their tickets without a look at the gate.
    const unseen = {
      name: 'after such a ticket nobody looks, though no other function has the turn',
      file: 'core/flows/take-tickets.ts',
      find: 'if (await new AllocatorTurn(ports, gateId).isAnothers()) return true;',
      replace: 'if (gateId) return true;',
    };
    // Rounds of these small worlds grant too few to read ahead for: here each does that may.
    const ahead = {
      name: 'each round of the one that has the turn reads ahead',
      file: 'core/flows/allocate-slots.ts',
      find: 'if (!turn.isHeld || granted < RUSH_GRANTS) return undefined;',
      replace: 'if (!turn.isHeld) return undefined;',
    };
    expect(await huntMutant([rush, ahead], FROM, 60)).toEqual({ seeds: 60, problem: undefined });
    for (const broken of [leaving, unseen]) {
      const found = await huntMutant([rush, broken], FROM, SEEDS_MAX);
      expect(found, broken.name).toMatchObject({ problem: expect.any(String) as string });
    }
  }, 60_000);

  it('must be broken in exactly one place', () => {
    const mutant = { name: 'two places', file: 'any.ts', find: 'a', replace: 'b' };
    expect(mutate('cat', mutant)).toBe('cbt');
    expect(() => mutate('cataract', mutant)).toThrow('any.ts holds 3 times');
    expect(() => mutate('dog', mutant)).toThrow('any.ts holds 0 times');
  });
});
