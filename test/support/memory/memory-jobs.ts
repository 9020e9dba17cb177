// Bulk jobs in memory, with the semantics of the DynamoDB adapter; the store's webhooks are below, its tasks above.
import { dueShardName, dueShardOf } from '../../../core/contract/items.ts';
import { readJobCursor, writeJobCursor } from '../../../core/adapters/dynamodb/dynamo-jobs.ts';
import { isJobOver } from '../../../core/domain/job/job.ts';
import { deepFreeze } from './deep-freeze.ts';
import { MemoryWebhooks } from './memory-webhooks.ts';
import type { Job } from '../../../core/domain/job/job.ts';
import type { JobPage, JobQueryPage, JobStore } from '../../../core/ports/job-store.ts';
import type { DueRow } from '../../../core/ports/ports.ts';

export class MemoryJobs extends MemoryWebhooks implements JobStore {
  readonly #jobs = new Map<string, Job>();
  readonly #ids = new Map<string, readonly string[]>();
  readonly #timesPostponed = new Map<string, number>();

  async createJob(job: Job, ids: readonly string[], runningMax: number): Promise<'created' | 'too-many'> {
    // Counted anew each time; in the table a count moves with the jobs.
    const running = [...this.#jobs.values()].filter((one) => one.accountId === job.accountId && !isJobOver(one));
    if (running.length >= runningMax) return 'too-many';
    this.#jobs.set(job.id, deepFreeze(job));
    this.#ids.set(job.id, [...ids]);
    return 'created';
  }

  async loadJob(jobId: string): Promise<Job | undefined> {
    return this.#jobs.get(jobId);
  }

  async loadJobIds(jobId: string): Promise<readonly string[]> {
    return this.#ids.get(jobId) ?? [];
  }

  async saveJob(job: Job): Promise<Job | undefined> {
    if (this.#jobs.get(job.id)?.version !== job.version) return undefined;
    const saved = deepFreeze({ ...job, version: job.version + 1 });
    this.#timesPostponed.delete(job.id);
    this.#jobs.set(job.id, saved);
    return saved;
  }

  async listJobs({ accountId, limit, cursor }: JobQueryPage): Promise<JobPage> {
    const before = cursor === undefined ? undefined : readJobCursor(accountId, cursor);
    const left = [...this.#jobs.values()]
      .filter((job) => accountId === undefined || job.accountId === accountId)
      .filter(({ id }) => before === undefined || id < before)
      .sort((one, other) => (one.id < other.id ? 1 : -1));
    const jobs = left.slice(0, limit);
    const last = jobs.at(-1);
    return { jobs, ...(left.length >= limit && last && { cursor: writeJobCursor(accountId, last.id) }) };
  }

  override dueWebhooks(shard: number, now: number): DueRow[] {
    const jobs = [...this.#jobs.values()].flatMap(({ id, due }) =>
      due && due.at <= now && dueShardOf(id) === dueShardName(shard)
        ? [{ kind: 'job', id, dueAt: due.at } as const]
        : [],
    );
    return [...super.dueWebhooks(shard, now), ...jobs];
  }

  override async postpone(
    row: DueRow,
    untilOf: (times: number) => number,
  ): Promise<{ readonly by: 'doorbell' | 'sweep' } | undefined> {
    if (row.kind !== 'job') return super.postpone(row, untilOf);
    const job = this.#jobs.get(row.id);
    if (job?.due?.at !== row.dueAt) return undefined;
    const times = (this.#timesPostponed.get(row.id) ?? 0) + 1;
    this.#timesPostponed.set(row.id, times);
    this.#jobs.set(row.id, deepFreeze({ ...job, due: { ...job.due, at: untilOf(times) } }));
    return { by: job.due.by };
  }
}
