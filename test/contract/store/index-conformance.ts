// How the two indexes behave: what is due, and an account's tasks.
// Both may lag behind, so every read of them waits for what it expects.
import { describe, expect, it } from 'vitest';
import { dueShardOf } from '../../../core/contract/items.ts';
import { writeCursor } from '../../../core/adapters/dynamodb/task-query.ts';
import { eventually } from '../../support/eventually.ts';
import { endedVersion, nextVersion, newTask, START_TIME } from './stored-task.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { DueRow, TaskQuery } from '../../../core/ports/ports.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { StoreUnderTest } from './store-under-test.ts';

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function created(store: Store, tasks: readonly Task[]): Promise<void> {
  const left = [...tasks];
  const worker = async (): Promise<void> => {
    for (let task = left.shift(); task; task = left.shift()) await store.createTask({ task, input: '{}' });
  };
  await Promise.all(many(20).map(worker));
}

/** The tasks that are due; an end also makes an event due, which another suite tests. */
async function everyDue(store: Store, now: number): Promise<DueRow[]> {
  const rows = await Promise.all(many(store.shards).map((shard) => store.overdue(shard, now, 100)));
  return rows.flat().filter(({ kind }) => kind === 'task');
}

function rowOf({ id, due }: Task): DueRow {
  return { kind: 'task', id, dueAt: due?.at ?? -1 };
}

function sorted(rows: readonly DueRow[]): DueRow[] {
  return [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function describeIndexes(place: StoreUnderTest): void {
  describe('the index of what is due', () => describeDue(place));
  describe('lists of tasks', () => {
    describePages(place);
    describeAllAccounts(place);
    describeFilters(place);
    describeCursors(place);
  });
}

function describeDue(place: StoreUnderTest): void {
  it('names each due task in exactly one shard', async () => {
    const { store } = await place.open();
    const tasks = many(40).map((index) => newTask({ due: { at: START_TIME + index, by: 'sweep' } }));
    await created(store, tasks);

    await eventually(async () => sorted(await everyDue(store, START_TIME + 100))).toEqual(sorted(tasks.map(rowOf)));
    const { id } = tasks[0] as Task;
    const shard = many(store.shards).find((one) => dueShardOf(id).endsWith(`#${one}`)) ?? -1;
    expect((await store.overdue(shard, START_TIME, 100)).map((row) => row.id)).toContain(id);
  });

  it('begins with the most overdue, up to now and up to the limit', async () => {
    const { store } = await place.open();
    const tasks = many(60).map((index) => newTask({ due: { at: START_TIME + ((index * 7) % 60), by: 'sweep' } }));
    await created(store, tasks);
    await eventually(() => everyDue(store, START_TIME + 60)).toHaveLength(60);

    for (const shard of many(store.shards)) {
      const all = await store.overdue(shard, START_TIME + 60, 100);
      const now = all[2]?.dueAt ?? START_TIME;
      expect(all.map(({ dueAt }) => dueAt)).toEqual(all.map(({ dueAt }) => dueAt).sort((a, b) => a - b));
      expect(await store.overdue(shard, now, 100)).toEqual(all.filter(({ dueAt }) => dueAt <= now));
      expect(await store.overdue(shard, START_TIME + 60, 2)).toEqual(all.slice(0, 2));
    }
  });

  it('lists all that is ever due, page by page', async () => {
    const { store } = await place.open();
    const tasks = many(60).map((index) => newTask({ due: { at: START_TIME + index * 3_600_000, by: 'sweep' } }));
    await created(store, tasks);
    await eventually(() => everyDue(store, START_TIME + 60 * 3_600_000)).toHaveLength(60);

    const listed: string[] = [];
    for (const shard of many(store.shards)) {
      let cursor: string | undefined;
      do {
        const page = await store.listDue(shard, 3, cursor);
        expect(page.rows.length).toBeLessThanOrEqual(3);
        listed.push(...page.rows.map(({ id }) => id));
        cursor = page.cursor;
      } while (cursor !== undefined);
    }
    expect(listed.sort()).toEqual(tasks.map(({ id }) => id).sort());
  });

  it('forgets a task that nobody has to come back to, and moves one that is put off', async () => {
    const { store } = await place.open();
    const [done, later] = [newTask(), newTask()] as const;
    await created(store, [done, later]);
    const put = nextVersion(later, { due: { at: START_TIME + 999_000, by: 'sweep' } });

    await store.commit({ changes: [{ before: done, after: endedVersion(done) }] });
    await store.commit({ changes: [{ before: later, after: put }] });

    await eventually(() => everyDue(store, START_TIME + 100_000)).toEqual([]);
    expect(await everyDue(store, START_TIME + 999_000)).toEqual([rowOf(put)]);
  });

  it('keeps an ended task in sight while an attempt of it is open', async () => {
    const { store } = await place.open();
    const task = newTask();
    await created(store, [task]);
    const orphan = endedVersion(task, { due: { at: START_TIME + 7, by: 'sweep' } });

    await store.commit({ changes: [{ before: task, after: orphan }] });

    await eventually(() => everyDue(store, START_TIME + 7)).toEqual([rowOf(orphan)]);
  });
}

/** Every page of a query, as ids; fails when the pages do not come to an end. */
async function pages(store: Store, query: TaskQuery): Promise<string[][]> {
  const all: string[][] = [];
  let { cursor } = query;
  do {
    const page = await store.listTasks({ ...query, cursor });
    all.push(page.tasks.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined && all.length < 100);
  return all;
}

function idsOf(tasks: readonly Task[]): string[] {
  return tasks.map(({ id }) => id);
}

function newestFirst(tasks: readonly Task[]): string[] {
  return idsOf(tasks).sort().reverse();
}

function describePages(place: StoreUnderTest): void {
  it('lists an account’s own tasks whole, newest first', async () => {
    const { store } = await place.open();
    const own = many(5).map(() => newTask({ attemptCount: 3 }));
    await created(store, [...own, newTask({ accountId: 'acc_other' })]);

    await eventually(() => store.listTasks({ accountId: 'acc_sample', limit: 10 })).toEqual({
      tasks: own.toReversed(),
    });
    expect(await store.listTasks({ accountId: 'acc_nobody', limit: 10 })).toEqual({ tasks: [] });
  });

  it('goes through pages without a gap or a repeat, and without an empty page at the end', async () => {
    const { store } = await place.open();
    const tasks = many(10).map(() => newTask());
    await created(store, tasks);
    const ids = newestFirst(tasks);

    await eventually(() => pages(store, { accountId: 'acc_sample', limit: 4 })).toEqual([
      ids.slice(0, 4),
      ids.slice(4, 8),
      ids.slice(8),
    ]);
    expect(await pages(store, { accountId: 'acc_sample', limit: 5 })).toEqual([ids.slice(0, 5), ids.slice(5)]);
    expect(await pages(store, { accountId: 'acc_sample', limit: 10 })).toEqual([ids]);
  });

  it('is not disturbed by tasks that come in between two pages', async () => {
    const { store } = await place.open();
    const tasks = many(6).map(() => newTask());
    await created(store, tasks);
    const ids = newestFirst(tasks);
    await eventually(() => pages(store, { accountId: 'acc_sample', limit: 6 })).toEqual([ids]);
    const { cursor } = await store.listTasks({ accountId: 'acc_sample', limit: 3 });

    await created(store, [newTask()]);

    expect(await pages(store, { accountId: 'acc_sample', limit: 3, cursor })).toEqual([ids.slice(3)]);
  });

  it('shows a hundred tasks on one page', async () => {
    const { store } = await place.open();
    const tasks = many(101).map(() => newTask());
    await created(store, tasks);
    const ids = newestFirst(tasks);

    await eventually(() => pages(store, { accountId: 'acc_sample', limit: 100 })).toEqual([
      ids.slice(0, 100),
      ids.slice(100),
    ]);
  });
}

function describeAllAccounts(place: StoreUnderTest): void {
  const accounts = ['acc_a', 'acc_b', 'acc_c'];

  it('shows the tasks of all accounts, newest first, each once, page by page', async () => {
    const { store } = await place.open();
    const tasks = many(130).map((index) => newTask({ accountId: accounts[index % 3] ?? '' }));
    await created(store, tasks);
    const ids = newestFirst(tasks);

    await eventually(() => pages(store, { limit: 100 })).toEqual([ids.slice(0, 100), ids.slice(100)]);
    for (const limit of [1, 7, 20, 64, 65]) {
      expect((await pages(store, { limit })).slice(0, 100).flat(), String(limit)).toEqual(ids.slice(0, limit * 100));
    }
  });

  it('finds the few of all accounts that match behind many that do not', async () => {
    const { store } = await place.open();
    const rare = many(3).map((index) => newTask({ model: 'vendor/rare/task', accountId: accounts[index] ?? '' }));
    const tasks = [...rare.slice(0, 2), ...many(400).map(() => newTask()), ...rare.slice(2)];
    await created(store, tasks);
    const ids = newestFirst(rare);

    await eventually(() => pages(store, { model: 'vendor/rare/task', limit: 3 })).toEqual([ids]);
    expect((await pages(store, { model: 'vendor/rare/task', limit: 2 })).flat()).toEqual(ids);
  });

  it('has cursors of its own', async () => {
    const { store } = await place.open();
    const id = '019b76da-a800-7000-8000-000000000000';
    const [all, own] = [writeCursor({}, id), writeCursor({ accountId: 'acc_sample' }, id)];
    await expect(store.listTasks({ limit: 1, cursor: own })).rejects.toMatchObject({ code: 'bad-cursor' });
    await expect(store.listTasks({ accountId: 'acc_sample', limit: 1, cursor: all })).rejects.toMatchObject({
      code: 'bad-cursor',
    });
    expect(await store.listTasks({ limit: 1, cursor: all })).toEqual({ tasks: [] });
  });
}

function describeFilters(place: StoreUnderTest): void {
  it('filters by status, by code, by model and by all of them', async () => {
    const { store } = await place.open();
    const query = { accountId: 'acc_sample', limit: 10 };
    const result = { code: 5003, outputs: null, error: 'Service Unavailable' };
    const tasks = many(6).map((index) => newTask({ model: `vendor/model-${index % 2}/task` }));
    await created(store, tasks);
    const [queued, , failedEven, failedOdd, done] = tasks as [Task, Task, Task, Task, Task, Task];
    const found = async (filter: Partial<TaskQuery>): Promise<string[]> =>
      idsOf((await store.listTasks({ ...query, ...filter })).tasks);
    for (const before of [failedEven, failedOdd]) {
      await store.commit({ changes: [{ before, after: endedVersion(before, { status: 'failed', result }) }] });
    }
    await store.commit({ changes: [{ before: done, after: endedVersion(done) }] });

    await eventually(() => found({ status: ['failed'] })).toEqual(newestFirst([failedEven, failedOdd]));
    expect(await found({ status: ['failed', 'completed'] })).toEqual(newestFirst([failedEven, failedOdd, done]));
    expect(await found({ code: 0 })).toEqual([done.id]);
    expect(await found({ code: 5003, model: 'vendor/model-1/task' })).toEqual([failedOdd.id]);
    expect(await found({ status: ['queued'], model: 'vendor/model-0/task' })).toEqual([queued.id]);
    expect(await found({ status: ['completed'], code: 5003 })).toEqual([]);
    expect(await found({ status: [] })).toEqual([]);
  });

  it('finds the few that match behind many that do not, page by page', async () => {
    const { store } = await place.open();
    const rare = many(3).map(() => newTask({ model: 'vendor/rare/task' }));
    const tasks = [...rare.slice(0, 2), ...many(600).map(() => newTask()), ...rare.slice(2)];
    await created(store, tasks);
    const query = { accountId: 'acc_sample', model: 'vendor/rare/task' };
    const ids = newestFirst(rare);

    await eventually(() => pages(store, { ...query, limit: 3 })).toEqual([ids]);
    expect(await pages(store, { ...query, limit: 2 })).toEqual([ids.slice(0, 2), ids.slice(2)]);
  });
}

function describeCursors(place: StoreUnderTest): void {
  const foreign = writeCursor({ accountId: 'acc_other' }, '019b76da-a800-7000-8000-000000000000');
  const forged = Buffer.from('["a","acc_sample",{"pk":1}]').toString('base64url');

  it.each(['', 'nonsense', '%%%', 'bnVsbA', 'W10', foreign, forged])('refuses the cursor %j', async (cursor) => {
    const { store } = await place.open();

    await expect(store.listTasks({ accountId: 'acc_sample', limit: 1, cursor })).rejects.toMatchObject({
      code: 'bad-cursor',
    });
  });
}
