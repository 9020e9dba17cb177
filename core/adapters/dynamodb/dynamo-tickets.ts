// The tickets of waiting tasks in DynamoDB: read at the head of a queue, and removed where commits have left them behind.
// Commits write them, see transaction.ts.
import { BatchWriteItemCommand, DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { formatQueueKey } from '../../domain/task/slot.ts';
import { queryPage } from './dynamo-reads.ts';
import { keyItem, readTicket } from './task-item.ts';
import type { Key } from '../../contract/items.ts';
import type { TicketStore } from '../../ports/ticket-store.ts';
import type { DynamoTable } from './dynamo-table.ts';

/** DynamoDB's bound for one call. */
const BATCH_WRITES_MAX = 25;

export function ticketsOf(table: DynamoTable): TicketStore {
  return {
    tickets: async (gateId, queue, limit) => {
      const { items } = await queryPage(table, {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: keyOf.ticketQueue(gateId, formatQueueKey(queue)) } },
        ConsistentRead: true,
        Limit: limit,
      });
      return items.map((item) => readTicket(item, queue));
    },
    removeTickets: async (gateId, tickets) => {
      // One that is named twice would make DynamoDB refuse the whole batch.
      const distinct = new Map(tickets.map((ticket) => [`${ticket.taskId} ${ticket.version}`, ticket]));
      const keys = [...distinct.values()].map((ticket) => keyOf.ticket(gateId, formatQueueKey(ticket), ticket));
      const calls: Promise<unknown>[] = [];
      for (let from = 0; from < keys.length; from += BATCH_WRITES_MAX) {
        calls.push(remove(table, keys.slice(from, from + BATCH_WRITES_MAX)));
      }
      await Promise.all(calls);
    },
  };
}

/** What DynamoDB leaves unprocessed stays: a function that finds such a ticket removes it. */
function remove(table: DynamoTable, keys: readonly Key[]): Promise<unknown> {
  const [only] = keys;
  if (only && keys.length === 1) {
    const one = new DeleteItemCommand({ TableName: table.name, Key: keyItem(only) });
    return table.call((client) => client.send(one), 'none');
  }
  const requests = keys.map((key) => ({ DeleteRequest: { Key: keyItem(key) } }));
  const batch = new BatchWriteItemCommand({ RequestItems: { [table.name]: requests } });
  return table.call((client) => client.send(batch), 'none');
}
