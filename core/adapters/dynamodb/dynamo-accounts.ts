// Accounts in DynamoDB: read, created, changed and deleted here; dynamo-keys.ts has their keys. Their counts and
// balances change with the tasks, see transaction.ts.
import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { deleteKeysOf, keysOf } from './dynamo-keys.ts';
import { markWrite, usedKey } from './used-key.ts';
import { marksNames } from '../../domain/money/budget-threshold.ts';
import { deleteLeases, whileUnleased } from './money-leases.ts';
import { batchGet, queryPage, queryPartition } from './dynamo-reads.ts';
import { tryPolicies } from '../../ports/optimistic-commit.ts';
import { classifyFault } from '../sdk-faults.ts';
import { deleteRow, loadItem, makeListed, readItem, updateListed } from './listed-items.ts';
import { keyItem } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Key } from '../../contract/items.ts';
import type { AccountUpdate, OnceChanged, OnceKey } from '../../ports/account-changes.ts';
import type { AccountRemoval, AccountAdmin, AccountStore } from '../../ports/ports.ts';
import type { Tried } from '../../ports/optimistic-commit.ts';
import type { Account } from '../../domain/account.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

function readAccount(item: Item | undefined): Account | undefined {
  return readItem<Account>(item, 'id');
}

export function accountsOf(table: DynamoTable): AccountStore & AccountAdmin {
  return {
    ...keysOf(table),

    loadAccount: async (accountId) => readAccount(await loadItem(table, keyOf.account(accountId))),
    useRequests: (accountId, usedMs) => useRequests(table, accountId, usedMs),

    putAccount: async (account) => {
      const update = new UpdateExpression();
      const { activeTasks, ...fields } = account;
      for (const [name, value] of Object.entries({ ...fields, balanceBaseMicros: fields.balanceMicros }))
        if (value !== undefined) update.set(name, value);
      update.setIfAbsent('activeTasks', activeTasks);
      update.require(`attribute_not_exists(${update.name('id')})`);
      return makeListed(
        table,
        update.toUpdate(table.name, keyOf.account(account.id)),
        keyOf.accountListing(account.id),
      );
    },

    updateAccount: async (accountId, change) => {
      const changed = await changeAccount(table, accountId, change);
      return changed.kind === 'changed' ? changed.account : undefined;
    },
    updateAccountOnce: async (accountId, change, once) =>
      (await usedKey(table, accountId, once)) ?? changeAccount(table, accountId, change, once),

    deleteAccount: (accountId) => deleteAccount(table, accountId),

    listAccountIds: async (limit, after) => {
      const { items, next } = await queryPage(table, {
        KeyConditionExpression: `pk = :pk${after === undefined ? '' : ' AND sk > :after'}`,
        ExpressionAttributeValues: {
          ':pk': { S: keyOf.accountListing('').pk },
          ...(after !== undefined && { ':after': { S: after } }),
        },
        ConsistentRead: true,
        Limit: limit,
      });
      return { ids: items.map((item) => item['sk']?.S ?? ''), hasMore: next !== undefined };
    },

    listAccounts: async () => {
      const listed = await queryPartition(table, keyOf.accountListing('').pk);
      const keys = listed.map((item) => keyOf.account(item['sk']?.S ?? ''));
      const accounts = (await batchGet(table, keys, { consistent: true })).flatMap((item) => readAccount(item) ?? []);
      return accounts.sort((a, b) => (a.id < b.id ? -1 : 1));
    },
  };
}

async function deleteAccount(table: DynamoTable, accountId: string): Promise<AccountRemoval> {
  const account = readAccount(await loadItem(table, keyOf.account(accountId)));
  if (account && account.activeTasks > 0) return 'unfinished-tasks';
  // Keys first: without them no task is accepted between the read of the count and the deletion of the row.
  await deleteKeysOf(table, accountId);
  if (account && !(await deleteIdle(table, keyOf.account(accountId)))) return 'unfinished-tasks';
  await deleteRowsBeside(table, accountId);
  await deleteLeases(table, accountId);
  // The entry in the list is deleted last, so that a second call finds what a crash left behind.
  await deleteRow(table, keyOf.accountListing(accountId));
  return account ? 'deleted' : 'unknown';
}

/** Endpoints, with the rows that name their owner, secrets and counts. */
async function deleteRowsBeside(table: DynamoTable, accountId: string): Promise<void> {
  const { pk, sk: own } = keyOf.account(accountId);
  for (const row of await queryPartition(table, pk)) {
    const sk = row['sk']?.S ?? '';
    const endpointId = /^ENDPOINT#(.+)/.exec(sk)?.[1];
    if (endpointId !== undefined) await deleteRow(table, keyOf.endpointOwner(endpointId));
    if (sk !== own) await deleteRow(table, { pk, sk });
  }
}

const USED_UNTIL = 'requestsUsedUntil';

/** Two tries in most cases: a window still in use continues from its end, one that has passed begins now. */
function useRequests(table: DynamoTable, accountId: string, usedMs: number): Promise<number> {
  const attempt = async (tries: number): Promise<Tried<number>> => {
    const now = table.now();
    const update = new UpdateExpression();
    const name = update.name(USED_UNTIL);
    if (tries % 2 === 0) {
      update.add(USED_UNTIL, usedMs);
      update.require(`${name} > ${update.value(now)}`);
    } else {
      update.set(USED_UNTIL, now + usedMs);
      update.require(`attribute_exists(${update.name('id')})`);
      update.require(`attribute_not_exists(${name}) OR ${name} <= ${update.value(now)}`);
    }
    const command = new UpdateItemCommand({
      ...update.toUpdate(table.name, keyOf.account(accountId)),
      ReturnValues: 'ALL_NEW',
    });
    try {
      const { Attributes: after } = await table.call((client) => client.send(command));
      return { result: Number(after?.[USED_UNTIL]?.N) };
    } catch (error) {
      if (classifyFault(error).kind !== 'condition-failed') throw error;
      return 'lost';
    }
  };
  // Others add to it faster than this call can, so it is certainly used up for now.
  const contended = (): { result: number } => ({ result: table.now() });
  return table.optimistically({ policy: tryPolicies.requestMeter, attempt, contended });
}

function accountChange(change: AccountUpdate): UpdateExpression {
  const { balanceMicros, addedMicros, ...plain } = change;
  if (balanceMicros !== undefined && addedMicros !== undefined)
    throw new Error('a balance is set or added to, not both');
  const update = new UpdateExpression();
  for (const [name, value] of Object.entries({ ...plain, balanceMicros })) {
    if (value === null) update.remove(name);
    else if (value !== undefined) update.set(name, value);
  }
  if (addedMicros !== undefined) update.add('balanceMicros', addedMicros);
  restartThresholds(update, change);
  return update;
}

async function changeAccount(
  table: DynamoTable,
  accountId: string,
  change: AccountUpdate,
  once?: OnceKey,
): Promise<OnceChanged> {
  const key = keyOf.account(accountId);
  const write = async (update: UpdateExpression): Promise<OnceChanged | undefined> => {
    update.require(`attribute_exists(${update.name('id')})`);
    const marks = once ? [markWrite(table, accountId, once)] : [];
    const account = readAccount(await updateListed(table, update, key, marks));
    return account ? { kind: 'changed', account } : once && usedKey(table, accountId, once);
  };
  const update = accountChange(change);
  if (update.isEmpty) {
    const account = readAccount(await loadItem(table, key));
    return account ? { kind: 'changed', account } : { kind: 'unknown' };
  }
  const changed = isOfMoney(change)
    ? await whileUnleased(table, accountId, (requireUnleased) => {
        const again = accountChange(change);
        requireUnleased(again);
        return write(again);
      })
    : await write(update);
  return changed ?? { kind: 'unknown' };
}

function isOfMoney({ balanceMicros, addedMicros, dayBudgetMicros, monthBudgetMicros }: AccountUpdate): boolean {
  return [balanceMicros, addedMicros, dayBudgetMicros, monthBudgetMicros].some((value) => value !== undefined);
}

/** When a limit is set, its thresholds are reported again. */
function restartThresholds(
  update: UpdateExpression,
  { balanceMicros, addedMicros, dayBudgetMicros, monthBudgetMicros }: AccountUpdate,
): void {
  if (dayBudgetMicros !== undefined) update.remove(marksNames.day);
  if (monthBudgetMicros !== undefined) update.remove(marksNames.month);
  if (balanceMicros === undefined && addedMicros === undefined) return;
  update.remove(marksNames.balance);
  if (balanceMicros === null) update.remove('balanceBaseMicros');
  else if (typeof balanceMicros === 'number') update.set('balanceBaseMicros', balanceMicros);
  else update.setSum('balanceBaseMicros', 'balanceMicros', addedMicros ?? 0);
}

/** Deletes an account's item; false when the account has unfinished tasks after all. */
async function deleteIdle(table: DynamoTable, key: Key): Promise<boolean> {
  const remove = new DeleteItemCommand({
    TableName: table.name,
    Key: keyItem(key),
    ConditionExpression: 'attribute_not_exists(activeTasks) OR activeTasks <= :none',
    ExpressionAttributeValues: { ':none': { N: '0' } },
  });
  try {
    await table.call((client) => client.send(remove));
    return true;
  } catch (error) {
    if (classifyFault(error).kind === 'condition-failed') return false;
    throw error;
  }
}
