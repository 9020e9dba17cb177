// Runs seeds in a thread until one finds something. hunt-mutant.ts bundles this with the relay, broken or not, and starts
// it; it posts the seed and the problem, or nothing found.
import { parentPort, workerData } from 'node:worker_threads';
import { drawWorld } from './draw-world.ts';
import { World } from './world.ts';

export interface Hunted {
  /** Seeds run, the finding one included. */
  readonly seeds: number;
  readonly problem?: string | undefined;
}

export const huntSeeds = async (from: number, count: number): Promise<Hunted> => {
  for (let seed = from; seed < from + count; seed += 1) {
    const { problems } = await new World(drawWorld(seed)).play();
    if (problems.length > 0) return { seeds: seed - from + 1, problem: problems[0] };
  }
  return { seeds: count };
};

const { from, count } = workerData as { readonly from: number; readonly count: number };
void huntSeeds(from, count).then((hunted) => parentPort?.postMessage(hunted));
