// What a store must do for the keeping of outputs: a job is made with the end of its task, saved over the version that it
// was made from, due until its run says otherwise, and removed once its task is erased.
import { describe, expect, it } from 'vitest';
import { KEEP_GRACE_MS, outputsEventId } from '../../../core/domain/media/keep-job.ts';
import { everyDue } from './every-due.ts';
import { created, endedVersion, newAccount, newTask, START_TIME } from './stored-task.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { KeepJob } from '../../../core/domain/media/keep-job.ts';
import type { OutboxEvent } from '../../../core/domain/webhook/outbox-event.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const outputs = ['https://a.example/1.png', 'https://a.example/2.png'];
const ENDED_AT = START_TIME + 5_000;

/** A completed task that keeps two outputs, and its job. */
async function keeping(store: Store, keep: Task['keep'] = 'after-end'): Promise<{ task: Task; job: KeepJob }> {
  const account = newAccount();
  await store.putAccount(account);
  const before = await created(store, { accountId: account.id, isUncounted: true, ...(keep && { keep }) });
  const result = { code: 0, outputs, error: null };
  const task = endedVersion(before, { result, endedAt: ENDED_AT, updatedAt: ENDED_AT });
  expect(await store.commit({ changes: [{ before, after: task }] })).toEqual({ kind: 'committed' });
  return { task, job: await jobOf(store, task.id) };
}

async function jobOf(store: Store, taskId: string): Promise<KeepJob> {
  const job = await store.loadKeepJob(taskId);
  if (!job) throw new Error('there is no job');
  return job;
}

const kept = {
  state: 'kept',
  tries: 1,
  keptAt: ENDED_AT + 1_000,
  key: 'outputs/acc/task/1-0',
  contentType: 'image/png',
  bytes: 70_000,
  sha256: 'a'.repeat(64),
  width: 2,
  height: 3,
} as const;

function eventOf({ accountId, taskId, ...job }: KeepJob): OutboxEvent {
  const id = outputsEventId({ taskId, ...job });
  return {
    id,
    type: 'task.outputs-kept',
    accountId,
    at: ENDED_AT + 1_000,
    taskId,
    data: { id: taskId },
  };
}

async function dueAt(store: Store, taskId: string): Promise<number | undefined> {
  const rows = await everyDue(store, Number.MAX_SAFE_INTEGER);
  return rows.find(({ kind, id }) => kind === 'keep' && id === taskId)?.dueAt;
}

export function describeKeeping(place: StoreUnderTest): void {
  describe('the keeping of outputs', () => {
    describeJobs(place);
    describeSaves(place);
    describeErased(place);
  });
}

function describeJobs(place: StoreUnderTest): void {
  it('begins with the end of its task, in the same commit, and is due', async () => {
    const { store } = await place.open();
    const { task, job } = await keeping(store);
    const pending = { state: 'pending', tries: 0 };
    expect(job).toMatchObject({ taskId: task.id, accountId: task.accountId, end: 1, mode: 'after-end', version: 1 });
    expect(job.outputs).toEqual([pending, pending]);
    expect(await dueAt(store, task.id)).toBe(ENDED_AT + KEEP_GRACE_MS);
  });

  it('has no job for a task that keeps nothing, and none where the commit was lost', async () => {
    const { store } = await place.open();
    const { account, before } = await unended(store);
    const stale = endedVersion({ ...before, version: 7 }, { result: { code: 0, outputs, error: null } });
    const lost = await store.commit({ changes: [{ before: { ...before, version: 7 }, after: stale }] });
    expect(lost).toMatchObject({ kind: 'lost' });
    expect(await store.loadKeepJob(before.id)).toBeUndefined();

    const plain = await created(store, { accountId: account, isUncounted: true });
    const after = endedVersion(plain, { result: { code: 0, outputs, error: null } });
    await store.commit({ changes: [{ before: plain, after }] });
    expect(await store.loadKeepJobs([plain.id, before.id])).toEqual([]);
  });

  it('is read for many tasks at once, without those that have none', async () => {
    const { store } = await place.open();
    const one = await keeping(store);
    const other = await keeping(store);
    const found = await store.loadKeepJobs([one.task.id, newTask().id, other.task.id]);
    expect(found.map(({ taskId }) => taskId).sort()).toEqual([one.task.id, other.task.id].sort());
  });
}

async function unended(store: Store): Promise<{ account: string; before: Task }> {
  const { id: account } = newAccount();
  await store.putAccount(newAccount({ id: account }));
  return { account, before: await created(store, { accountId: account, isUncounted: true, keep: 'after-end' }) };
}

function describeSaves(place: StoreUnderTest): void {
  it('is saved whole, and read back as it was saved', async () => {
    const { store } = await place.open();
    const { task, job } = await keeping(store, 'before-webhook');
    const lease = { id: 'lease', until: ENDED_AT + 60_000 };
    const due = { at: lease.until, by: 'sweep' } as const;
    const lost = { state: 'lost', tries: 5, cause: 'gone' } as const;
    const changed: KeepJob = {
      ...job,
      outputs: [kept, lost],
      rounds: 2,
      token: 'secret',
      lease,
      due,
      isReleased: true,
    };
    const saved = await store.saveKeepJob(changed);
    expect(saved).toEqual({ ...changed, version: 2 });
    expect(await jobOf(store, task.id)).toEqual(saved);
    expect(await dueAt(store, task.id)).toBe(lease.until);
  });

  it('is saved by one of two runs that read the same version', async () => {
    const { store } = await place.open();
    const { task, job } = await keeping(store);
    const runs = ['one', 'two'].map((id) => ({ ...job, lease: { id, until: ENDED_AT + 60_000 } }));
    const saved = await Promise.all(runs.map((run) => store.saveKeepJob(run)));
    const winners = saved.filter((one) => one !== undefined);
    expect(winners).toHaveLength(1);
    expect(await jobOf(store, task.id)).toEqual(winners[0]);
    expect(await store.saveKeepJob(job)).toBeUndefined();
  });

  it('writes its event with the save or not at all, so that no event is told twice', async () => {
    const { store } = await place.open();
    const { task, job } = await keeping(store);
    const { due: _over, ...rest } = job;
    const written = { event: eventOf(job), position: ENDED_AT + 1_000 };
    const ended: KeepJob = { ...rest, outputs: [kept, kept], isReported: true, expiresAt: ENDED_AT + 1e9 };
    expect(await store.saveKeepJob(ended, written)).toMatchObject({ version: 2 });
    const rival: KeepJob = { ...ended, rounds: 9 };
    expect(await store.saveKeepJob(rival, { ...written, position: ENDED_AT + 2_000 })).toBeUndefined();
    const events = await store.readEvents(task.accountId, { position: 0, id: '' }, 10);
    expect(events.filter(({ event }) => event.type === 'task.outputs-kept')).toHaveLength(1);
    expect(await dueAt(store, task.id)).toBeUndefined();
  });

  it('is postponed by the sweep only while it is due as the sweep found it', async () => {
    const { store } = await place.open();
    const { task, job } = await keeping(store);
    const row = { kind: 'keep', id: task.id, dueAt: job.due?.at ?? 0 } as const;
    expect(await store.postpone(row, (times) => ENDED_AT + 100_000 * times)).toEqual({ by: 'doorbell' });
    expect(await dueAt(store, task.id)).toBe(ENDED_AT + 100_000);
    expect(await store.postpone(row, () => ENDED_AT)).toBeUndefined();
    const again = { ...row, dueAt: ENDED_AT + 100_000 };
    await store.postpone(again, (times) => ENDED_AT + 100_000 * times);
    expect(await dueAt(store, task.id)).toBe(ENDED_AT + 200_000);
  });
}

function describeErased(place: StoreUnderTest): void {
  it('is marked and due at once when its task is erased, refuses a run that was at work, and is removed', async () => {
    const { store, clock } = await place.open();
    const { task, job } = await keeping(store);
    const contents = { deliveries: [], events: [] };
    await store.markErased(task, contents, clock.now());
    await store.removeContents(task.id, contents);
    const erased = await jobOf(store, task.id);
    expect(erased.isErased).toBe(true);
    expect(await dueAt(store, task.id)).toBe(clock.now());
    expect(await store.saveKeepJob({ ...job, outputs: [kept, kept] })).toBeUndefined();
    await store.removeKeepJob(task.id);
    await store.removeKeepJob(task.id);
    expect(await store.loadKeepJob(task.id)).toBeUndefined();
    expect(await dueAt(store, task.id)).toBeUndefined();
  });
}
