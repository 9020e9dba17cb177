// What a request to keep the outputs of a completed task changes, however old the task is: of a task that has not asked
// before, the task itself, whose commit makes the job; of one that has, its job, in which outputs were lost.
// decide-keep.ts decides what follows; core/flows/keep-outputs.ts loads and saves.
import { requireSound } from '../task/task-invariants.ts';
import { KEEP_GRACE_MS } from './keep-job.ts';
import { hasOutputsToKeep } from './keep-mode.ts';
import type { Task } from '../task/task.ts';
import type { KeepJob } from './keep-job.ts';

/** Undefined for a task that has not completed, has no addresses among its outputs, or keeps them already. */
export function askToKeep(task: Task, now: number): Task | undefined {
  const asked: Task = { ...task, keep: 'after-end', version: task.version + 1, updatedAt: now };
  return task.keep === undefined && hasOutputsToKeep(asked) ? requireSound(asked) : undefined;
}

/**
 * The job with its lost outputs to be tried again, and pending ones at once; undefined when all are kept. One try is made
 * even where the outputs should have expired by now: Get3W may keep them for longer.
 * @param job that no run has.
 */
export function reopenJob(job: KeepJob, now: number): KeepJob | undefined {
  if (job.isErased || job.outputs.every(({ state }) => state === 'kept')) return undefined;
  const { isReported: _told, notBefore: _later, expiresAt: _kept, lease: _ended, ...rest } = job;
  return {
    ...rest,
    outputs: job.outputs.map((output) => (output.state === 'lost' ? { state: 'pending', tries: 0 } : output)),
    rounds: 0,
    due: { at: now + KEEP_GRACE_MS, by: 'doorbell' },
  };
}
