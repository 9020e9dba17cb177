// The two ways of reading many items: by their keys, and along a partition. Both continue until they have everything or
// as much as was asked for; the caller interprets the items.
import { BatchGetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { RelayError } from '../../domain/relay-error.ts';
import { keyItem } from './task-item.ts';
import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Key } from '../../contract/items.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

/** DynamoDB's bound for one call. */
const BATCH_KEYS_MAX = 100;
/** Calls without progress before a read is given up; a throttled DynamoDB leaves keys out. */
const EMPTY_CALLS_MAX = 6;
const readWaits = { baseMs: 20, capMs: 500 };

/** The items of these keys, in no order; keys without an item are left out. */
export async function batchGet(
  table: DynamoTable,
  keys: readonly Key[],
  { consistent }: { readonly consistent: boolean },
): Promise<Item[]> {
  // The same key twice in one call is an error to DynamoDB.
  const distinct = [...new Map(keys.map((key) => [`${key.pk} ${key.sk}`, keyItem(key)])).values()];
  const items: Item[] = [];
  for (let from = 0; from < distinct.length; from += BATCH_KEYS_MAX) {
    let wanted: Item[] = distinct.slice(from, from + BATCH_KEYS_MAX);
    for (let emptyCalls = 0; wanted.length > 0;) {
      const get = new BatchGetItemCommand({
        RequestItems: { [table.name]: { Keys: wanted, ConsistentRead: consistent } },
      });
      const answer = await table.call((client) => client.send(get));
      items.push(...(answer.Responses?.[table.name] ?? []));
      const left = answer.UnprocessedKeys?.[table.name]?.Keys ?? [];
      if (left.length === 0) break;
      // A reply holds 16 MB: keys left over for that reason are not a throttle, and need no wait.
      emptyCalls = left.length === wanted.length ? emptyCalls + 1 : 0;
      if (emptyCalls >= EMPTY_CALLS_MAX) throw new RelayError('store-unavailable', 'DynamoDB leaves keys unread');
      if (emptyCalls > 0) await table.pause(emptyCalls - 1, readWaits);
      wanted = left;
    }
  }
  return items;
}

/** One page of a query. */
export async function queryPage(
  table: DynamoTable,
  input: Omit<QueryCommandInput, 'TableName'>,
): Promise<{ items: Item[]; next: Item | undefined }> {
  const query = new QueryCommand({ TableName: table.name, ...input });
  const answer = await table.call((client) => client.send(query));
  return { items: answer.Items ?? [], next: answer.LastEvaluatedKey };
}

/** Every item of a partition, in order; for partitions that are known to be short. */
export async function queryPartition(table: DynamoTable, pk: string): Promise<Item[]> {
  const items: Item[] = [];
  let start: Item | undefined;
  do {
    const page = await queryPage(table, {
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
      ConsistentRead: true,
      ...(start && { ExclusiveStartKey: start }),
    });
    items.push(...page.items);
    start = page.next;
  } while (start);
  return items;
}
