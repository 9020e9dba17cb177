// What the keeping of outputs needs of the store. A job is made by the commit that ends its task, or that asks to keep
// the outputs of a completed one (transaction.ts); the keep stage changes it.
import type { KeepJob } from '../domain/media/keep-job.ts';
import type { LoggedEvent } from '../domain/webhook/outbox-event.ts';

export interface KeepStore {
  /** Strongly consistent; undefined for a task that keeps nothing. */
  loadKeepJob(taskId: string): Promise<KeepJob | undefined>;
  /** Strongly consistent; those of tasks without a job are left out. At most 100 ids. */
  loadKeepJobs(taskIds: readonly string[]): Promise<readonly KeepJob[]>;
  /**
   * Saves a job over the version that it was made from.
   * @param written an event that is written in the same transaction, at this position or a little behind it.
   * @returns the job as it is stored now; undefined when another writer was faster.
   */
  saveKeepJob(job: KeepJob, written?: LoggedEvent): Promise<KeepJob | undefined>;
  /** Removes the job of an erased task, once nothing of it lies in the bucket. */
  removeKeepJob(taskId: string): Promise<void>;
}
