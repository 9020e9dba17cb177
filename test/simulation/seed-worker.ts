// Plays seeds in a thread and posts the report of each. run-seeds.ts starts it as it is, hunt-mutant.ts bundles it with a
// relay that was broken on purpose; it cannot see the difference.
import { parentPort, workerData } from 'node:worker_threads';
import { drawWorld } from './draw-world.ts';
import { World } from './world.ts';
import type { WorldReport } from './world.ts';

/** Every `step`-th seed from `from` up to but without `until`. */
export interface SeedRange {
  readonly from: number;
  readonly until: number;
  readonly step: number;
  readonly stopsAtProblem: boolean;
}

/** A world that throws is a finding too, whatever the cause. */
async function playSeed(seed: number): Promise<WorldReport> {
  try {
    return await new World(drawWorld(seed)).play();
  } catch (error) {
    const problem = `the world itself broke: ${error instanceof Error ? error.stack : String(error)}`;
    return { seed, problems: [problem], steps: 0, elapsedMs: 0, tasks: 0, commits: 0, posts: 0 };
  }
}

async function playSeeds({ from, until, step, stopsAtProblem }: SeedRange): Promise<void> {
  for (let seed = from; seed < until; seed += step) {
    const report = await playSeed(seed);
    parentPort?.postMessage(report);
    if (stopsAtProblem && report.problems.length > 0) return;
  }
}

void playSeeds(workerData as SeedRange);
