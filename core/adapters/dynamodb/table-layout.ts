// Checks whether the rows of a table have the form that this version reads and writes. Each entry in the list of
// accounts names the layout it was made under, and a table is empty before its first account. Indexes are recognised by
// their keys.
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/**
 * Raised with each change of stored names or rows that an older version cannot read, or that this one cannot read in an
 * older table. 1 had no mark, 2 named only the fields of tasks, 3 wrote out a result without an error and kept longer digests,
 * 4 counted all slots in the gate's own row, 5 all tickets in the account's own, 6 had one key for all tickets of a task, 7 gave the
 * event of each end a due of its own; none of them was released.
 */
const TABLE_LAYOUT = 8;

export const layoutMark = { layout: { N: String(TABLE_LAYOUT) } } as const;

/** True for an empty table, and for one whose accounts were made under this layout. */
export async function isOfThisLayout(client: DynamoDBClient, tableName: string): Promise<boolean> {
  const query = new QueryCommand({
    TableName: tableName,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: keyOf.accountListing('').pk } },
    ConsistentRead: true,
    Limit: 1,
  });
  const [oldest] = (await client.send(query)).Items ?? [];
  return oldest === undefined || oldest['layout']?.N === layoutMark.layout.N;
}
