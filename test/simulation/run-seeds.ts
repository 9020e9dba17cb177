// Plays a range of seeds on several threads. Seeds know nothing of each other, so how they are spread over threads
// changes nothing in any of them.
import { Worker } from 'node:worker_threads';
import type { SeedRange } from './seed-worker.ts';
import type { WorldReport } from './world.ts';

interface SeedRun {
  readonly from: number;
  readonly count: number;
  readonly threads: number;
  /** Receives each report as it comes, in no order. */
  readonly onReport?: ((report: WorldReport) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SeedTotals {
  seeds: number;
  steps: number;
  tasks: number;
  commits: number;
  posts: number;
  /** Time that passed in the worlds. */
  elapsedMs: number;
  readonly failed: WorldReport[];
}

/** What one thread plays. */
export function playRange(
  worker: Worker,
  onReport: (report: WorldReport) => void,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => void worker.terminate(), { once: true });
    worker.on('message', onReport);
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
}

/** @returns the sum of all that were played; fewer than asked for when `signal` came before. */
export async function runSeeds({ from, count, threads, onReport, signal }: SeedRun): Promise<SeedTotals> {
  const totals: SeedTotals = { seeds: 0, steps: 0, tasks: 0, commits: 0, posts: 0, elapsedMs: 0, failed: [] };
  const add = (report: WorldReport): void => {
    totals.seeds += 1;
    totals.steps += report.steps;
    totals.tasks += report.tasks;
    totals.commits += report.commits;
    totals.posts += report.posts;
    totals.elapsedMs += report.elapsedMs;
    if (report.problems.length > 0) totals.failed.push(report);
    onReport?.(report);
  };
  const ranges = Array.from({ length: Math.min(threads, count) }, (_, thread): SeedRange => {
    return { from: from + thread, until: from + count, step: threads, stopsAtProblem: false };
  });
  const file = new URL('./seed-worker.ts', import.meta.url);
  await Promise.all(ranges.map((range) => playRange(new Worker(file, { workerData: range }), add, signal)));
  totals.failed.sort((a, b) => a.seed - b.seed);
  return totals;
}
