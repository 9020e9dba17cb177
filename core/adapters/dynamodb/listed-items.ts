// Items of named attributes that are also entries of a list: accounts in the list of all, keys in that of their account.
// Written together with their entry, changed in a transaction whose token keeps a resend from counting twice.
import { DeleteItemCommand, GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { convertToNative } from '@aws-sdk/util-dynamodb';
import { classifyFault } from '../sdk-faults.ts';
import { layoutMark } from './table-layout.ts';
import { sendUnlessRefused } from './send-unless-refused.ts';
import { keyItem } from './task-item.ts';
import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { Key } from '../../contract/items.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import type { UpdateExpression } from './update-expression.ts';

/** Undefined for a missing item, and for one that only counts the tasks of an account that was never created. */
export function readItem<Value>(item: Item | undefined, identity: keyof Value & string): Value | undefined {
  if (item?.[identity] === undefined) return undefined;
  const { pk: _pk, sk: _sk, ...fields } = item;
  const native: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) native[name] = convertToNative(value, { wrapNumbers: Number });
  return native as Value;
}

export async function loadItem(table: DynamoTable, key: Key): Promise<Item | undefined> {
  const get = new GetItemCommand({ TableName: table.name, Key: keyItem(key), ConsistentRead: true });
  return (await table.call((client) => client.send(get))).Item;
}

export type Update = NonNullable<TransactWriteItem['Update']>;

/**
 * Creates an item together with its entry in a list.
 * @param more updates in the same transaction.
 * @returns false when the item exists already, or the condition of one of the updates does not hold.
 */
export async function makeListed(
  table: DynamoTable,
  update: Update,
  listing: Key,
  more: readonly Update[] = [],
): Promise<boolean> {
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [
      { Update: update },
      { Put: { TableName: table.name, Item: { ...keyItem(listing), ...layoutMark } } },
      ...more.map((one) => ({ Update: one })),
    ],
    ClientRequestToken: table.newId(),
  });
  return sendUnlessRefused(table, transaction);
}

export async function deleteRow(table: DynamoTable, key: Key): Promise<void> {
  const remove = new DeleteItemCommand({ TableName: table.name, Key: keyItem(key) });
  await table.call((client) => client.send(remove));
}

/**
 * The item as it is after the update; undefined when there is none, or a condition does not hold.
 * @param more writes in the same transaction.
 */
export async function updateListed(
  table: DynamoTable,
  update: UpdateExpression,
  key: Key,
  more: readonly TransactWriteItem[] = [],
): Promise<Record<string, AttributeValue> | undefined> {
  const { ReturnValuesOnConditionCheckFailure: _none, ...input } = update.toUpdate(table.name, key);
  // A transaction, for its token: a resend must not add money twice.
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [{ Update: input }, ...more],
    ClientRequestToken: table.newId(),
  });
  try {
    await table.call((client) => client.send(transaction));
  } catch (error) {
    if (classifyFault(error).kind === 'transaction-refused') return undefined;
    throw error;
  }
  return loadItem(table, key);
}
