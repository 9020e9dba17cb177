// How accounts behave in any store: limits and balances under concurrency, and their administration.
// Counts are compared with the tasks, from which they are derived.
import { describe, expect, it } from 'vitest';
import { limits } from '../../../core/domain/limits.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { endedVersion, nextVersion, newAccount, newTask, START_TIME } from './stored-task.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { ApiKey } from '../../../core/domain/api-key.ts';
import type { TaskMoney } from '../../../core/domain/money/charge.ts';
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

const reserved: TaskMoney = { priceMicros: 1, day: 20260101, reason: 'reserved' };
const givenBack: TaskMoney = { ...reserved, reason: 'service-failure' };

const failure = { status: 'failed', result: { code: 5003, outputs: null, error: 'Service Unavailable' } } as const;

export function describeAccounts(place: StoreUnderTest): void {
  describe('accounts', () => {
    describeLimits(place);
    describeBalances(place);
    describeBudgets(place);
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
    await store.updateAccount(accountId, { concurrentTasksMax: 1, balanceMicros: 5 });

    for (const task of tasks) await ended(store, task);

    expect(await store.loadAccount(accountId)).toMatchObject({ activeTasks: 0, balanceMicros: 5 });
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
  it('takes the price of a task, down to zero and never below', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { balanceMicros: 3 });

    const { tasks, refusals } = await submitted(store, 10, { accountId, money: reserved });

    expect(tasks).toHaveLength(3);
    expect(refusals).toEqual(many(7).map(() => 'balance-empty'));
    expect(await store.loadAccount(accountId)).toMatchObject({ balanceMicros: 0, activeTasks: 3 });
  });

  it('gives the price back with a task that costs nothing after all', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { balanceMicros: 2 });
    const { tasks } = await submitted(store, 2, { accountId, money: reserved });

    await ended(store, tasks[0] as Task, { ...failure, money: givenBack });
    await ended(store, tasks[1] as Task);

    expect(await store.loadAccount(accountId)).toMatchObject({ balanceMicros: 1, activeTasks: 0 });
  });

  it('takes and gives back for several tasks of one account in one commit', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { balanceMicros: 10 });
    const { tasks } = await submitted(store, 3, { accountId, money: reserved });

    await store.commit({
      changes: tasks.map((before) => ({ before, after: endedVersion(before, { ...failure, money: givenBack }) })),
    });

    expect(await store.loadAccount(accountId)).toMatchObject({ balanceMicros: 10, activeTasks: 0 });
  });

  it('never begins a balance for an account that keeps none', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { concurrentTasksMax: 3 });
    const { tasks } = await submitted(store, 2, { accountId, money: reserved });

    await ended(store, tasks[0] as Task, { money: givenBack });

    expect(tasks).toHaveLength(2);
    expect(await store.loadAccount(accountId)).toMatchObject({ activeTasks: 1 });
    expect(await store.loadAccount(accountId)).not.toHaveProperty('balanceMicros');
  });

  it('does not bring a balance back that was taken away while a paid task was at work', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { balanceMicros: 5 });
    const { tasks } = await submitted(store, 1, { accountId, money: reserved });
    await store.updateAccount(accountId, { balanceMicros: null });

    await ended(store, tasks[0] as Task, { ...failure, money: givenBack });

    expect(await store.loadAccount(accountId)).not.toHaveProperty('balanceMicros');
  });

  it('gives a price back that moves nothing else of the account', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { balanceMicros: 5 });
    const { tasks } = await submitted(store, 1, { accountId, money: reserved });
    const done = await ended(store, tasks[0] as Task);

    await store.commit({ changes: [{ before: done, after: nextVersion(done, { money: givenBack }) }] });

    expect(await store.loadAccount(accountId)).toMatchObject({ balanceMicros: 5, activeTasks: 0 });
  });
}

function describeBudgets(place: StoreUnderTest): void {
  const day = (of: number, priceMicros = 4): Partial<Task> => ({
    isUncounted: true,
    money: { priceMicros, day: of, reason: 'reserved' },
  });

  it('takes in what fits the budget of a day to the micro-dollar, however many come at once', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { dayBudgetMicros: 23 });

    const { tasks, refusals } = await submitted(store, 10, { accountId, ...day(20260105) });

    expect([tasks.length, refusals]).toEqual([5, many(5).map(() => 'day-budget-empty')]);
    expect(await store.loadAccount(accountId)).toMatchObject({ budgetDay: 20260105, daySpentMicros: 20 });
    expect((await submitted(store, 1, { accountId, ...day(20260105, 3) })).tasks).toHaveLength(1);
  });

  it('begins a day anew, and a month with it, and takes nothing that is dearer than either', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { dayBudgetMicros: 10, monthBudgetMicros: 15 });
    const kinds: string[] = [];
    for (const [of, price] of [
      [20260130, 11],
      [20260130, 10],
      [20260131, 6],
      [20260131, 5],
      [20260131, 1],
      [20260201, 11],
      [20260201, 10],
      [20260202, 5],
    ] as const) {
      const { refusals } = await submitted(store, 1, { accountId, ...day(of, price) });
      kinds.push(refusals[0] ?? 'created');
    }

    expect(kinds).toEqual([
      'day-budget-empty',
      'created',
      'month-budget-empty',
      'created',
      'month-budget-empty',
      'day-budget-empty',
      'created',
      'created',
    ]);
    const expected = { budgetDay: 20260202, daySpentMicros: 5, monthSpentMicros: 15 };
    expect(await store.loadAccount(accountId)).toMatchObject(expected);
  });

  it('gives back to the day and the month that the price was taken from, and to none that came later', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { monthBudgetMicros: 100 });
    const taken: Task[] = [];
    for (const of of [20260130, 20260131, 20260131, 20260201]) {
      taken.push(...(await submitted(store, 1, { accountId, ...day(of) })).tasks);
      if (of === 20260131 && taken.length === 3) {
        await ended(store, taken[0] as Task, {
          ...failure,
          money: { priceMicros: 4, day: 20260130, reason: 'refused' },
        });
        const inMonth = { budgetDay: 20260131, daySpentMicros: 8, monthSpentMicros: 8 };
        expect(await store.loadAccount(accountId)).toMatchObject(inMonth);
      }
    }
    await ended(store, taken[1] as Task, { ...failure, money: { priceMicros: 4, day: 20260131, reason: 'refused' } });

    const after = { budgetDay: 20260201, daySpentMicros: 4, monthSpentMicros: 4 };
    expect(await store.loadAccount(accountId)).toMatchObject(after);
  });

  it('charges a late success even past balance and budget: no end fails on its account', async () => {
    const { store } = await place.open();
    const { id: accountId } = await opened(store, { balanceMicros: 4, dayBudgetMicros: 4 });
    const { tasks } = await submitted(store, 1, { accountId, ...day(20260105) });
    const free = { money: { priceMicros: 4, day: 20260105, reason: 'service-failure' } } as const;
    const failed = await ended(store, tasks[0] as Task, { ...failure, ...free });
    await submitted(store, 1, { accountId, ...day(20260105) });

    const late = nextVersion(failed, { money: { ...free.money, reason: 'late-success' } });

    expect(await store.commit({ changes: [{ before: failed, after: late }] })).toEqual({ kind: 'committed' });
    expect(await store.loadAccount(accountId)).toMatchObject({ balanceMicros: -4, daySpentMicros: 8 });
  });

  it('goes by the budget that is set now, not by the one that the submit has read', async () => {
    const { store } = await place.open();
    const account = await opened(store, { dayBudgetMicros: 100 });
    await store.updateAccount(account.id, { dayBudgetMicros: 3 });
    const task = newTask({ accountId: account.id, ...day(20260105) });

    expect(await store.createTask({ task, input: '{}', account })).toMatchObject({ kind: 'day-budget-empty' });
    await store.updateAccount(account.id, { dayBudgetMicros: null });
    expect(await store.createTask({ task, input: '{}', account })).toEqual({ kind: 'created' });
  });
}

function describeAdministration(place: StoreUnderTest): void {
  it('makes an account once', async () => {
    const { store } = await place.open();
    const account = newAccount({
      name: 'Müller & Söhne',
      concurrentTasksMax: 2,
      balanceMicros: 0,
      weight: 1.5,
      isOperator: true,
    });

    expect(await store.putAccount(account)).toBe(true);
    expect(await store.putAccount({ ...account, name: 'Other' })).toBe(false);
    expect(await store.loadAccount(account.id)).toEqual({ ...account, balanceBaseMicros: 0 });
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
      await store.updateAccount(account.id, { name: 'New', weight: 4, concurrentTasksMax: null, balanceMicros: 7 }),
    ).toEqual({
      id: account.id,
      name: 'New',
      weight: 4,
      balanceMicros: 7,
      balanceBaseMicros: 7,
      isOperator: false,
      activeTasks: 1,
      createdAt: account.createdAt,
    });
    expect(await store.updateAccount(account.id, {})).toMatchObject({ name: 'New' });
    expect(await store.updateAccount('acc_nobody', { name: 'New' })).toBeUndefined();
    expect(await store.loadAccount('acc_nobody')).toBeUndefined();
  });

  it('adds money to a balance, beginning one where there is none', async () => {
    const { store } = await place.open();
    const { id } = await opened(store, {});

    expect(await store.updateAccount(id, { addedMicros: 10 })).toMatchObject({ balanceMicros: 10 });
    await Promise.all(many(10).map(() => store.updateAccount(id, { addedMicros: 5 })));
    expect(await store.loadAccount(id)).toMatchObject({ balanceMicros: 60 });
    await expect(store.updateAccount(id, { addedMicros: 1, balanceMicros: 2 })).rejects.toThrow('not both');
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
