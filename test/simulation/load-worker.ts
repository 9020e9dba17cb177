// Plays one load world in a thread and posts its figures: load-mutants.test.ts bundles it with a relay that was broken on
// purpose.
import { parentPort, workerData } from 'node:worker_threads';
import { LoadWorld } from './load-world.ts';
import type { LoadPlan } from './load-plan.ts';
import type { LoadReport } from './load-world.ts';

export interface LoadFigures extends LoadReport {
  /** When the last end was recorded, since the world began. */
  readonly lastRecordedMs: number;
}

async function playLoad(plan: LoadPlan): Promise<void> {
  const world = new LoadWorld(plan);
  const report = await world.play();
  const figures: LoadFigures = { ...report, lastRecordedMs: world.lastRecordedMs };
  parentPort?.postMessage(figures);
}

void playLoad(workerData as LoadPlan);
