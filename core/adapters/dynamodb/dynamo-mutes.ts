// Mutes of failures in DynamoDB: one row for an account and a side, replaced over the version before. A hundred mutes with
// the longest reasons are below the 400 KB of a row.
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { limits } from '../../domain/limits.ts';
import { classifyFault } from '../sdk-faults.ts';
import { batchGet } from './dynamo-reads.ts';
import { ttlAttribute } from './event-item.ts';
import { keyItem } from './task-item.ts';
import type { FailureMute, MuteList, MuteSide } from '../../domain/failure-mute.ts';
import type { MuteStore } from '../../ports/mute-store.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

export function mutesOf(table: DynamoTable): MuteStore {
  return {
    loadMutes: (side, accountIds) => loadMutes(table, side, accountIds),
    saveMutes: (list) => saveMutes(table, list),
  };
}

async function loadMutes(
  table: DynamoTable,
  side: MuteSide,
  accountIds: readonly string[],
): Promise<readonly MuteList[]> {
  const distinct = [...new Set(accountIds)];
  const keys = distinct.map((accountId) => keyOf.mutes(accountId, side));
  const items = await batchGet(table, keys, { consistent: true });
  const found = new Map(items.map((item) => [item['pk']?.S, item]));
  return distinct.map((accountId) => readList(side, accountId, found.get(keyOf.mutes(accountId, side).pk)));
}

function readList(side: MuteSide, accountId: string, item: Item | undefined): MuteList {
  const text = item?.['mutes']?.S;
  const mutes = text === undefined ? [] : (JSON.parse(text) as readonly FailureMute[]);
  return { side, accountId, mutes, version: Number(item?.['version']?.N ?? 0) };
}

async function saveMutes(table: DynamoTable, { side, accountId, mutes, version }: MuteList): Promise<boolean> {
  const text = JSON.stringify(mutes);
  const next = String(version + 1);
  const put = new PutItemCommand({
    TableName: table.name,
    Item: {
      ...keyItem(keyOf.mutes(accountId, side)),
      mutes: { S: text },
      version: { N: next },
      ...ttlAttribute(table.now(), limits.muteMsMax),
    },
    ConditionExpression: version === 0 ? 'attribute_not_exists(pk)' : '#version = :before',
    ...(version > 0 && {
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':before': { N: String(version) } },
    }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  try {
    await table.call((client) => client.send(put));
    return true;
  } catch (error) {
    const fault = classifyFault(error);
    if (fault.kind !== 'condition-failed') throw error;
    // The SDK may have sent it twice, and the answer to the first was lost.
    return fault.item?.['version']?.N === next && fault.item['mutes']?.S === text;
  }
}
