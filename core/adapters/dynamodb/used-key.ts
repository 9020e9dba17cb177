// The keys under which an account's changes are made once, in DynamoDB: a row for each, written in the transaction of its
// change and removed by its time to live. dynamo-accounts.ts makes the changes.
import { keyOf } from '../../contract/items.ts';
import { loadItem } from './listed-items.ts';
import { keyItem } from './task-item.ts';
import type { OnceChanged, OnceKey } from '../../ports/account-changes.ts';
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { DynamoTable } from './dynamo-table.ts';

/** Undefined for a key that is new or has expired. Strongly consistent. */
export async function usedKey(
  table: DynamoTable,
  accountId: string,
  { key }: Pick<OnceKey, 'key'>,
): Promise<Extract<OnceChanged, { readonly kind: 'used' }> | undefined> {
  const item = await loadItem(table, keyOf.accountChange(accountId, key));
  if (!item || Number(item['expiresAt']?.N) <= table.now()) return undefined;
  return { kind: 'used', digest: item['digest']?.S ?? '' };
}

/** Fails where the key is in use. TTL may take days to delete, so an expired row may still exist. */
export function markWrite(
  table: DynamoTable,
  accountId: string,
  { key, digest, expiresAt }: OnceKey,
): TransactWriteItem {
  return {
    Put: {
      TableName: table.name,
      Item: {
        ...keyItem(keyOf.accountChange(accountId, key)),
        digest: { S: digest },
        expiresAt: { N: String(expiresAt) },
        ttl: { N: String(Math.ceil(expiresAt / 1_000)) },
      },
      ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
      ExpressionAttributeValues: { ':now': { N: String(table.now()) } },
    },
  };
}
