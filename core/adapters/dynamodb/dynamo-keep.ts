// The keeping of outputs in DynamoDB: one row in its task's partition, which each save replaces over the version before.
// transaction.ts writes the first one; keep-item.ts defines the row.
import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { classifyFault } from '../sdk-faults.ts';
import { writeWithEvent } from './dynamo-events.ts';
import { batchGet } from './dynamo-reads.ts';
import { keepItem, readKeepJob } from './keep-item.ts';
import { keyItem } from './task-item.ts';
import type { KeepJob } from '../../domain/media/keep-job.ts';
import type { LoggedEvent } from '../../domain/webhook/outbox-event.ts';
import type { KeepStore } from '../../ports/keep-store.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

export function keepJobsOf(table: DynamoTable): KeepStore {
  return {
    loadKeepJob: (taskId) => load(table, taskId),

    loadKeepJobs: async (taskIds) => {
      const items = await batchGet(table, taskIds.map(keyOf.keep), { consistent: true });
      return items.flatMap((item) => readKeepJob(item) ?? []);
    },

    saveKeepJob: async (job, written) => {
      const saved = { ...job, version: job.version + 1 };
      const put = putOver(table, saved);
      return (await write(table, put, written)) ? saved : undefined;
    },

    removeKeepJob: async (taskId) => {
      const remove = new DeleteItemCommand({ TableName: table.name, Key: keyItem(keyOf.keep(taskId)) });
      await table.call((client) => client.send(remove));
    },
  };
}

async function load(table: DynamoTable, taskId: string): Promise<KeepJob | undefined> {
  const get = new GetItemCommand({ TableName: table.name, Key: keyItem(keyOf.keep(taskId)), ConsistentRead: true });
  return readKeepJob((await table.call((client) => client.send(get))).Item);
}

async function write(table: DynamoTable, put: PutOver, written: LoggedEvent | undefined): Promise<boolean> {
  if (written) {
    const refused = await writeWithEvent(table, { Put: put }, written.event, written.position);
    return !refused || isOwn(refused.item, put.Item);
  }
  try {
    await table.call((client) => client.send(new PutItemCommand(put)));
    return true;
  } catch (error) {
    const fault = classifyFault(error);
    if (fault.kind !== 'condition-failed') throw error;
    // The SDK may have sent it twice, and the answer to the first was lost.
    return isOwn(fault.item, put.Item);
  }
}

type PutOver = ReturnType<typeof putOver>;

function putOver(table: DynamoTable, job: KeepJob) {
  return {
    TableName: table.name,
    Item: keepItem(job),
    ConditionExpression: '#version = :before',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':before': { N: String(job.version - 1) } },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

/** Every save of a run differs from every other, by its lease or by its result. */
function isOwn(found: Item | undefined, put: Item): boolean {
  return found?.['version']?.N === put['version']?.N && found?.['job']?.S === put['job']?.S;
}
