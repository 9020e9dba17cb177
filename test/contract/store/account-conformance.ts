// How accounts behave in any store: limits and balances under concurrency, and their administration.
// Counts are compared with the tasks, from which they are derived.
import { describe, expect, it } from 'vitest';
import { limits } from '../../../core/domain/limits.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { endedVersion, nextVersion, newAccount, newTask, START_TIME } from './stored-task.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { ApiKey } from '../../../core/domain/api-key.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { StoreUnderTest } from './store-under-test.ts';

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function opened(store: Store, fields: Partial<Account>): Promise<Account> {
  const account = newAccount(fields);
  await store.putAccount(account);
  return account;
}

/** Submits tasks at once and returns those that were accepted, and the outcome of the others. */
async function submitted(
  store: Store,
  count: number,
  fields: Partial<Task>,
): Promise<{ tasks: Task[]; refusals: string[] }> {
  const tasks = many(count).map(() => newTask(fields));
  const answers = await Promise.all(tasks.map((task) => store.createTask({ task, input: '{}' })));
  return {
    tasks: tasks.filter((_, index) => answers[index]?.kind === 'created'),
    refusals: answers.flatMap(({ kind }) => (kind === 'created' ? [] : [kind])),
  };
}

async function ended(store: Store, before: Task, fields: Partial<Task> = {}): Promise<Task> {
  const after = endedVersion(before, fields);
  expect(await store.commit({ changes: [{ before, after }] })).toEqual({ kind: 'committed' });
  return after;
}

const failure = { status: 'failed', result: { code: 5003, outputs: null, error: 'Service Unavailable' } } as const;

export function describeAccounts(place: StoreUnderTest): void {
  describe('accounts', () => {
    describeLimits(place);
    describeBalances(place);
    describeAdministration(place);
    describeKeys(place);
  });
}

function describeLimits(place: StoreUnderTest): void {
  it('counts how long the requests of an account are used up, on from where they are or from now', async () => {
    const { store, clock } = await place.open();
    const { id: accountId } = await opened(store, { requestsPerSecond: 10 });
    const now = clock.now();
    expect(await store.useRequests(accountId, 300)).toBe(now + 300);
    expect(await store.useRequests(accountId, 200)).toBe(now + 500);
    await clock.advance(2_000);
    expect(await store.useRequests(accountId, 100)).toBe(now + 2_100);
    const at = await Promise.all(many(10).map(() => store.useRequests(accountId, 50)));
    expect(Math.max(...at)).toBe(now + 2_600);
    expect(await store.loadAccount(accountId)).toMatchObject({ requestsUsedUntil: now + 2_600, requestsPerSecond: 10 });
  });

  it('finds what an idempotency key was used for while it is remembered', async () => {
    const { store, clock } = await place.open();
    const { id: accountId } = await opened(store, {});
    const task = newTask({ accountId });
    const idempotency = { key: 'k', digest: 'd', expiresAt: clock.now() + 1_000 };
    expect(await store.findRepeat(accountId, 'k')).toBeUndefined();
    await store.createTask({ task, input: '{}', idempotency });
    expect(await store.findRepeat(accountId, 'k')).toEqual({ taskId: task.id, digest: 'd' });
    expect(await store.findRepeat('acc_stranger', 'k')).toBeUndefined();
    await clock.advance(1_000);
    expect(await store.findRepeat(accountId, 'k')).toBeUndefined();
  });

  it('takes in exactly as many unfinished tasks as an account may have, however many come at once', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { concurrentTasksMax: 5 });

    const { tasks, refusals } = await submitted(store, 20, { accountId });

    expect(tasks).toHaveLength(5);
    expect(refusals).toEqual(many(15).map(() => 'account-full'));
    expect(await store.loadAccount(accountId)).toMatchObject({ activeTasks: 5 });
  });

  it('moves no count and no balance with a task that was taken in while the account had none', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, {});
    const { tasks } = await submitted(store, 3, { accountId, isUncounted: true });
    await store.updateAccount(accountId, { concurrentTasksMax: 1, balance: 5 });

    for (const task of tasks) await ended(store, task);

    expect(await store.loadAccount(accountId)).toMatchObject({ activeTasks: 0, balance: 5 });
    expect((await submitted(store, 2, { accountId })).tasks).toHaveLength(1);
  });

  it('leaves nothing behind of a task that was refused', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { concurrentTasksMax: 0 });
    const task = newTask({ accountId });
    const idempotency = { key: 'k', digest: 'd', expiresAt: START_TIME + 1_000 };

    expect(await store.createTask({ task, input: '{}', idempotency })).toEqual({ kind: 'account-full' });
    expect(await store.loadTask(task.id)).toBeUndefined();
    expect(await store.loadInput(task.id)).toBeUndefined();
    await store.updateAccount(accountId, { concurrentTasksMax: 1 });
    expect(await store.createTask({ task, input: '{}', idempotency })).toEqual({ kind: 'created' });
  });

  it('gives room back when a task ends, even one whose attempt is still open', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { concurrentTasksMax: 2 });
    const { tasks } = await submitted(store, 2, { accountId });

    await ended(store, tasks[0] as Task, { due: { at: START_TIME + 1, by: 'sweep' } });

    expect((await submitted(store, 3, { accountId })).tasks).toHaveLength(1);
    expect(await store.loadAccount(accountId)).toMatchObject({ activeTasks: 2 });
  });

  it('counts tasks that move without ending once', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, {});
    const { tasks } = await submitted(store, 3, { accountId });

    for (const before of tasks) await store.commit({ changes: [{ before, after: nextVersion(before) }] });

    expect(await store.loadAccount(accountId)).toMatchObject({ activeTasks: 3 });
  });

  it('has room for several tasks put back at once, or for none of them', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { concurrentTasksMax: 4 });
    const { tasks } = await submitted(store, 3, { accountId });
    const failed = await Promise.all(tasks.map((task) => ended(store, task, failure)));
    await submitted(store, 2, { accountId });
    const again = failed.map((before) => ({
      before,
      after: nextVersion(before, { status: 'queued', result: undefined, endedAt: undefined }),
    }));

    expect(await store.commit({ changes: again })).toEqual({ kind: 'account-full' });
    expect(await store.loadTasks(failed.map(({ id }) => id))).toEqual(failed);
    expect(await store.commit({ changes: again.slice(0, 2) })).toEqual({ kind: 'committed' });
    expect(await store.loadAccount(accountId)).toMatchObject({ activeTasks: 4 });
  });

  it('keeps the input of a task that is put back', async () => {
    const { store } = await place.open();
    const task = newTask();
    await store.createTask({ task, input: '{"prompt":"again"}' });
    const failed = await ended(store, task, failure);

    const after = nextVersion(failed, { status: 'queued', result: undefined, endedAt: undefined });
    expect(await store.commit({ changes: [{ before: failed, after }] })).toEqual({ kind: 'committed' });
    expect(await store.loadInput(task.id)).toBe('{"prompt":"again"}');
  });

  it('tells a stale change that it is stale before it tells that the account is full', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { concurrentTasksMax: 1 });
    const { tasks } = await submitted(store, 1, { accountId });
    const failed = await ended(store, tasks[0] as Task, failure);
    await store.commit({ changes: [{ before: failed, after: nextVersion(failed) }] });
    await submitted(store, 1, { accountId });

    const after = nextVersion(failed, { status: 'queued', endedAt: undefined });

    expect(await store.commit({ changes: [{ before: failed, after }] })).toMatchObject({ kind: 'lost' });
  });
}

function describeBalances(place: StoreUnderTest): void {
  it('takes one credit a charged task, down to zero and never below', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { balance: 3 });

    const { tasks, refusals } = await submitted(store, 10, { accountId, charged: true });

    expect(tasks).toHaveLength(3);
    expect(refusals).toEqual(many(7).map(() => 'balance-empty'));
    expect(await store.loadAccount(accountId)).toMatchObject({ balance: 0, activeTasks: 3 });
  });

  it('gives the credit back with a task that is no longer charged', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { balance: 2 });
    const { tasks } = await submitted(store, 2, { accountId, charged: true });

    await ended(store, tasks[0] as Task, { ...failure, charged: false });
    await ended(store, tasks[1] as Task);

    expect(await store.loadAccount(accountId)).toMatchObject({ balance: 1, activeTasks: 0 });
  });

  it('takes and gives back for several tasks of one account in one commit', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { balance: 10 });
    const { tasks } = await submitted(store, 3, { accountId, charged: true });

    await store.commit({
      changes: tasks.map((before) => ({ before, after: endedVersion(before, { ...failure, charged: false }) })),
    });

    expect(await store.loadAccount(accountId)).toMatchObject({ balance: 10, activeTasks: 0 });
  });

  it('never begins a balance for an account that keeps none', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { concurrentTasksMax: 3 });
    const { tasks } = await submitted(store, 2, { accountId, charged: true });

    await ended(store, tasks[0] as Task, { charged: false });

    expect(tasks).toHaveLength(2);
    expect(await store.loadAccount(accountId)).toMatchObject({ activeTasks: 1 });
    expect(await store.loadAccount(accountId)).not.toHaveProperty('balance');
  });

  it('does not bring a balance back that was taken away while a charged task was at work', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { balance: 5 });
    const { tasks } = await submitted(store, 1, { accountId, charged: true });
    await store.updateAccount(accountId, { balance: null });

    await ended(store, tasks[0] as Task, { ...failure, charged: false });

    expect(await store.loadAccount(accountId)).not.toHaveProperty('balance');
  });

  it('gives a credit back that moves nothing else of the account', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { balance: 5 });
    const { tasks } = await submitted(store, 1, { accountId, charged: true });
    const done = await ended(store, tasks[0] as Task);

    await store.commit({ changes: [{ before: done, after: nextVersion(done, { charged: false }) }] });

    expect(await store.loadAccount(accountId)).toMatchObject({ balance: 5, activeTasks: 0 });
  });
}

function describeAdministration(place: StoreUnderTest): void {
  it('makes an account once', async () => {
    const { store } = await place.open();
    const account = newAccount({
      name: 'Müller & Söhne',
      concurrentTasksMax: 2,
      balance: 0,
      weight: 1.5,
      isOperator: true,
    });

    expect(await store.putAccount(account)).toBe(true);
    expect(await store.putAccount({ ...account, name: 'Other' })).toBe(false);
    expect(await store.loadAccount(account.id)).toEqual(account);
    expect(await store.loadAccount('acc_nobody')).toBeUndefined();
  });

  it('keeps count for an account that is made after its tasks', async () => {
    const { store } = await place.open();
    const account = newAccount();
    await submitted(store, 2, { accountId: account.id });

    expect(await store.loadAccount(account.id)).toBeUndefined();
    expect(await store.putAccount(account)).toBe(true);
    expect(await store.loadAccount(account.id)).toEqual({ ...account, activeTasks: 2 });
  });

  it('changes what it is told to and leaves the rest', async () => {
    const { store } = await place.open();
    const account = await opened(store, { concurrentTasksMax: 2 });
    await submitted(store, 1, { accountId: account.id });

    expect(
      await store.updateAccount(account.id, { name: 'New', weight: 4, concurrentTasksMax: null, balance: 7 }),
    ).toEqual({
      id: account.id,
      name: 'New',
      weight: 4,
      balance: 7,
      isOperator: false,
      activeTasks: 1,
      createdAt: account.createdAt,
    });
    expect(await store.updateAccount(account.id, {})).toMatchObject({ name: 'New' });
    expect(await store.updateAccount('acc_nobody', { name: 'New' })).toBeUndefined();
    expect(await store.loadAccount('acc_nobody')).toBeUndefined();
  });

  it('adds credits to a balance, beginning one where there is none', async () => {
    const { store } = await place.open();
    const { id } = await opened(store, {});

    expect(await store.updateAccount(id, { credits: 10 })).toMatchObject({ balance: 10 });
    await Promise.all(many(10).map(() => store.updateAccount(id, { credits: 5 })));
    expect(await store.loadAccount(id)).toMatchObject({ balance: 60 });
    await expect(store.updateAccount(id, { credits: 1, balance: 2 })).rejects.toThrow('not both');
  });

  it('removes an account with its keys and secrets, so that nothing of it is left to be found', async () => {
    const { store } = await place.open();
    const { id } = await opened(store, { name: 'Gone' });
    const other = await opened(store, { name: 'Stays' });
    for (const [digest, accountId] of [
      ['d1', id],
      ['d2', id],
      ['d3', other.id],
    ] as const) {
      await store.putKey({ digest, accountId, hint: 'sk_', createdAt: START_TIME });
    }
    await store.saveSigning({ accountId: id, secrets: [], version: 1 });

    expect(await store.deleteAccount(id)).toBe('deleted');
    expect(await store.loadAccount(id)).toBeUndefined();
    expect(await store.listAccounts()).toEqual([other]);
    expect(await store.findKey('d1')).toBeUndefined();
    expect(await store.listKeys(id)).toEqual([]);
    expect(await store.loadSigning(id)).toBeUndefined();
    expect(await store.findKey('d3')).toMatchObject({ accountId: other.id });
    expect(await store.deleteAccount(id)).toBe('unknown');
  });

  it('removes nothing of an account whose tasks are unfinished, and all of it when they have ended', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, {});
    await store.putKey({ digest: 'd1', accountId, hint: 'sk_', createdAt: START_TIME });
    const { tasks } = await submitted(store, 1, { accountId });

    expect(await store.deleteAccount(accountId)).toBe('unfinished-tasks');
    expect(await store.findKey('d1')).toMatchObject({ accountId });
    await ended(store, tasks[0] as Task);
    expect(await store.deleteAccount(accountId)).toBe('deleted');
  });

  it('lists accounts in the order of their ids', async () => {
    const { store } = await place.open();
    expect(await store.listAccounts()).toEqual([]);
    const accounts = await Promise.all(many(12).map((index) => opened(store, { name: `Nr ${index}` })));

    expect(await store.listAccounts()).toEqual([...accounts].sort((a, b) => (a.id < b.id ? -1 : 1)));
    const ids = accounts.map(({ id }) => id).sort();
    expect(await store.listAccountIds(5)).toEqual({ ids: ids.slice(0, 5), hasMore: true });
    expect((await store.listAccountIds(20, ids[4])).ids).toEqual(ids.slice(5));
    expect(await store.listAccountIds(5, ids.at(-1))).toEqual({ ids: [], hasMore: false });
  });
}

function describeKeys(place: StoreUnderTest): void {
  const key = (digest: string, createdAt: number, accountId = 'acc_a'): ApiKey => ({
    digest,
    accountId,
    hint: `sk_${digest}`,
    createdAt,
  });

  it('finds a key by its digest and lists an account’s keys, oldest first', async () => {
    const { store } = await place.open();
    const [late, early, other] = [key('d1', 200), key('d2', 100), key('d3', 150, 'acc_b')];

    for (const one of [late, early, other]) expect(await store.putKey(one)).toBe(true);

    expect(await store.findKey('d1')).toEqual(late);
    expect(await store.findKey('d9')).toBeUndefined();
    expect(await store.listKeys('acc_a')).toEqual([early, late]);
    expect(await store.listKeys('acc_c')).toEqual([]);
  });

  it('never gives a digest to a second account', async () => {
    const { store } = await place.open();
    await store.putKey(key('d1', 100));

    expect(await store.putKey(key('d1', 100, 'acc_b'))).toBe(false);
    expect(await store.findKey('d1')).toMatchObject({ accountId: 'acc_a' });
    expect(await store.listKeys('acc_b')).toEqual([]);
  });

  it('makes keys up to the bound of an account, also for calls at the same time', async () => {
    const { store } = await place.open();
    const results = await Promise.all(
      many(limits.liveKeysMax + 4).map(async (index) => {
        for (;;) {
          try {
            return await store.createKey(key(`d${index}`, 100));
          } catch (error) {
            if (!(error instanceof RelayError && error.code === 'store-contended')) throw error;
          }
        }
      }),
    );
    expect(results.filter((result) => result === 'created')).toHaveLength(limits.liveKeysMax);
    expect(await store.listKeys('acc_a')).toHaveLength(limits.liveKeysMax);

    await store.revokeKey((await store.listKeys('acc_a'))[0]?.digest ?? '', 200);
    const given = { ...key('e1', 300), name: 'ci', scopes: ['read'] as const, expiresAt: 400, createdBy: 'cli:me' };
    expect(await store.createKey(given)).toBe('created');
    expect(await store.findKey('e1')).toEqual(given);
    expect(await store.createKey(key('e2', 300))).toBe('too-many');
    // It has ended: it counts no longer.
    expect(await store.createKey(key('e2', 400))).toBe('created');
  });

  it('keeps the latest hour in which a key was used', async () => {
    const { store } = await place.open();
    await store.putKey(key('d1', 100));
    for (const hourAt of [7_200_000, 3_600_000, 7_200_000]) await store.noteKeyUse('d1', hourAt);
    expect(await store.findKey('d1')).toEqual({ ...key('d1', 100), lastUsedAt: 7_200_000 });
    await store.noteKeyUse('d9', 100);
    expect(await store.findKey('d9')).toBeUndefined();
  });

  it('revokes a key for good, at the first time it was asked to', async () => {
    const { store } = await place.open();
    await store.putKey(key('d1', 100));

    expect(await store.revokeKey('d1', 500)).toEqual({ ...key('d1', 100), revokedAt: 500 });
    expect(await store.revokeKey('d1', 900)).toMatchObject({ revokedAt: 500 });
    expect(await store.findKey('d1')).toMatchObject({ revokedAt: 500 });
    expect(await store.revokeKey('d9', 500)).toBeUndefined();
    expect(await store.findKey('d9')).toBeUndefined();
  });
}
