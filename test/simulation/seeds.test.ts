import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { drawWorld } from './draw-world.ts';
import { keptSeeds } from './kept-seeds.ts';
import { runSeeds } from './run-seeds.ts';
import { World } from './world.ts';

const FROM = 1;
const COUNT = 1_000;

/** `npm run simulate -- --from N --seeds 1` plays one of them again. */
function shown({ seed, problems }: { readonly seed: number; readonly problems: readonly string[] }): string {
  return `seed ${seed}: ${problems.slice(0, 3).join('; ')}`;
}

describe('the whole relay under faults', () => {
  it(`keeps every promise in ${COUNT} worlds`, async () => {
    const totals = await runSeeds({ from: FROM, count: COUNT, threads: Math.min(2, availableParallelism()) });
    expect(totals.failed.map(shown)).toEqual([]);
    expect(totals.seeds).toBe(COUNT);
    // A world in which nothing happens keeps every promise.
    expect(totals.tasks).toBeGreaterThan(10 * COUNT);
    expect(totals.posts).toBeGreaterThan(10 * COUNT);
  });

  it('plays a seed the same way each time', async () => {
    const play = async (seed: number): Promise<string[]> => {
      const lines: string[] = [];
      await new World(drawWorld(seed), { trace: (line) => void lines.push(line) }).play();
      return lines;
    };
    for (const seed of [3, 11, 42]) {
      const lines = await play(seed);
      expect(lines.length).toBeGreaterThan(100);
      expect(await play(seed)).toEqual(lines);
    }
  });
});

describe('seeds that found something once', () => {
  it.each(keptSeeds)('seed $seed: $found', async ({ seed }) => {
    expect((await new World(drawWorld(seed)).play()).problems).toEqual([]);
  });
});
