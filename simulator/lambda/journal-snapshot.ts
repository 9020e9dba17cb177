// Snapshots of the simulator's journal in DynamoDB: the shortest journal that leads to a state, split into items, and
// one item (the head) that names the valid snapshot. Also drops what a long-running simulator must forget.
// table-journal.ts decides when one is written, and writes what follows it.
import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { compactEntries } from '../simulator-state.ts';
import { DAY_MS } from '../../core/domain/time-ms.ts';
import type { AttributeValue, DynamoDBClient, WriteRequest } from '@aws-sdk/client-dynamodb';
import type { JournalEntry, SimulatorState } from '../simulator-state.ts';

export interface JournalTable {
  /** With `pk` and `sk`, both text. */
  readonly name: string;
  readonly client: DynamoDBClient;
  now(): number;
  newId(): string;
}

type Item = Readonly<Record<string, AttributeValue>>;

export const headKey = { pk: { S: 'HEAD' }, sk: { S: 'HEAD' } };

/** As long as Get3W keeps outputs: after that a task has nothing to show. */
const TASK_KEPT_MS = 7 * DAY_MS;
/** An item can hold 400 KB, including its other attributes. */
const PART_BYTES_MAX = 350_000;
const DELETES_PER_CALL = 25;

/** Twelve digits, so that texts sort like their numbers. */
export function numberText(number: number): string {
  return String(number).padStart(12, '0');
}

export function entriesOf(item: Item): JournalEntry[] {
  return JSON.parse(item['entries']?.S ?? '') as JournalEntry[];
}

/**
 * The shortest journal to a state, without tasks of more than seven days ago, even running ones, and without the counts
 * of requests that have no task left. Totals stay.
 */
export function forgetOld(state: SimulatorState, nowMs: number): readonly JournalEntry[] {
  const isOld = (createdAtMs: number): boolean => nowMs - createdAtMs > TASK_KEPT_MS;
  const kept = new Set<string | null>();
  const gone = new Set<string | null>();
  for (const { createdAtMs, requestId } of state.tasks.values()) (isOld(createdAtMs) ? gone : kept).add(requestId);
  const isForgotten = (requestId: string): boolean => gone.has(requestId) && !kept.has(requestId);
  return [...compactEntries(state)].flatMap((entry): JournalEntry[] => {
    if (entry.type === 'task-restored') return isOld(entry.task.createdAtMs) ? [] : [entry];
    if (entry.type !== 'counts-restored') return [entry];
    const byRequest = entry.counts.byRequest.filter(([requestId]) => !isForgotten(requestId));
    // A script's key begins with the request's id and a space; that of a call without one is a hash, and stays.
    const scripts = entry.counts.scripts.filter(([key]) => !isForgotten(key.slice(0, key.lastIndexOf(' '))));
    return [{ ...entry, counts: { ...entry.counts, byRequest, scripts } }];
  });
}

/**
 * Writes a snapshot of everything up to the entry of this number, and deletes those before it.
 * @returns false if one at least as new exists already; it then counts.
 */
export async function writeSnapshot(
  table: JournalTable,
  number: number,
  entries: readonly JournalEntry[],
): Promise<boolean> {
  const snapshot = `${numberText(number)}#${table.newId()}`;
  const parts = inParts(entries);
  const keys = parts.map((_, index) => ({ pk: { S: 'SNAPSHOT' }, sk: { S: `${snapshot}#${numberText(index)}` } }));
  for (const [index, part] of parts.entries()) {
    const item = { ...keys[index], entries: { S: part } } as Record<string, AttributeValue>;
    await table.client.send(new PutItemCommand({ TableName: table.name, Item: item }));
  }
  const head = {
    ...headKey,
    number: { N: String(number) },
    snapshot: { S: snapshot },
    parts: { N: String(parts.length) },
  };
  try {
    const put = new PutItemCommand({
      TableName: table.name,
      Item: head,
      ConditionExpression: 'attribute_not_exists(pk) OR #number < :number OR #snapshot = :snapshot',
      ExpressionAttributeNames: { '#number': 'number', '#snapshot': 'snapshot' },
      ExpressionAttributeValues: { ':number': head.number, ':snapshot': head.snapshot },
    });
    await table.client.send(put);
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    await deleteItems(table, keys);
    return false;
  }
  // Only older ones: a writer of this number or a later one has not named its snapshot in the head yet.
  await deleteItems(table, await keysBefore(table, numberText(number)));
  return true;
}

/** Deletes by key, whatever other attributes an item has. */
export async function deleteItems({ client, name }: JournalTable, items: readonly Item[]): Promise<void> {
  const requests: WriteRequest[] = items.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } as Item } }));
  while (requests.length > 0) {
    const write = new BatchWriteItemCommand({ RequestItems: { [name]: requests.splice(0, DELETES_PER_CALL) } });
    const { UnprocessedItems: left = {} } = await client.send(write);
    requests.push(...(left[name] ?? []));
  }
}

async function keysBefore({ client, name }: JournalTable, number: string): Promise<readonly Item[]> {
  const found: Item[] = [];
  let from: Record<string, AttributeValue> | undefined;
  do {
    const query = new QueryCommand({
      TableName: name,
      KeyConditionExpression: 'pk = :snapshots AND sk < :number',
      ProjectionExpression: 'pk, sk',
      ExpressionAttributeValues: { ':snapshots': { S: 'SNAPSHOT' }, ':number': { S: number } },
      ExclusiveStartKey: from,
    });
    const { Items: items = [], LastEvaluatedKey: next } = await client.send(query);
    found.push(...items);
    from = next;
  } while (from !== undefined);
  return found;
}

/** JSON of entries, as many per item as fit. */
function inParts(entries: readonly JournalEntry[]): readonly string[] {
  const parts: string[] = [];
  let part: string[] = [];
  let bytes = 0;
  const close = (): void => {
    if (part.length > 0) parts.push(`[${part.join(',')}]`);
    [part, bytes] = [[], 0];
  };
  for (const entry of entries) {
    const text = JSON.stringify(entry);
    const size = Buffer.byteLength(text) + 1;
    if (bytes + size > PART_BYTES_MAX) close();
    part.push(text);
    bytes += size;
  }
  close();
  return parts;
}
