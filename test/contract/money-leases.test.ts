// Leases of an account's money over DynamoDB, one step at a time: two processes, each with a store of its own, on one clock.
// The worlds of test/simulation/lease-world.ts play what happens when processes die between these steps.
import { DeleteItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { keyItem } from '../../core/adapters/dynamodb/task-item.ts';
import { keyOf } from '../../core/contract/items.ts';
import { budgetDayOf, sumOfDays } from '../../core/domain/money/account-money.ts';
import { LEASE_MS } from '../../core/domain/money/money-lease.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { createRelayTable, localDynamoClient } from '../support/relay-table.ts';
import { endedVersion, newAccount, newTask, START_TIME } from './store/stored-task.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store } from '../../core/adapters/dynamodb/dynamo-store.ts';
import type { AccountMoney } from '../../core/domain/money/account-money.ts';
import type { CreationResult } from '../../core/ports/ports.ts';
import type { Dynoxide } from '../support/dynoxide.ts';

const TABLE = 'money-leases';
/** 256 leases of a whole price, so that the first one holds sixteen. */
const BALANCE = 10_000;
const PRICE = 1;
/** Of a first lease, when the second submit takes it: the third spends one of them. */
const LEASED_AFTER_THREE = 15;
let now = START_TIME;

describe.runIf(hasDynoxide() || process.env['CI'])('money that a process leases', () => {
  let dynoxide: Dynoxide;
  let client: DynamoDBClient;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
    client = localDynamoClient(dynoxide.endpoint);
    await createRelayTable(client, TABLE);
  });
  afterAll(async () => {
    client.destroy();
    await dynoxide.stop();
  });

  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const randomSource = new FixedRandomSource(11, clock);
  const openProcess = (own = client): Store =>
    makeDynamoStore({ client: own, tableName: TABLE, clock, randomSource, settings: defaultSettings.gate });

  const submit = async (store: Store, accountId: string, priceMicros = PRICE): Promise<CreationResult['kind']> => {
    const money = { priceMicros, day: budgetDayOf(now), reason: 'reserved' } as const;
    const task = newTask({ accountId, isUncounted: true, createdAt: now, updatedAt: now, money });
    return (await store.createTask({ task, input: '{}', account: await store.loadAccount(accountId) })).kind;
  };

  /** A busy process with a lease, and another one. */
  const opened = async (money: AccountMoney = { balanceMicros: BALANCE }) => {
    const [busy, other] = [openProcess(), openProcess()];
    const { id } = newAccount();
    await busy.putAccount(newAccount({ id, ...money }));
    for (let count = 0; count < 3; count += 1) await submit(busy, id);
    const left = async (): Promise<number | undefined> => (await busy.loadAccount(id))?.balanceMicros;
    const leased = (): Promise<unknown> => busy.leased(id);
    return { busy, other, id, left, leased };
  };

  it('is taken from the account with its second task, and pays for the third without it', async () => {
    const { left, leased } = await opened();
    expect(await leased()).toEqual({ [budgetDayOf(now)]: LEASED_AFTER_THREE });
    expect(await left()).toBe(BALANCE - 3 - LEASED_AFTER_THREE);
  });

  it('is not taken by a quiet process', async () => {
    const { other, id, leased } = await opened();
    const before = await leased();
    for (let count = 0; count < 3; count += 1) {
      now += 2_000;
      await submit(other, id);
    }
    expect(await leased()).toEqual(before);
  });

  it('is not taken near the end of what the account has', async () => {
    const { leased } = await opened({ balanceMicros: 200 });
    expect(await leased()).toEqual({});
  });

  it('refuses no task that the account could pay with it', async () => {
    const { other, id, left, leased } = await opened();
    const rest = ((await left()) ?? 0) + LEASED_AFTER_THREE;
    expect(await submit(other, id, rest)).toBe('created');
    expect([await left(), await leased()]).toEqual([0, {}]);
    expect(await submit(other, id)).toBe('balance-empty');
  });

  it('refuses no task for it where all thresholds are reported', async () => {
    const { busy, other, id, left, leased } = await opened();
    expect(await submit(other, id, 2 * BALANCE)).toBe('balance-empty');
    expect(await submit(other, id, 0.85 * BALANCE)).toBe('created');
    for (let count = 0; count < 3; count += 1) await submit(busy, id);
    const held = sumOfDays((await leased()) as Record<string, number>);
    expect(held).toBeGreaterThan(0);
    expect(await submit(other, id, ((await left()) ?? 0) + held)).toBe('created');
    expect([await left(), await leased()]).toEqual([0, {}]);
  });

  it('refuses no task when another has just given the leases back', async () => {
    const { busy, other, id, left, leased } = await opened();
    expect(await submit(other, id, 2 * BALANCE)).toBe('balance-empty');
    expect(await submit(other, id, 0.85 * BALANCE)).toBe('created');
    for (let count = 0; count < 3; count += 1) await submit(busy, id);
    expect(await submit(other, id, (await left()) ?? 0)).toBe('created');
    expect(sumOfDays((await leased()) as Record<string, number>)).toBeGreaterThan(1);
    let isRival = true;
    const send = async (command: Parameters<DynamoDBClient['send']>[0]): Promise<unknown> => {
      if (isRival && command instanceof QueryCommand) {
        isRival = false;
        expect(await submit(other, id)).toBe('created');
      }
      return client.send(command as never);
    };
    const late = openProcess({ send } as unknown as DynamoDBClient);
    expect(await submit(late, id)).toBe('created');
    expect(isRival).toBe(false);
  });

  it('refuses no task that is put back, which the account could pay with it', async () => {
    const { other, id, left, leased } = await opened();
    const rest = ((await left()) ?? 0) + LEASED_AFTER_THREE;
    const money = { priceMicros: rest, day: budgetDayOf(now), reason: 'reserved' } as const;
    const task = newTask({ accountId: id, isUncounted: true });
    await other.createTask({ task, input: '{}' });
    const ended = endedVersion(task, { status: 'failed' });
    await other.commit({ changes: [{ before: task, after: ended }] });
    const again = { ...ended, status: 'queued', version: ended.version + 1, money } as const;
    expect(await other.commit({ changes: [{ before: ended, after: again }] })).toMatchObject({ kind: 'committed' });
    expect([await left(), await leased()]).toEqual([0, {}]);
  });

  it('does not count for a threshold', async () => {
    const { other, id, left } = await opened();
    // With what is leased half of the balance would be used, without it one task less than half.
    const spend = ((await left()) ?? 0) + LEASED_AFTER_THREE - BALANCE / 2 - 1;
    expect(await submit(other, id, spend)).toBe('created');
    const types = async () => (await other.readEvents(id, { position: 0, id: '' }, 10)).map(({ event }) => event.type);
    expect(await types()).toEqual([]);
    await submit(other, id);
    now += 60_000;
    expect(await types()).toEqual(['budget.threshold']);
  });

  it.each([
    { what: 'has less than its process believes', change: 'SET leftMicros = :zero', isBack: false },
    { what: 'is of another day than its process believes', change: 'SET leaseDay = :yesterday', isBack: true },
  ])('pays for nothing when it $what', async ({ change, isBack }) => {
    const { busy, id, left, leased } = await opened();
    const Key = keyItem(keyOf.lease(id, await holderOf(busy, id)));
    const values = isBack ? { ':yesterday': { N: String(budgetDayOf(now) - 1) } } : { ':zero': { N: '0' } };
    const update = { TableName: TABLE, Key, UpdateExpression: change, ExpressionAttributeValues: values as never };
    await client.send(new UpdateItemCommand(update));
    const before = (await left()) ?? 0;
    expect(await submit(busy, id)).toBe('created');
    const held = (await leased()) as Record<string, number>;
    expect(Object.keys(held)).toEqual([String(budgetDayOf(now))]);
    expect(sumOfDays(held)).toBeGreaterThanOrEqual(0);
    expect(((await left()) ?? 0) + sumOfDays(held)).toBe(before - 1 + (isBack ? LEASED_AFTER_THREE : 0));
  });

  it('is given back after a minute, whether its process lives or not, and not before', async () => {
    const { busy, other, id, left, leased } = await opened();
    const holderId = await holderOf(other, id);
    expect(await other.returnLease(id, holderId)).toBe(false);
    now += LEASE_MS;
    expect(await other.returnLease(id, holderId)).toBe(true);
    expect(await other.returnLease(id, holderId)).toBe(false);
    expect([await left(), await leased()]).toEqual([BALANCE - 3, {}]);
    // The process believes that it still has it.
    expect(await submit(busy, id)).toBe('created');
    expect(await left()).toBe(BALANCE - 4);
  });

  it('is of its day: the next one reserves anew, and yesterday gets back what is left', async () => {
    const { busy, id, leased } = await opened({ dayBudgetMicros: BALANCE });
    const midnight =
      START_TIME - (START_TIME % 86_400_000) + 86_400_000 * Math.ceil((now - START_TIME) / 86_400_000 + 1);
    now = midnight - 500;
    for (let count = 0; count < 2; count += 1) await submit(busy, id);
    now = midnight + 300;
    expect(await submit(busy, id)).toBe('created');
    const [today, yesterday] = [budgetDayOf(now), budgetDayOf(midnight - 500)];
    const account = await busy.loadAccount(id);
    const held = (await leased()) as Record<string, number>;
    expect(held[yesterday]).toBeUndefined();
    expect(account).toMatchObject({ budgetDay: today, daySpentMicros: 1 + (held[today] ?? 0) });
  });

  it('ends before the balance is set, and comes back to no balance that it is not of', async () => {
    const { other, busy, id, left, leased } = await opened();
    await other.updateAccount(id, { balanceMicros: 50 });
    expect([await left(), await leased()]).toEqual([50, {}]);
    expect(await submit(busy, id)).toBe('created');
    expect(await left()).toBe(49);
  });

  it('is not taken while the money of its account is being set', async () => {
    const { other, id } = await opened();
    const hold = { ':until': { N: String(now + 10_000) } };
    const Key = keyItem(keyOf.account(id));
    const update = {
      TableName: TABLE,
      Key,
      UpdateExpression: 'SET leasesFrom = :until',
      ExpressionAttributeValues: hold,
    };
    await client.send(new UpdateItemCommand(update));
    const before = await other.leased(id);
    for (let count = 0; count < 3; count += 1) expect(await submit(other, id)).toBe('created');
    expect(await other.leased(id)).toEqual(before);
    now += 10_000;
    for (let count = 0; count < 3; count += 1) await submit(other, id);
    expect(await other.leased(id)).not.toEqual(before);
  });

  it.each([
    ['a balance', { balanceMicros: BALANCE }],
    ['a budget alone', { dayBudgetMicros: BALANCE }],
  ])('goes with its account, which nothing brings back, of %s', async (_what, money) => {
    const { busy, other, id, leased } = await opened(money);
    const known = await busy.loadAccount(id);
    expect(await other.deleteAccount(id)).toBe('deleted');
    expect(await leased()).toEqual({});
    // A request that was let in a moment before, from the lease that it believes in or from the account.
    for (const store of [busy, openProcess()]) {
      const reserved = { priceMicros: PRICE, day: budgetDayOf(now), reason: 'reserved' } as const;
      const task = newTask({ accountId: id, isUncounted: true, createdAt: now, updatedAt: now, money: reserved });
      await expect(store.createTask({ task, input: '{}', account: known })).rejects.toMatchObject({
        code: 'store-contended',
      });
      expect(await other.loadTask(task.id)).toBeUndefined();
    }
    const { Items: rows } = await client.send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: keyOf.account(id).pk } },
      }),
    );
    expect(rows).toEqual([]);
  });

  it('of an account that was deleted is removed when it is due', async () => {
    const { busy, other, id, leased } = await opened({ dayBudgetMicros: BALANCE });
    const holderId = await holderOf(busy, id);
    const { pk, sk } = keyOf.account(id);
    await client.send(new DeleteItemCommand({ TableName: TABLE, Key: { pk: { S: pk }, sk: { S: sk } } }));
    now += LEASE_MS;
    expect(await other.returnLease(id, holderId)).toBe(true);
    expect([await leased(), await other.loadAccount(id)]).toEqual([{}, undefined]);
  });
});

async function holderOf(store: Store, accountId: string): Promise<string> {
  const rows = await Promise.all(
    Array.from({ length: store.shards }, (_, shard) => store.overdue(shard, now + 2 * LEASE_MS, 100)),
  );
  const ids = rows.flat().map(({ id }) => id.split('#'));
  return ids.find(([owner]) => owner === accountId)?.[1] ?? '';
}
