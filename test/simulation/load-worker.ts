// Plays one load world in a thread and posts its report: load-mutants.test.ts bundles it with a relay that was broken on
// purpose, and the table of rows plays two rows at once.
import { parentPort, workerData } from 'node:worker_threads';
import { LoadWorld } from './load-world.ts';
import type { LoadPlan } from './load-plan.ts';

async function playLoad(plan: LoadPlan): Promise<void> {
  parentPort?.postMessage(await new LoadWorld(plan).play());
}

void playLoad(workerData as LoadPlan);
