// The gate and its queues in DynamoDB, and the index of what is overdue. Commits change them, see transaction.ts;
// here they are read, and a gate is made where there is none yet.
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DUE_SHARDS, dueShardName, dueSubjectOf, INDEXES, keyOf } from '../../contract/items.ts';
import { newGate } from '../../domain/gate/gate.ts';
import { formatQueueKey } from '../../domain/task/slot.ts';
import { queryPage, queryPartition } from './dynamo-reads.ts';
import { gateCreation, readGate } from './gate-item.ts';
import { classifyFault } from '../sdk-faults.ts';
import { keyItem, readTicket } from './task-item.ts';
import type { DueIndex, GateStore } from '../../ports/ports.ts';
import type { Gate } from '../../domain/gate/gate.ts';
import type { GateSettings } from '../../domain/gate/gate-settings.ts';
import type { DynamoTable } from './dynamo-table.ts';

export function gatesOf(table: DynamoTable, settings: GateSettings): GateStore {
  const read = async (gateId: string): Promise<Gate | undefined> => {
    const get = new GetItemCommand({ TableName: table.name, Key: keyItem(keyOf.gate(gateId)), ConsistentRead: true });
    return readGate((await table.call((client) => client.send(get))).Item);
  };
  return {
    loadGate: async (gateId) => {
      const known = await read(gateId);
      if (known) return known;
      await makeGate(table, newGate(gateId, settings, table.now()));
      const made = await read(gateId);
      if (!made) throw new Error(`gate ${gateId} is gone as soon as it is made`);
      return made;
    },
    tickets: async (gateId, queue, limit) => {
      const { items } = await queryPage(table, {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: keyOf.ticketQueue(gateId, formatQueueKey(queue)) } },
        ConsistentRead: true,
        Limit: limit,
      });
      return items.map((item) => readTicket(item, queue));
    },
    gateIds: async () => (await queryPartition(table, keyOf.gateListing('').pk)).map((item) => item['sk']?.S ?? ''),
  };
}

/** Listed first: a listed gate that is not there yet is made by whoever looks at it, the other way round it were lost. */
async function makeGate(table: DynamoTable, gate: Gate): Promise<void> {
  const listing = new PutItemCommand({ TableName: table.name, Item: keyItem(keyOf.gateListing(gate.id)) });
  await table.call((client) => client.send(listing));
  const creation = new UpdateItemCommand(gateCreation(gate).toUpdate(table.name, keyOf.gate(gate.id)));
  try {
    await table.call((client) => client.send(creation));
  } catch (error) {
    // Somebody else has made it meanwhile, or we ourselves have and the answer was lost.
    if (classifyFault(error).kind !== 'condition-failed') throw error;
  }
}

export function dueIndexOf(table: DynamoTable): DueIndex {
  return {
    shards: DUE_SHARDS,
    overdue: async (shard, now, limit) => {
      const { items } = await queryPage(table, {
        IndexName: INDEXES.due.name,
        KeyConditionExpression: 'dueShard = :shard AND dueAt <= :now',
        ExpressionAttributeValues: { ':shard': { S: dueShardName(shard) }, ':now': { N: String(now) } },
        Limit: limit,
      });
      return items.flatMap((item) => {
        const subject = dueSubjectOf({ pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' });
        return subject ? [{ ...subject, dueAt: Number(item['dueAt']?.N) }] : [];
      });
    },
  };
}
