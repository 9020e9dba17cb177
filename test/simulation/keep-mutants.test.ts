import { beforeAll, describe, expect, it } from 'vitest';
import { drawWorld } from './draw-world.ts';
import { huntMutant } from './hunt-mutant.ts';
import { keepMutants } from './keep-mutants.ts';
import { keptSeeds } from './kept-seeds.ts';
import type { Hunted } from './hunt-mutant.ts';

/** A rare one needs more than a hundred, depending on what else the worlds draw. */
const SEEDS_MAX = 250;
/** As those of mutants.test.ts. */
const FROM = 70_001;

describe('a relay whose keeping of outputs was broken on purpose', () => {
  const hunted = new Map<string, Hunted>();

  beforeAll(async () => {
    for (const mutant of keepMutants) hunted.set(mutant.name, await huntMutant(mutant, FROM, SEEDS_MAX));
  }, 300_000);

  it.each(keepMutants)('is found where $name', ({ name }) => {
    expect(hunted.get(name)).toMatchObject({ problem: expect.any(String) as string });
  });
});

describe('worlds that keep outputs', () => {
  it('are two in five, and none of those that found something once', () => {
    const keeping = Array.from({ length: 200 }, (_, seed) => drawWorld(seed)).filter(({ keep }) => keep !== undefined);
    expect(keeping.length).toBeGreaterThan(60);
    expect(keptSeeds.filter(({ seed }) => drawWorld(seed).keep !== undefined)).toEqual([]);
  });
});
