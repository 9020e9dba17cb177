// Preloaded (`node --import`) into a local relay whose runs are to be measured: its sandboxes load sandbox-probe.ts in
// place of their thread. The product itself knows nothing of it.
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

const { Worker } = threads;

class ProbedWorker extends Worker {
  constructor(file: URL | string, options: WorkerOptions = {}) {
    const isSandbox = String(file).endsWith('/sandbox-worker.ts');
    const env = { ...(options.env as Record<string, string>), RUN_PROBE_FILE: process.env['RUN_PROBE_FILE'] };
    super(isSandbox ? new URL('./sandbox-probe.ts', import.meta.url) : file, isSandbox ? { ...options, env } : options);
  }
}

threads.Worker = ProbedWorker;
syncBuiltinESMExports();
