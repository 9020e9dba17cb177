// The log of events in DynamoDB: written with the tasks that end (transaction.ts) or with the endpoint that they are
// about, read in order by clients that missed webhooks, and closed once they are in their lanes.
import { GetItemCommand, PutItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { RelayError } from '../../domain/relay-error.ts';
import { tryPolicies } from '../../ports/optimistic-commit.ts';
import { keyOf, ticketOrder } from '../../contract/items.ts';
import { isHandedOn } from '../../domain/task/open-ends.ts';
import { endOfEventId, eventKeyOf } from '../../domain/webhook/outbox-event.ts';
import { batchGet, queryPage } from './dynamo-reads.ts';
import { eventItem, readEvent, readTaskEvent, taskEventItem } from './event-item.ts';
import { classifyFault } from '../sdk-faults.ts';
import { endIsOpen, keyItem, readTask } from './task-item.ts';
import { UpdateExpression } from './update-expression.ts';
import { MINUTE_MS } from '../../domain/time-ms.ts';
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { EventStore, StoredEvent } from '../../ports/webhook-ports.ts';
import type { EventKey, OutboxEvent } from '../../domain/webhook/outbox-event.ts';
import type { Tried } from '../../ports/optimistic-commit.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

/** Sorts after every id. */
const LAST = '\uffff';
/** Events read when an event is not at the expected position: more than a log grows during one write. */
const SEARCH_ROWS = 100;

export function eventsOf(table: DynamoTable): EventStore {
  return {
    loadEvent: (key) => loadEvent(table, key),

    readEvents: async (accountId, after, limit) => {
      const from = `${ticketOrder(after.position)}#${after.id}`;
      const found = await queryLog(table, accountId, from, LAST, limit);
      const last = found.at(-1);
      if (!last) return [];
      // From here on nothing is written at or before the last of these. The second read shows what was written during
      // the first, and later events get later positions. What was handed on by now is moved no more, so that the second
      // read finds it in its place for good.
      const [settled] = await Promise.all([handedOnAmong(table, found), raiseFence(table, accountId, last.position)]);
      // DynamoDB makes the items of a transaction visible one by one: wait for a transaction that committed before the
      // fence.
      if (table.now() - last.position < RECENT_MS) await table.pause(0, { baseMs: 100, capMs: 100 });
      const page = await queryLog(table, accountId, from, `${ticketOrder(last.position)}#${LAST}`, limit);
      const kept = await Promise.all(
        page.map(
          async (stored) => !stored.isUnguarded || settled.has(stored.event.id) || (await keepInPlace(table, stored)),
        ),
      );
      return page.filter((_stored, index) => kept[index]);
    },

    guardEvent: (stored, eventFence) => guardEvent(table, stored, eventFence),

    noteDeliveries: async (logged, deliveries) => {
      const { taskId } = logged.event;
      if (taskId === undefined || deliveries.length === 0) return;
      const put = new PutItemCommand({
        TableName: table.name,
        Item: taskEventItem(taskId, logged, deliveries, table.retention.deliveriesMs),
      });
      await table.call((client) => client.send(put));
    },

    closeEvent: async (logged) => {
      const update = new UpdateExpression();
      for (const name of ['dueShard', 'dueAt', 'dueBy', 'unguarded']) update.remove(name);
      // TTL may have deleted it in the meantime: closing must not create an empty event.
      update.require(`attribute_exists(${update.name('event')})`);
      const close = new UpdateItemCommand(update.toUpdate(table.name, keyOf.event(eventKeyOf(logged))));
      await table.call((client) => client.send(close)).catch(ignoreLost);
    },

    deliveriesOfTask: async (taskId) => {
      const { pk, sk } = keyOf.taskEvent(taskId, '');
      const { items } = await queryPage(table, {
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: sk } },
        ConsistentRead: true,
      });
      return items.flatMap(readTaskEvent);
    },
  };
}

/**
 * Moves an event behind the fence, if a reader has raised one past it. There it has a due of its own, so that a crash
 * leaves it either at its old place, to be guarded again, or at its new one.
 */
async function guardEvent(table: DynamoTable, stored: StoredEvent, eventFence: number): Promise<StoredEvent> {
  if (stored.isUnguarded !== true || stored.isClosed) return stored;
  // The event was in the log before the fence was read: a reader who raises it past the event from now on looks at the
  // log after that, sees the event there and keeps it in its place.
  if (eventFence < stored.position) return stored;
  const removal = {
    TableName: table.name,
    Key: keyItem(keyOf.event(eventKeyOf(stored))),
    ConditionExpression: 'attribute_exists(unguarded)',
  };
  // When the removal fails, a reader has kept the event in its place, or another invocation has moved it; or that has
  // handed it on, and readers have passed it where it is.
  await writeWithEvent(table, { Delete: removal }, stored.event, eventFence + 1, endCheck(table, stored));
  return (await loadEvent(table, eventKeyOf(stored))) ?? stored;
}

function endCheck(table: DynamoTable, { event, isDueWithTask }: StoredEvent): TransactWriteItem | undefined {
  const of = isDueWithTask && endOfEventId(event.id);
  if (!of) return undefined;
  const key = keyItem(keyOf.task(of.taskId));
  return { ConditionCheck: { TableName: table.name, Key: key, ...endIsOpen(of.end) } };
}

/**
 * Ids of those among the events whose ends are handed on: a reader need not record that it has seen them, because no
 * invocation moves them any more. As their tasks show it a moment ago: a write for each would cost five times as much.
 */
async function handedOnAmong(table: DynamoTable, events: readonly StoredEvent[]): Promise<ReadonlySet<string>> {
  const asked = events.flatMap(({ event, isUnguarded, isDueWithTask }) => {
    const of = isUnguarded && isDueWithTask ? endOfEventId(event.id) : undefined;
    return of ? [{ ...of, eventId: event.id }] : [];
  });
  const keys = asked.map(({ taskId }) => keyOf.task(taskId));
  const read = (await batchGet(table, keys, { consistent: false })).flatMap((item) => readTask(item) ?? []);
  const tasks = new Map(read.flatMap((one) => (one.kind === 'sound' ? [[one.task.id, one.task]] : [])));
  return new Set(
    asked.flatMap(({ taskId, end, eventId }) => {
      const task = tasks.get(taskId);
      return task && isHandedOn(task, end) ? [eventId] : [];
    }),
  );
}

/**
 * Records that a reader has seen the event at its position. False when it was moved first: the reader meets it later.
 */
async function keepInPlace(table: DynamoTable, stored: StoredEvent): Promise<boolean> {
  const update = new UpdateExpression();
  update.remove('unguarded');
  update.require(`attribute_exists(${update.name('unguarded')})`);
  const keep = new UpdateItemCommand(update.toUpdate(table.name, keyOf.event(eventKeyOf(stored))));
  try {
    await table.call((client) => client.send(keep));
    return true;
  } catch (error) {
    const fault = classifyFault(error);
    if (fault.kind !== 'condition-failed') throw error;
    // It still exists: another reader was faster, or it was closed.
    return fault.item !== undefined;
  }
}

const RECENT_MS = MINUTE_MS;

function ignoreLost(error: unknown): void {
  if (classifyFault(error).kind !== 'condition-failed') throw error;
}

async function loadEvent(table: DynamoTable, key: EventKey): Promise<StoredEvent | undefined> {
  const get = new GetItemCommand({ TableName: table.name, Key: keyItem(keyOf.event(key)), ConsistentRead: true });
  const item = (await table.call((client) => client.send(get))).Item;
  if (item) return readEvent(item);
  // The writer knows the event's time only; a reader's fence may have given it a slightly later position.
  const near = await queryLog(table, key.accountId, ticketOrder(key.position), LAST, SEARCH_ROWS);
  return near.find(({ event }) => event.id === key.id);
}

/** Strongly consistent; without `from` itself, with `to`. */
async function queryLog(
  table: DynamoTable,
  accountId: string,
  from: string,
  to: string,
  limit: number,
): Promise<readonly StoredEvent[]> {
  // BETWEEN includes both bounds: the row at `from` is filtered out here.
  const { items } = await queryPage(table, {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':pk': { S: keyOf.event({ accountId, position: 0, id: '' }).pk },
      ':from': { S: from },
      ':to': { S: to },
    },
    ConsistentRead: true,
    Limit: limit + 1,
  });
  return items
    .filter((item) => item['sk']?.S !== from)
    .slice(0, limit)
    .flatMap((item) => readEvent(item) ?? []);
}

async function raiseFence(table: DynamoTable, accountId: string, position: number): Promise<void> {
  const update = new UpdateExpression();
  update.set('eventFence', position);
  const fence = update.name('eventFence');
  update.require(`attribute_not_exists(${fence}) OR ${fence} < ${update.value(position)}`);
  const raise = new UpdateItemCommand(update.toUpdate(table.name, keyOf.account(accountId)));
  await table.call((client) => client.send(raise)).catch(ignoreLost);
}

/**
 * Sends a write together with an event of its account, at a position behind every reader's fence.
 * @param condition another that has to hold.
 * @returns undefined when written; else the item for which the write's condition did not hold, if it was that one.
 */
export async function writeWithEvent(
  table: DynamoTable,
  write: TransactWriteItem,
  event: OutboxEvent,
  from: number = event.at,
  condition?: TransactWriteItem,
): Promise<{ readonly item: Item | undefined } | undefined> {
  let position = from;
  const attempt = async (): Promise<Tried<{ readonly item: Item | undefined } | undefined>> => {
    const unread = {
      TableName: table.name,
      Key: keyItem(keyOf.account(event.accountId)),
      ConditionExpression: 'attribute_not_exists(eventFence) OR eventFence < :position',
      ExpressionAttributeValues: { ':position': { N: String(position) } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    const put = { TableName: table.name, Item: eventItem({ event, position }, table.retention) };
    const transaction = new TransactWriteItemsCommand({
      TransactItems: [write, { ConditionCheck: unread }, { Put: put }, ...(condition ? [condition] : [])],
      ClientRequestToken: table.newId(),
    });
    try {
      await table.call((client) => client.send(transaction));
      return { result: undefined };
    } catch (error) {
      const fault = classifyFault(error);
      if (fault.kind !== 'transaction-refused') throw error;
      const [ofWrite, ofAccount, _ofEvent, ofCondition] = fault.reasons;
      if ([ofWrite, ofCondition].some((reason) => reason?.Code === 'ConditionalCheckFailed'))
        return { result: { item: ofWrite?.Item } };
      position = Math.max(from, Number(ofAccount?.Item?.['eventFence']?.N ?? 0) + 1);
      return 'lost';
    }
  };
  const contended = (): Error =>
    new RelayError('store-contended', 'An account is read faster than it can be written', { id: event.accountId });
  return table.optimistically({ policy: tryPolicies.eventPosition, attempt, contended });
}
