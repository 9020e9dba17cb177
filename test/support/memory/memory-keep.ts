// The keeping of outputs in memory, with the semantics of the DynamoDB adapter.
import { dueShardName, dueShardOf } from '../../../core/contract/items.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { KeepJob } from '../../../core/domain/media/keep-job.ts';
import type { DueRow } from '../../../core/ports/ports.ts';

export class MemoryKeep {
  readonly #jobs = new Map<string, KeepJob>();
  readonly #timesPostponed = new Map<string, number>();

  put(job: KeepJob): void {
    this.#timesPostponed.delete(job.taskId);
    this.#jobs.set(job.taskId, deepFreeze(job));
  }

  load(taskId: string): KeepJob | undefined {
    return this.#jobs.get(taskId);
  }

  /** Undefined when another writer was faster. */
  save(job: KeepJob): KeepJob | undefined {
    if (this.#jobs.get(job.taskId)?.version !== job.version) return undefined;
    this.put({ ...job, version: job.version + 1 });
    return this.#jobs.get(job.taskId);
  }

  erase(taskId: string, now: number): void {
    const job = this.#jobs.get(taskId);
    if (job) this.put({ ...job, isErased: true, due: { at: now, by: 'sweep' }, version: job.version + 1 });
  }

  remove(taskId: string): void {
    this.#jobs.delete(taskId);
  }

  due(shard: number, now: number): readonly DueRow[] {
    return [...this.#jobs.values()].flatMap(({ taskId, due }) =>
      due && due.at <= now && dueShardOf(taskId) === dueShardName(shard)
        ? [{ kind: 'keep', id: taskId, dueAt: due.at } as const]
        : [],
    );
  }

  postpone(row: DueRow, untilOf: (times: number) => number): { readonly by: 'doorbell' | 'sweep' } | undefined {
    const job = this.#jobs.get(row.id);
    if (job?.due?.at !== row.dueAt) return undefined;
    const times = (this.#timesPostponed.get(row.id) ?? 0) + 1;
    this.#timesPostponed.set(row.id, times);
    this.#jobs.set(row.id, deepFreeze({ ...job, due: { ...job.due, at: untilOf(times) } }));
    return { by: job.due.by };
  }
}
