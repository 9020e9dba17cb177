// Where bulk jobs are kept: their rows, the lists of them, and how many of an account run at once.
// Adapters and memory doubles implement it; one conformance suite holds both to this contract.
import type { Job } from '../domain/job/job.ts';

export interface JobQueryPage {
  /** Undefined for the jobs of all accounts. */
  readonly accountId?: string | undefined;
  readonly limit: number;
  /** Opaque, from an earlier page. */
  readonly cursor?: string | undefined;
}

export interface JobPage {
  /** Newest first. */
  readonly jobs: readonly Job[];
  readonly cursor?: string | undefined;
}

export interface JobStore {
  /**
   * `too-many`: that many jobs of the account run already.
   * @param ids of the tasks that it is about, where it names them one by one.
   */
  createJob(job: Job, ids: readonly string[], runningMax: number): Promise<'created' | 'too-many'>;
  /** Strongly consistent. */
  loadJob(jobId: string): Promise<Job | undefined>;
  loadJobIds(jobId: string): Promise<readonly string[]>;
  /**
   * Saves a job over the version that it was made from; one that is over no longer counts as running.
   * @returns the job as it is stored now; undefined when another writer was faster.
   */
  saveJob(job: Job): Promise<Job | undefined>;
  /** @throws RelayError `bad-cursor`. */
  listJobs(query: JobQueryPage): Promise<JobPage>;
}
