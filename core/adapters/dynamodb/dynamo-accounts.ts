// Accounts and their keys in DynamoDB: read, created, changed and deleted here. Their counts and balances change with
// the tasks, see transaction.ts.
import {
  DeleteItemCommand,
  GetItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { convertToNative } from '@aws-sdk/util-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { batchGet, queryPartition } from './dynamo-reads.ts';
import { tryPolicies } from '../../ports/optimistic-commit.ts';
import { classifyFault } from '../sdk-faults.ts';
import { layoutMark } from './table-layout.ts';
import { keyItem } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { Key } from '../../contract/items.ts';
import type { AccountRemoval, AccountAdmin, AccountStore, AccountUpdate } from '../../ports/ports.ts';
import type { Tried } from '../../ports/optimistic-commit.ts';
import type { Account } from '../../domain/account.ts';
import type { ApiKey } from '../../domain/api-key.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

/** Undefined for a missing item, and for one that only counts the tasks of an account that was never created. */
function readItem<Value>(item: Item | undefined, identity: keyof Value & string): Value | undefined {
  if (item?.[identity] === undefined) return undefined;
  const { pk: _pk, sk: _sk, ...fields } = item;
  const native: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) native[name] = convertToNative(value, { wrapNumbers: Number });
  return native as Value;
}

function readAccount(item: Item | undefined): Account | undefined {
  return readItem<Account>(item, 'id');
}

function readKey(item: Item | undefined): ApiKey | undefined {
  return readItem<ApiKey>(item, 'digest');
}

async function load(table: DynamoTable, key: Key): Promise<Item | undefined> {
  const get = new GetItemCommand({ TableName: table.name, Key: keyItem(key), ConsistentRead: true });
  return (await table.call((client) => client.send(get))).Item;
}

export function accountsOf(table: DynamoTable): AccountStore & AccountAdmin {
  return {
    findKey: async (digest) => readKey(await load(table, keyOf.apiKey(digest))),
    loadAccount: async (accountId) => readAccount(await load(table, keyOf.account(accountId))),
    useRequests: (accountId, usedMs) => useRequests(table, accountId, usedMs),

    putAccount: async (account) => {
      const update = new UpdateExpression();
      const { activeTasks, ...fields } = account;
      for (const [name, value] of Object.entries(fields)) if (value !== undefined) update.set(name, value);
      update.setIfAbsent('activeTasks', activeTasks);
      update.require(`attribute_not_exists(${update.name('id')})`);
      return makeListed(
        table,
        update.toUpdate(table.name, keyOf.account(account.id)),
        keyOf.accountListing(account.id),
      );
    },

    updateAccount: async (accountId, change) => {
      const update = accountChange(change);
      if (update.isEmpty) return readAccount(await load(table, keyOf.account(accountId)));
      update.require(`attribute_exists(${update.name('id')})`);
      return readAccount(await updateListed(table, update, keyOf.account(accountId)));
    },

    deleteAccount: (accountId) => deleteAccount(table, accountId),

    listAccounts: async () => {
      const listed = await queryPartition(table, keyOf.accountListing('').pk);
      const keys = listed.map((item) => keyOf.account(item['sk']?.S ?? ''));
      const accounts = (await batchGet(table, keys, { consistent: true })).flatMap((item) => readAccount(item) ?? []);
      return accounts.sort((a, b) => (a.id < b.id ? -1 : 1));
    },

    putKey: async (key) => {
      const update = new UpdateExpression();
      for (const [name, value] of Object.entries(key)) if (value !== undefined) update.set(name, value);
      update.require(`attribute_not_exists(${update.name('digest')})`);
      const listing = keyOf.keyListing(key.accountId, key.digest);
      return makeListed(table, update.toUpdate(table.name, keyOf.apiKey(key.digest)), listing);
    },

    revokeKey: async (digest, now) => {
      const update = new UpdateExpression();
      update.setIfAbsent('revokedAt', now);
      update.require(`attribute_exists(${update.name('digest')})`);
      return readKey(await updateListed(table, update, keyOf.apiKey(digest)));
    },

    listKeys: async (accountId) => {
      const listed = await queryPartition(table, keyOf.keyListing(accountId, '').pk);
      const keys = listed.map((item) => keyOf.apiKey(item['sk']?.S ?? ''));
      const found = (await batchGet(table, keys, { consistent: true })).flatMap((item) => readKey(item) ?? []);
      return found.sort((a, b) => a.createdAt - b.createdAt || (a.digest < b.digest ? -1 : 1));
    },
  };
}

async function deleteAccount(table: DynamoTable, accountId: string): Promise<AccountRemoval> {
  const account = readAccount(await load(table, keyOf.account(accountId)));
  if (account && account.activeTasks > 0) return 'unfinished-tasks';
  // Keys first: without them no task is accepted between the read of the count and the deletion of the row.
  await deleteApiKeys(table, accountId);
  if (account && !(await deleteIdle(table, keyOf.account(accountId)))) return 'unfinished-tasks';
  // The entry in the list is deleted last, so that a second call finds what a crash left behind.
  for (const { sk } of await queryPartition(table, keyOf.account(accountId).pk)) {
    if (sk?.S !== keyOf.account(accountId).sk)
      await deleteKey(table, { pk: keyOf.account(accountId).pk, sk: sk?.S ?? '' });
  }
  await deleteKey(table, keyOf.accountListing(accountId));
  return account ? 'deleted' : 'unknown';
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

async function deleteApiKeys(table: DynamoTable, accountId: string): Promise<void> {
  for (const { sk } of await queryPartition(table, keyOf.keyListing(accountId, '').pk)) {
    const digest = sk?.S ?? '';
    await deleteKey(table, keyOf.apiKey(digest));
    await deleteKey(table, keyOf.keyListing(accountId, digest));
  }
}

function accountChange(change: AccountUpdate): UpdateExpression {
  const { balance, credits, ...plain } = change;
  if (balance !== undefined && credits !== undefined) throw new Error('a balance is set or added to, not both');
  const update = new UpdateExpression();
  for (const [name, value] of Object.entries({ ...plain, balance })) {
    if (value === null) update.remove(name);
    else if (value !== undefined) update.set(name, value);
  }
  if (credits !== undefined) update.add('balance', credits);
  return update;
}

type Update = NonNullable<TransactWriteItem['Update']>;

/** Creates an item together with its entry in a list; false when the item exists already. */
async function makeListed(table: DynamoTable, update: Update, listing: Key): Promise<boolean> {
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [
      { Update: update },
      { Put: { TableName: table.name, Item: { ...keyItem(listing), ...layoutMark } } },
    ],
    ClientRequestToken: table.newId(),
  });
  try {
    await table.call((client) => client.send(transaction));
    return true;
  } catch (error) {
    if (classifyFault(error).kind === 'transaction-refused') return false;
    throw error;
  }
}

async function deleteKey(table: DynamoTable, key: Key): Promise<void> {
  const remove = new DeleteItemCommand({ TableName: table.name, Key: keyItem(key) });
  await table.call((client) => client.send(remove));
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

/** The item as it is after the update; undefined when there is none. */
async function updateListed(
  table: DynamoTable,
  update: UpdateExpression,
  key: Key,
): Promise<Record<string, AttributeValue> | undefined> {
  const { ReturnValuesOnConditionCheckFailure: _none, ...input } = update.toUpdate(table.name, key);
  // A transaction, for its token: a resend must not add credits twice.
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [{ Update: input }],
    ClientRequestToken: table.newId(),
  });
  try {
    await table.call((client) => client.send(transaction));
  } catch (error) {
    if (classifyFault(error).kind === 'transaction-refused') return undefined;
    throw error;
  }
  return load(table, key);
}
