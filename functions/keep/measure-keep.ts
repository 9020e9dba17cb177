// What the keep stage reports: each try in the log and the metrics, each run the age of what is still not kept.
// Ids and causes only: addresses of outputs are never in the log.
import { isOver } from '../../core/domain/media/keep-job.ts';
import type { KeepResult } from '../../core/domain/media/decide-keep.ts';
import type { KeepJob } from '../../core/domain/media/keep-job.ts';
import type { KeepPorts } from './keep-ports.ts';

interface Measured {
  readonly index: number;
  readonly result: KeepResult;
  readonly tookMs: number;
}

/** @param job with the result. */
export function measureResult({ metrics, log }: KeepPorts, job: KeepJob, { index, result, tookMs }: Measured): void {
  const { taskId, accountId } = job;
  const about = { taskId, accountId, output: index, tookMs };
  if (result.kind === 'kept') {
    const { bytes } = result.output;
    metrics.emit({ values: { OutputsKept: 1, OutputsBytes: bytes }, properties: { taskId } });
    log.info('output kept', { ...about, outcome: 'kept', bytes });
    return;
  }
  const isLost = job.outputs[index]?.state === 'lost';
  const code = `keep-${result.cause}`;
  metrics.emit({ values: { OutputsFailed: 1 }, code, properties: { taskId } });
  if (isLost) metrics.emit({ values: { OutputsLost: 1 }, properties: { taskId } });
  log.warn('output not kept', { ...about, outcome: isLost ? 'lost' : 'failed', code });
}

/** @param job as its run has left it. */
export function measureRun({ metrics, clock }: KeepPorts, job: KeepJob, hasFailed: boolean): void {
  const ageMs = clock.now() - job.endedAt;
  const properties = { taskId: job.taskId };
  if (!isOver(job)) {
    if (hasFailed) metrics.emit({ values: { OldestUnkept: ageMs / 1_000 }, properties });
  } else if (job.outputs.every(({ state }) => state === 'kept')) {
    metrics.emit({ values: { KeepLag: ageMs }, properties });
  }
}
