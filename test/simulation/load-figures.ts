// Plays a load world of the relay as it is, or broken by a mutant, in a thread of its own.
import { once } from 'node:events';
import { brokenWorker } from './hunt-mutant.ts';
import type { LoadPlan } from './load-plan.ts';
import type { LoadReport } from './load-world.ts';
import type { Mutant } from './mutants.ts';

export async function figuresOf(plan: LoadPlan, mutant?: Mutant): Promise<LoadReport> {
  const worker = await brokenWorker('load-worker.ts', mutant, plan);
  const [report] = (await once(worker, 'message')) as [LoadReport];
  return report;
}
