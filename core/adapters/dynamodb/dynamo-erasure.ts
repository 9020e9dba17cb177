// Erasing what a task holds. A mark replaces the task's row and names the rows that are still to be removed, so that an
// erasure that broke off can be finished: the task itself, which would name them, is gone by then.
import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { classifyFault } from '../sdk-faults.ts';
import { queryPage } from './dynamo-reads.ts';
import { dueAttributes, ttlAttribute } from './event-item.ts';
import { keyItem } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Key } from '../../contract/items.ts';
import type { ErasedTask, ErasureStore, TaskContents } from '../../ports/erasure-port.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

export function erasureOf(table: DynamoTable): ErasureStore {
  return {
    markErased: async (task, contents, erasedAt) => {
      const put = new PutItemCommand({
        TableName: table.name,
        Item: {
          ...keyItem(keyOf.task(task.id)),
          erasedAt: { N: String(erasedAt) },
          // Not `account`, which would keep the row in the lists.
          owner: { S: task.accountId },
          contents: { S: JSON.stringify(contents) },
          ...ttlAttribute(erasedAt, table.retention.tasksMs),
        },
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': { N: String(task.version) } },
      });
      try {
        await table.call((client) => client.send(put));
        return true;
      } catch (error) {
        if (classifyFault(error).kind !== 'condition-failed') throw error;
        // The SDK may have sent it twice: then the mark is there.
        return false;
      }
    },

    removeContents: async (taskId, { deliveries, events }) => {
      for (const key of deliveries) await remove(table, keyOf.delivery(key.laneId, key.id));
      for (const key of events) await remove(table, keyOf.event(key));
      for (const key of await rowsOf(table, taskId)) {
        // The keep stage deletes what lies in the bucket before it removes its row, which names it.
        if (key.sk === keyOf.keep(taskId).sk) await eraseKept(table, taskId);
        else await remove(table, key);
      }
      const update = new UpdateExpression();
      update.remove('contents');
      update.require(`attribute_exists(${update.name('erasedAt')})`);
      const done = new UpdateItemCommand(update.toUpdate(table.name, keyOf.task(taskId)));
      await table.call((client) => client.send(done));
    },
  };
}

/** Undefined for a row that is no mark. */
export function readMark(item: Item | undefined): ErasedTask | undefined {
  if (item?.['erasedAt'] === undefined) return undefined;
  const contents = item['contents']?.S;
  return {
    accountId: item['owner']?.S ?? '',
    erasedAt: Number(item['erasedAt'].N),
    ...(contents !== undefined && { contents: JSON.parse(contents) as TaskContents }),
  };
}

/** What else is in the task's partition: its input, and what its ends were fanned out to. */
async function rowsOf(table: DynamoTable, taskId: string): Promise<readonly Key[]> {
  const { pk, sk } = keyOf.task(taskId);
  const { items } = await queryPage(table, {
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: pk } },
    ConsistentRead: true,
    ProjectionExpression: 'pk, sk',
  });
  return items.map((item) => ({ pk, sk: item['sk']?.S ?? '' })).filter((key) => key.sk !== sk);
}

/** Its version rises, so that a run which is about to keep something notices. */
async function eraseKept(table: DynamoTable, taskId: string): Promise<void> {
  const { dueShard, dueAt, dueBy } = dueAttributes(taskId, table.now(), 'sweep');
  const update = new UpdateExpression();
  update.set('erased', true);
  update.set('dueShard', dueShard?.S);
  update.set('dueAt', Number(dueAt?.N));
  update.set('dueBy', dueBy?.S);
  update.remove('ttl');
  update.add('version', 1);
  update.require(`attribute_exists(${update.name('job')})`);
  const command = new UpdateItemCommand(update.toUpdate(table.name, keyOf.keep(taskId)));
  try {
    await table.call((client) => client.send(command));
  } catch (error) {
    // It is gone already: nothing is left in the bucket.
    if (classifyFault(error).kind !== 'condition-failed') throw error;
  }
}

async function remove(table: DynamoTable, key: Key): Promise<void> {
  const command = new DeleteItemCommand({ TableName: table.name, Key: keyItem(key) });
  await table.call((client) => client.send(command));
}
