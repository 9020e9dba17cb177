// How a task, its input and its ticket lie in the table.
// The task itself is one JSON text: it is always read and written whole, what Get3W sends (outputs, codes) may hold
// numbers and depths that DynamoDB's own types refuse, and JSON gives back exactly what was put in.
// Beside it stands only what conditions, indexes and TTL need.
import { gunzipSync, gzipSync } from 'node:zlib';
import { accountKeyOf, dueShardOf, keyOf } from '../../contract/items.ts';
import { LIMITS } from '../../domain/limits.ts';
import { queueKeyOf, isFinal } from '../../domain/task/task.ts';
import { formatQueueKey } from '../../domain/task/slot.ts';
import type { Task } from '../../domain/task/task.ts';
import type { Candidate } from '../../domain/gate/fair-queue.ts';
import type { Key } from '../../contract/items.ts';
import type { QueueKey } from '../../domain/task/slot.ts';
import type { Item } from './dynamo-table.ts';

/** Room between a task's deadline and the moment its end is recorded, however long the relay itself was down. */
const LATE_END_MS = 7 * 86_400_000;

const seconds = (timeMs: number): string => String(Math.ceil(timeMs / 1_000));

export const keyItem = ({ pk, sk }: Key): { pk: { S: string }; sk: { S: string } } => ({
  pk: { S: pk },
  sk: { S: sk },
});

/**
 * From so many letters on a task is stored compressed. DynamoDB holds 400 KB, and forty attempts with the longest
 * texts beside the largest outputs can be more: a task that can't be written could never end.
 */
const PLAIN_CHARS_MAX = 100_000;

const contentOf = (task: Task): Item => {
  const text = JSON.stringify(task);
  return text.length <= PLAIN_CHARS_MAX ? { task: { S: text } } : { taskGzip: { B: gzipSync(text) } };
};

/** @param commitId names the write, so that it can be recognised when its answer was lost. */
export const taskItem = (task: Task, commitId: string): Item => {
  const code = task.result?.code;
  const isOver = isFinal(task.status) && task.due === undefined && task.slot === undefined;
  return {
    ...keyItem(keyOf.task(task.id)),
    ...contentOf(task),
    version: { N: String(task.version) },
    commitId: { S: commitId },
    accountKey: { S: accountKeyOf(task.accountId) },
    taskId: { S: task.id },
    status: { S: task.status },
    model: { S: task.model },
    // A code that is no whole number is Get3W's slip: the task shows it, but nobody can look for it.
    ...(Number.isSafeInteger(code) && { code: { N: String(code) } }),
    ...(task.due && { dueShard: { S: dueShardOf(task.id) }, dueAt: { N: String(Math.round(task.due.at)) } }),
    // Only what nobody has to come back to may be forgotten.
    ...(isOver && { ttl: { N: seconds((task.endedAt ?? task.updatedAt) + LIMITS.retentionMs) } }),
  };
};

export const readTask = (item: Item | undefined): Task | undefined => {
  const compressed = item?.['taskGzip']?.B;
  const text = compressed ? gunzipSync(compressed).toString('utf8') : item?.['task']?.S;
  return text === undefined ? undefined : (JSON.parse(text) as Task);
};

/**
 * When an input may be forgotten, in seconds. Set once, at creation: at the end it would cost a second write of up to
 * 350 KB. So it must outlive the task's own record, which stands for the retention after the end, and the end comes
 * by the deadline or little later. A retry sets a new deadline, and this with it.
 */
export const inputExpiry = (task: Task): number =>
  Math.ceil((task.deadlineAt + LATE_END_MS + LIMITS.retentionMs) / 1_000);

export const inputItem = (task: Task, input: string): Item => ({
  ...keyItem(keyOf.input(task.id)),
  input: { S: input },
  ttl: { N: String(inputExpiry(task)) },
});

/** Where a task's ticket lies; undefined when it holds none. */
export const ticketKeyOf = (task: Task): Key | undefined => {
  const queue = queueKeyOf(task);
  return queue && task.ticket && keyOf.ticket(task.gateId, formatQueueKey(queue), task.ticket.order, task.id);
};

export const ticketItem = (task: Task, key: Key): Item => ({
  ...keyItem(key),
  ticketOf: { S: task.id },
  order: { N: String(task.ticket?.order ?? 0) },
  weight: { N: String(task.weight) },
});

/** @param queue the queue that the ticket was found in: its key is not read back. */
export const readTicket = (item: Item, { kind, accountId, model }: QueueKey): Candidate => ({
  kind,
  accountId,
  model,
  taskId: item['ticketOf']?.S ?? '',
  order: Number(item['order']?.N ?? 0),
  weight: Number(item['weight']?.N ?? 1),
});
