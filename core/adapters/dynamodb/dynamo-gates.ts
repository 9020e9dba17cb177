// The gate and its models in DynamoDB, and the index of what is overdue. Commits change them, see
// transaction.ts; this file reads them, creates a missing gate, and saves what is known of a model.
import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DUE_SHARDS,
  dueShardName,
  dueSubjectOf,
  tableIndexes,
  keyOf,
  modelPartition,
  poolPartitions,
} from '../../contract/items.ts';
import { newGate } from '../../domain/gate/gate.ts';
import { batchGet, queryPage, queryPartition } from './dynamo-reads.ts';
import { gateCreation, readGate, readPool } from './gate-item.ts';
import { modelUpdate, readModel, requireNoProbes, requireVersion } from './model-item.ts';
import { queuesOf } from './dynamo-queues.ts';
import { classifyFault } from '../sdk-faults.ts';
import { keyItem } from './task-item.ts';
import { ticketsOf } from './dynamo-tickets.ts';
import { UpdateExpression } from './update-expression.ts';
import type { Key } from '../../contract/items.ts';
import type { DueIndex, DueRow, GateStore } from '../../ports/ports.ts';
import type { ModelHealth } from '../../domain/gate/circuit.ts';
import type { Gate } from '../../domain/gate/gate.ts';
import type { GateSettings } from '../../domain/gate/gate-settings.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

export function gatesOf(table: DynamoTable, settings: GateSettings): GateStore {
  const read = async (gateId: string, isConsistent: boolean): Promise<Gate | undefined> => {
    const { items } = await queryPage(table, {
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: keyOf.gate(gateId).pk } },
      ConsistentRead: isConsistent,
    });
    return readGate(items);
  };
  return {
    loadGate: async (gateId, freshness = 'now') => {
      const known = await read(gateId, freshness === 'now');
      if (known) return known;
      await makeGate(table, newGate(gateId, settings, table.now()));
      const made = await read(gateId, true);
      if (!made) throw new Error(`gate ${gateId} was deleted as soon as it was created`);
      return made;
    },
    loadPools: async (gateId) => {
      const parts = await Promise.all(
        poolPartitions(gateId).map((pk) =>
          queryPage(table, {
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': { S: pk } },
            ConsistentRead: true,
          }),
        ),
      );
      return parts.flatMap(({ items }) => items.map(readPool));
    },
    ...queuesOf(table),
    listModels: async (gateId, modelsMax) => {
      const { items, next } = await queryPage(table, {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: modelPartition(gateId) } },
        ConsistentRead: true,
        Limit: modelsMax,
      });
      return { models: modelsOf(items), isWhole: next === undefined };
    },
    loadModels: async (gateId, models) => {
      const keys = models.map((model) => keyOf.model(gateId, model));
      return modelsOf(await batchGet(table, keys, { consistent: true }));
    },
    saveModel: async (gateId, model, before, after) => {
      const key = keyOf.model(gateId, model);
      if (after) return conditionally(() => updateItem(table, modelUpdate(before, after), key));
      const guard = new UpdateExpression();
      requireVersion(guard, before);
      requireNoProbes(guard);
      return removeIf(table, key, guard);
    },
    ...ticketsOf(table),
    gateIds: async () => (await queryPartition(table, keyOf.gateListing('').pk)).map((item) => item['sk']?.S ?? ''),
  };
}

function modelsOf(items: readonly Item[]): ReadonlyMap<string, ModelHealth> {
  return new Map(items.map((item) => [item['sk']?.S ?? '', readModel(item)]));
}

async function updateItem(table: DynamoTable, update: UpdateExpression, key: Key): Promise<void> {
  const command = new UpdateItemCommand(update.toUpdate(table.name, key));
  await table.call((client) => client.send(command));
}

/** @param guard holds conditions only. */
function removeIf(table: DynamoTable, key: Key, guard: UpdateExpression): Promise<boolean> {
  const {
    UpdateExpression: _none,
    ReturnValuesOnConditionCheckFailure: _unread,
    ...input
  } = guard.toUpdate(table.name, key);
  return conditionally(async () => {
    await table.call((client) => client.send(new DeleteItemCommand(input)));
  });
}

async function conditionally(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (classifyFault(error).kind !== 'condition-failed') throw error;
    return false;
  }
}

/**
 * The list first: the next read creates a listed gate that is missing, while a gate missing from the list would be
 * lost.
 */
async function makeGate(table: DynamoTable, gate: Gate): Promise<void> {
  const listing = new PutItemCommand({ TableName: table.name, Item: keyItem(keyOf.gateListing(gate.id)) });
  await table.call((client) => client.send(listing));
  // Another invocation may create it in the meantime, or this one did and the answer was lost.
  await conditionally(() => updateItem(table, gateCreation(gate), keyOf.gate(gate.id)));
}

export function dueIndexOf(table: DynamoTable): DueIndex {
  return {
    shards: DUE_SHARDS,
    overdue: async (shard, now, limit) => {
      const { items } = await queryPage(table, {
        IndexName: tableIndexes.due.name,
        KeyConditionExpression: 'dueShard = :shard AND dueAt <= :now',
        ExpressionAttributeValues: { ':shard': { S: dueShardName(shard) }, ':now': { N: String(now) } },
        Limit: limit,
      });
      return items.flatMap(readDueRow);
    },
    listDue: async (shard, limit, cursor) => {
      const { items, next } = await queryPage(table, {
        IndexName: tableIndexes.due.name,
        KeyConditionExpression: 'dueShard = :shard',
        ExpressionAttributeValues: { ':shard': { S: dueShardName(shard) } },
        Limit: limit,
        ...(cursor !== undefined && { ExclusiveStartKey: JSON.parse(cursor) as Item }),
      });
      return { rows: items.flatMap(readDueRow), cursor: next && JSON.stringify(next) };
    },
  };
}

function readDueRow(item: Item): readonly DueRow[] {
  const subject = dueSubjectOf({ pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' });
  return subject ? [{ ...subject, dueAt: Number(item['dueAt']?.N) }] : [];
}
