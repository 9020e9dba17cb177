// Deliveries in DynamoDB, in the partition of their lane: the delivery with its log, and its lane entry while it waits.
// The entry is written after a delivery that becomes pending and removed after one that ends, so that a crash in
// between leaves one entry too many, never one too few; the lane worker drops an entry without a pending delivery.
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { RelayError } from '../../domain/relay-error.ts';
import { keyOf, laneEntryPrefix, entryKindOf } from '../../contract/items.ts';
import { isFiltered, matchesDelivery } from '../../domain/webhook/delivery-filter.ts';
import { laneEntryOf } from '../../domain/webhook/delivery.ts';
import { writeWithEvent } from './dynamo-events.ts';
import { batchGet, queryPage } from './dynamo-reads.ts';
import { ttlAttribute } from './event-item.ts';
import { packText, unpackText } from './compact-row.ts';
import { storedDelivery } from './stored-names.ts';
import { classifyFault } from '../sdk-faults.ts';
import { keyItem } from './task-item.ts';
import type { Put } from '@aws-sdk/client-dynamodb';
import type { DeliveryPage, DeliveryQuery, DeliveryStore, OldestPending } from '../../ports/webhook-ports.ts';
import type { RetentionSettings } from '../../domain/retention-settings.ts';
import type { Delivery, LaneEntry } from '../../domain/webhook/delivery.ts';
import type { OutboxEvent } from '../../domain/webhook/outbox-event.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

/** Rows read by one search for the oldest, and by one query of a filtered list. */
const SEARCH_ROWS = 200;
const QUERIES_MAX = 10;

function textOf(delivery: Delivery): string {
  return packText(delivery, storedDelivery, delivery.createdAt);
}

function deliveryItem(delivery: Delivery, { deliveriesMs }: RetentionSettings): Item {
  return {
    ...keyItem(keyOf.delivery(delivery.laneId, delivery.id)),
    delivery: { S: textOf(delivery) },
    version: { N: String(delivery.version) },
    status: { S: delivery.status },
    ...ttlAttribute(delivery.updatedAt, deliveriesMs),
  };
}

function readDelivery(item: Item | undefined): Delivery | undefined {
  return item?.['delivery']?.S === undefined
    ? undefined
    : unpackText<Delivery>(item['delivery'].S, storedDelivery, storedDelivery.createdAt.as);
}

function isOwn(item: Item | undefined, delivery: Delivery): boolean {
  return item?.['delivery']?.S === textOf(delivery);
}

export function deliveriesOf(table: DynamoTable): DeliveryStore {
  return {
    addDelivery: async (delivery) => {
      const put = new PutItemCommand({
        TableName: table.name,
        Item: deliveryItem(delivery, table.retention),
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        await table.call((client) => client.send(put));
        return undefined;
      } catch (error) {
        const fault = classifyFault(error);
        if (fault.kind !== 'condition-failed') throw error;
        const known = readDelivery(fault.item);
        // Our own write, of which only the answer was lost, counts as made now.
        return fault.item && isOwn(fault.item, delivery) ? undefined : known;
      }
    },

    enqueue: async (delivery) => {
      const entry = laneEntryOf(delivery);
      if (entry) await putLaneEntry(table, delivery.laneId, entry);
    },

    loadDeliveries: async (keys) => {
      const wanted = keys.map(({ laneId, id }) => keyOf.delivery(laneId, id));
      const items = await batchGet(table, wanted, { consistent: true });
      return items.flatMap((item) => readDelivery(item) ?? []);
    },

    saveDelivery: async (before, after, { event, wasEnqueued = true } = {}) => {
      if (!(await replace(table, before, after, event))) return false;
      const [old, next] = [wasEnqueued ? laneEntryOf(before) : undefined, laneEntryOf(after)];
      await moveLaneEntry(table, after.laneId, old, next);
      return true;
    },

    laneEntries: async (laneId, limit, kind) => {
      const { items } = await queryPage(table, {
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: { ':pk': { S: keyOf.lane(laneId).pk }, ':sk': { S: laneEntryPrefix(kind) } },
        ConsistentRead: true,
        Limit: limit,
      });
      return items.flatMap((item) => readLaneEntry(item) ?? []);
    },

    removeEntry: (laneId, entry) => deleteLaneEntry(table, laneId, entry),

    listDeliveries: (query) => listDeliveries(table, query),

    deliveryCursorAfter: ({ laneId, id }) => writeCursor(laneId, id),

    oldestPending: (laneId, fromId) => oldestPending(table, laneId, fromId),
  };
}

async function moveLaneEntry(
  table: DynamoTable,
  laneId: string,
  old: LaneEntry | undefined,
  next: LaneEntry | undefined,
): Promise<void> {
  if (old?.kind === next?.kind && old?.at === next?.at) return;
  if (next) await putLaneEntry(table, laneId, next);
  if (old) await deleteLaneEntry(table, laneId, old);
}

async function replace(table: DynamoTable, before: Delivery, after: Delivery, event?: OutboxEvent): Promise<boolean> {
  const put: Put = {
    TableName: table.name,
    Item: deliveryItem(after, table.retention),
    ConditionExpression: '#version = :before',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':before': { N: String(before.version) } },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
  if (event) {
    const refused = await writeWithEvent(table, { Put: put }, event);
    return refused === undefined || isOwn(refused.item, after);
  }
  try {
    await table.call((client) => client.send(new PutItemCommand(put)));
    return true;
  } catch (error) {
    const fault = classifyFault(error);
    if (fault.kind !== 'condition-failed') throw error;
    return isOwn(fault.item, after);
  }
}

async function putLaneEntry(table: DynamoTable, laneId: string, entry: LaneEntry): Promise<void> {
  const item: Item = {
    ...keyItem(keyOf.laneEntry(laneId, entry)),
    laneEntry: { S: entry.deliveryId },
    at: { N: String(entry.at) },
    ...ttlAttribute(entry.at, table.retention.deliveriesMs),
  };
  const put = new PutItemCommand({ TableName: table.name, Item: item });
  await table.call((client) => client.send(put));
}

async function deleteLaneEntry(table: DynamoTable, laneId: string, entry: LaneEntry): Promise<void> {
  const remove = new DeleteItemCommand({ TableName: table.name, Key: keyItem(keyOf.laneEntry(laneId, entry)) });
  await table.call((client) => client.send(remove));
}

function readLaneEntry(item: Item): LaneEntry | undefined {
  const deliveryId = item['laneEntry']?.S;
  if (deliveryId === undefined) return undefined;
  return { deliveryId, kind: entryKindOf(item['sk']?.S ?? ''), at: Number(item['at']?.N) };
}

/** Opaque to clients, and bound to its lane, so that a cursor of another list is recognised. */
function writeCursor(laneId: string, id: string): string {
  return Buffer.from(`${laneId} ${id}`).toString('base64url');
}

/** @throws RelayError `bad-cursor`. */
function readCursor(laneId: string, cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const [lane, id] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (lane !== laneId || !/^dlv_[0-9a-f]{32}$/.test(id ?? ''))
    throw new RelayError('bad-cursor', 'The cursor is not one of this list');
  return id;
}

/** Without a filter one more than the page holds, which shows whether there is another page. */
function rowsOf(query: DeliveryQuery): number {
  return query.status === undefined && !isFiltered(query) ? query.limit + 1 : SEARCH_ROWS;
}

function readMatching(items: readonly Item[], query: DeliveryQuery): readonly Delivery[] {
  const read = items.flatMap((item) => readDelivery(item) ?? []);
  return read.filter((delivery) => matchesDelivery(delivery, query));
}

async function listDeliveries(table: DynamoTable, query: DeliveryQuery): Promise<DeliveryPage> {
  const { laneId, limit, status } = query;
  const found: Delivery[] = [];
  let from = readCursor(laneId, query.cursor);
  for (let queries = 0; queries < QUERIES_MAX; queries += 1) {
    const { items, next } = await queryPage(table, {
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
      ...filterOf(laneId, status),
      ScanIndexForward: false,
      Limit: rowsOf(query),
      ...(from !== undefined && { ExclusiveStartKey: keyItem(keyOf.delivery(laneId, from)) }),
    });
    found.push(...readMatching(items, query));
    if (found.length > limit) {
      const deliveries = found.slice(0, limit);
      return { deliveries, cursor: writeCursor(laneId, deliveries.at(-1)?.id ?? '') };
    }
    from = next?.['sk']?.S?.slice(keyOf.delivery(laneId, '').sk.length);
    if (from === undefined) return { deliveries: found };
  }
  return { deliveries: found, cursor: writeCursor(laneId, from ?? '') };
}

function filterOf(laneId: string, status: DeliveryQuery['status']) {
  return status === undefined
    ? { ExpressionAttributeValues: valuesOf(laneId) }
    : {
        ExpressionAttributeValues: { ...valuesOf(laneId), ':status': { S: status } },
        FilterExpression: '#status = :status',
        ExpressionAttributeNames: { '#status': 'status' },
      };
}

function valuesOf(laneId: string): Item {
  const { pk, sk } = keyOf.delivery(laneId, '');
  return { ':pk': { S: pk }, ':sk': { S: sk } };
}

async function oldestPending(table: DynamoTable, laneId: string, fromId: string): Promise<OldestPending> {
  const { pk, sk } = keyOf.delivery(laneId, fromId);
  const { items, next } = await queryPage(table, {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    FilterExpression: '#status = :pending',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: {
      ':pk': { S: pk },
      ':from': { S: sk },
      ':to': { S: keyOf.delivery(laneId, '\uffff').sk },
      ':pending': { S: 'pending' },
    },
    // The lane itself has just written these: a stale read would report an ended delivery as pending, with no later
    // correction.
    ConsistentRead: true,
    Limit: SEARCH_ROWS,
  });
  const [oldest] = items.flatMap((item) => readDelivery(item) ?? []);
  if (oldest) return { kind: 'found', delivery: oldest };
  const upTo = next?.['sk']?.S;
  return upTo === undefined
    ? { kind: 'none' }
    : { kind: 'looked-up-to', id: upTo.slice(keyOf.delivery(laneId, '').sk.length) };
}
