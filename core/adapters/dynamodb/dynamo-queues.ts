// The queues of the accounts that wait at a gate, in DynamoDB: lists them, a part of many, and removes rows and names
// that are no longer needed. Commits change the rows, see gate-writes.ts; queue-item.ts says what is in them.
import { DeleteItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf, QUEUE_SHARDS, queuePlace, queueShardName } from '../../contract/items.ts';
import { RelayError } from '../../domain/relay-error.ts';
import { queryPage, queryPartition } from './dynamo-reads.ts';
import { byAccount, idleRemovals, readQueues, requireUnwritten } from './queue-item.ts';
import { classifyFault } from '../sdk-faults.ts';
import { UpdateExpression } from './update-expression.ts';
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { AccountQueues } from '../../domain/gate/gate-view.ts';
import type { GateStore, QueueListing } from '../../ports/ports.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

export function queuesOf(table: DynamoTable): Pick<GateStore, 'listQueues' | 'loadQueues' | 'tidyQueues'> {
  return {
    listQueues: (gateId, accountsMax, from) => listQueues(table, gateId, accountsMax, from),
    loadQueues: async (gateId, accountId) => {
      const rows = await rowsOf(table, gateId, accountId);
      return rows.length > 0 ? readQueues(rows) : undefined;
    },
    tidyQueues: async (gateId, queues) => {
      await Promise.all(queues.map((account) => tidy(table, gateId, account)));
    },
  };
}

/** An account's own row, and those beside it. */
async function rowsOf(table: DynamoTable, gateId: string, accountId: string): Promise<readonly Item[]> {
  const { pk, sk } = keyOf.queues(gateId, accountId);
  const { items } = await queryPage(table, {
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
    ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: sk } },
    ConsistentRead: true,
  });
  return byAccount(items).find((rows) => readQueues(rows).accountId === accountId) ?? [];
}

async function listQueues(
  table: DynamoTable,
  gateId: string,
  accountsMax: number,
  from: number,
): Promise<QueueListing> {
  const max = Math.ceil(accountsMax / QUEUE_SHARDS);
  const shards = await Promise.all(
    Array.from({ length: QUEUE_SHARDS }, (_, shard) => readShard(table, queueShardName(gateId, shard), max, from)),
  );
  return {
    queues: shards.flatMap(({ accounts }) => accounts.map(readQueues)),
    isWhole: shards.every(({ isWhole }) => isWhole),
  };
}

interface ShardRead {
  /** Each with all of its rows. */
  readonly accounts: readonly (readonly Item[])[];
  readonly isWhole: boolean;
}

/** Rows that are read for each account that is wanted: most have one row, those of a busy gate a few more. */
const ROWS_PER_ACCOUNT = 2;

/**
 * A shard that fits into one read needs one query; a longer one is read from a random place on, then from its
 * beginning.
 */
async function readShard(table: DynamoTable, pk: string, max: number, from: number): Promise<ShardRead> {
  const place = queuePlace(from * 2 ** 32);
  const read = async (condition: string, values: Item = {}) => {
    const { items, next } = await queryPage(table, {
      KeyConditionExpression: `pk = :pk${condition}`,
      ExpressionAttributeValues: { ':pk': { S: pk }, ...values },
      ConsistentRead: true,
      ...(Number.isFinite(max) && { Limit: ROWS_PER_ACCOUNT * max }),
    });
    const accounts = byAccount(items);
    // The page may end in the middle of the last account.
    return {
      accounts: next ? accounts.slice(0, Math.max(1, accounts.length - 1)) : accounts,
      isCut: next !== undefined,
    };
  };
  const head = await read('');
  if (!head.isCut && head.accounts.length <= max) return { accounts: head.accounts, isWhole: true };
  if (!Number.isFinite(max)) return { accounts: byAccount(await queryPartition(table, pk)), isWhole: true };
  const isBefore = ([first]: readonly Item[]): boolean => (first?.['sk']?.S ?? '') < place;
  const behind = head.isCut
    ? (await read(' AND sk >= :from', { ':from': { S: place } })).accounts
    : head.accounts.filter((account) => !isBefore(account));
  return { accounts: [...behind, ...head.accounts.filter(isBefore)].slice(0, max), isWhole: false };
}

async function tidy(table: DynamoTable, gateId: string, seen: AccountQueues): Promise<void> {
  const rows = await rowsOf(table, gateId, seen.accountId);
  if (rows.length === 0) return;
  const queues = readQueues(rows);
  // Not by their sum: a row that is not as it should be must not take another queue's tasks along.
  if (Object.values(queues.waiting).some((tasks) => tasks !== 0)) {
    const updates = idleRemovals(rows, queues.idle ?? []);
    return writeIf(
      table,
      updates.map(({ key, update }) => ({ Update: update.toUpdate(table.name, key) })),
    );
  }
  if (queues.finishTime !== seen.finishTime) return undefined;
  return writeIf(
    table,
    rows.map((row) => ({ Delete: deletion(table, row) })),
  );
}

function deletion(table: DynamoTable, row: Item): NonNullable<TransactWriteItem['Delete']> {
  const guard = new UpdateExpression();
  requireUnwritten(guard, row);
  const {
    UpdateExpression: _none,
    ReturnValuesOnConditionCheckFailure: _unread,
    ...input
  } = guard.toUpdate(table.name, { pk: row['pk']?.S ?? '', sk: row['sk']?.S ?? '' });
  return input;
}

/** All of them, or none where one has been written meanwhile: what is left over is tidied another time. */
async function writeIf(table: DynamoTable, writes: readonly TransactWriteItem[]): Promise<void> {
  const [only] = writes;
  if (!only) return;
  const { Delete: remove, Update: update } = writes.length === 1 ? only : {};
  try {
    if (remove) await table.call((client) => client.send(new DeleteItemCommand(remove)), 'none');
    else if (update) await table.call((client) => client.send(new UpdateItemCommand(update)), 'none');
    else {
      const transaction = { TransactItems: [...writes], ClientRequestToken: table.newId() };
      await table.call((client) => client.send(new TransactWriteItemsCommand(transaction)), 'none');
    }
  } catch (error) {
    const { kind } = classifyFault(error);
    const isBusy =
      error instanceof RelayError && (error.code === 'store-contended' || error.code === 'store-unavailable');
    if (!isBusy && kind !== 'condition-failed' && kind !== 'transaction-refused') throw error;
  }
}
