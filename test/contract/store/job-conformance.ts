// How any store of bulk jobs behaves: a bound of those that run, saves over the version before, two lists, and the due index
// that brings back what a crash left.
import { describe, expect, it } from 'vitest';
import { ended } from '../../../core/domain/job/job.ts';
import { everyDue } from './every-due.ts';
import { START_TIME } from './stored-task.ts';
import type { Job } from '../../../core/domain/job/job.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { StoreUnderTest } from './store-under-test.ts';

export function newJob(number: number, fields: Partial<Job> = {}): Job {
  return {
    id: `job_019b0000-0000-7000-8000-${String(number).padStart(12, '0')}`,
    accountId: 'acc_1',
    isOperator: false,
    action: 'cancel',
    target: { kind: 'tasks', query: { accountId: 'acc_1', status: ['waiting'] } },
    asked: { status: 'waiting' },
    actor: { kind: 'key', accountId: 'acc_1', keyId: 'key_1', hint: 'sk_1' },
    status: 'running',
    createdAt: START_TIME,
    updatedAt: START_TIME,
    expected: 3,
    isExpectedMore: false,
    done: 0,
    skipped: 0,
    failed: 0,
    skips: {},
    due: { at: START_TIME + 1_000, by: 'doorbell' },
    version: 1,
    ...fields,
  };
}

async function idsOf(store: Store, accountId: string | undefined, limit: number): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listJobs({ accountId, limit, cursor });
    ids.push(...page.jobs.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
}

export function describeJobs(place: StoreUnderTest): void {
  describe('bulk jobs', () => {
    it('keep what they are, and the ids that they name', async () => {
      const { store } = await place.open();
      const job = newJob(1, { reason: 'the model is dead', cursor: 'here', batch: ['a', 'b'] });
      expect(await store.createJob(job, ['one', 'two'], 5)).toBe('created');
      expect(await store.loadJob(job.id)).toEqual(job);
      expect(await store.loadJobIds(job.id)).toEqual(['one', 'two']);
      expect(await store.loadJob('job_unknown')).toBeUndefined();
      expect(await store.loadJobIds('job_unknown')).toEqual([]);
    });

    it('run a few at once for each account, and make room at their end, once', async () => {
      const { store } = await place.open();
      const jobs = [newJob(1), newJob(2)];
      for (const job of jobs) expect(await store.createJob(job, [], 2)).toBe('created');
      expect(await store.createJob(newJob(3), [], 2)).toBe('too-many');
      expect(await store.loadJob(newJob(3).id)).toBeUndefined();
      expect(await store.createJob(newJob(4, { accountId: 'acc_2' }), [], 2)).toBe('created');
      const over = ended(jobs[0] ?? newJob(1), 'done', START_TIME + 5);
      expect(await store.saveJob(over)).toEqual({ ...over, version: 2 });
      expect(await store.saveJob(over)).toBeUndefined();
      expect(await store.createJob(newJob(5), [], 2)).toBe('created');
      expect(await store.createJob(newJob(6), [], 2)).toBe('too-many');
    });

    it('are saved over the version that was read only', async () => {
      const { store } = await place.open();
      const job = newJob(1);
      await store.createJob(job, [], 5);
      expect(await store.saveJob({ ...job, done: 1 })).toEqual({ ...job, done: 1, version: 2 });
      expect(await store.saveJob({ ...job, done: 9 })).toBeUndefined();
      expect(await store.loadJob(job.id)).toMatchObject({ done: 1, version: 2 });
    });

    it('are listed newest first, page by page, for their account and for all', async () => {
      const { store } = await place.open();
      for (const number of [1, 2, 3, 4, 5]) {
        await store.createJob(newJob(number, { accountId: number % 2 ? 'acc_1' : 'acc_2' }), [], 5);
      }
      expect(await idsOf(store, undefined, 2)).toEqual([5, 4, 3, 2, 1].map((number) => newJob(number).id));
      expect(await idsOf(store, 'acc_1', 2)).toEqual([5, 3, 1].map((number) => newJob(number).id));
      const { cursor } = await store.listJobs({ accountId: 'acc_1', limit: 1 });
      await expect(store.listJobs({ accountId: 'acc_2', limit: 1, cursor })).rejects.toMatchObject({
        code: 'bad-cursor',
      });
    });

    it('are due until they are over, and can be postponed', async () => {
      const { store } = await place.open();
      const job = newJob(1);
      await store.createJob(job, [], 5);
      const due = await everyDue(store, START_TIME + 2_000);
      expect(due).toEqual([{ kind: 'job', id: job.id, dueAt: START_TIME + 1_000 }]);
      const row = due[0] ?? { kind: 'job', id: '', dueAt: 0 };
      expect(await store.postpone(row, () => START_TIME + 9_000)).toEqual({ by: 'doorbell' });
      expect(await everyDue(store, START_TIME + 2_000)).toEqual([]);
      expect(await store.loadJob(job.id)).toMatchObject({ due: { at: START_TIME + 9_000 }, version: 1 });
      const { due: _due, ...rest } = job;
      expect(await store.saveJob({ ...rest, status: 'done' })).toBeDefined();
      expect(await everyDue(store, START_TIME + 20_000)).toEqual([]);
    });
  });
}
