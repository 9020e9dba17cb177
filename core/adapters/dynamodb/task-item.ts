// How a task, its input and its ticket are stored in the table.
// The task itself is one JSON text under short names (stored-names.ts): it is always read and written whole, what Get3W
// sends (outputs, codes) may hold numbers and depths that DynamoDB's own types refuse, while JSON gives back exactly
// what was put in. Other attributes hold what conditions, indexes and TTL need, and a short input as it was received.
import { gunzipSync, gzipSync } from 'node:zlib';
import { dueShardOf, keyOf, taskIdOf, timeShardOf } from '../../contract/items.ts';
import { compactRow, expandRow } from './compact-row.ts';
import { storedTask } from './stored-names.ts';
import { parseExactJson } from '../../domain/exact-json.ts';
import { defaultRetention } from '../../domain/retention-settings.ts';
import { DEFAULT_GATE_ID } from '../../domain/gate/gate.ts';
import { DamagedTaskError } from '../../domain/task/damaged-task.ts';
import { queueKeyOf, isFinal, taskStatuses } from '../../domain/task/task.ts';
import { nextVisit } from '../../domain/task/open-ends.ts';
import { codesMet } from '../../domain/task/codes-met.ts';
import { brokenInvariants } from '../../domain/task/task-invariants.ts';
import { heldItem, heldOfItem } from './held-item.ts';
import { formatQueueKey } from '../../domain/task/slot.ts';
import { LATE_END_MS } from '../../domain/media/media-settings.ts';
import type { AttributeValue, ConditionCheck } from '@aws-sdk/client-dynamodb';
import type { DamagedTask } from '../../domain/task/damaged-task.ts';
import type { RetentionSettings } from '../../domain/retention-settings.ts';
import type { OpenEnd, Task } from '../../domain/task/task.ts';
import type { QueuedTicket } from '../../ports/ticket-store.ts';
import type { Key } from '../../contract/items.ts';
import type { QueueKey } from '../../domain/task/slot.ts';
import type { Item } from './dynamo-table.ts';

function seconds(timeMs: number): string {
  return String(Math.ceil(timeMs / 1_000));
}

export function keyItem({ pk, sk }: Key): { pk: { S: string }; sk: { S: string } } {
  return {
    pk: { S: pk },
    sk: { S: sk },
  };
}

/**
 * A task of more characters than this is stored compressed. An item of DynamoDB holds 400 KB, and forty attempts with
 * the longest texts beside the largest outputs can exceed it: a task that cannot be written could never end.
 */
const PLAIN_CHARS_MAX = 100_000;

function contentOf(task: Task): Item {
  const content = Object.fromEntries(Object.entries(task).filter(([name]) => name in storedTask));
  const text = JSON.stringify(compactRow(content, storedTask, task.createdAt));
  return text.length <= PLAIN_CHARS_MAX ? { t: { S: text } } : { tz: { B: gzipSync(text) } };
}

type Kept = Pick<RetentionSettings, 'tasksMs'>;

/** @param commitId names the write, so that it can be recognised when its answer was lost. */
export function taskItem(task: Task, commitId: string, { tasksMs }: Kept = defaultRetention): Item {
  const visit = nextVisit(task);
  const isOver = isFinal(task.status) && visit === undefined && task.slot === undefined;
  const codes = codesMet(task);
  return {
    ...keyItem(keyOf.task(task.id)),
    ...contentOf(task),
    version: { N: String(task.version) },
    cid: { S: commitId },
    account: { S: task.accountId },
    ts: { S: timeShardOf(task.id) },
    ...(codes.length > 0 && { fs: { S: timeShardOf(task.id) }, codes: { SS: [...codes] } }),
    ...(task.correlationId !== undefined && { ref: { S: task.correlationId } }),
    ...(task.input !== undefined && { in: { S: task.input } }),
    // Beside the text, to know what a row with a damaged text still counts for.
    model: { S: task.model },
    status: { S: task.status },
    ...(task.isUncounted && { un: { BOOL: true } }),
    ...heldItem(task),
    ...openEndsItem(task),
    ...(visit && {
      dueShard: { S: dueShardOf(task.id) },
      dueAt: { N: String(Math.round(task.sweepAt ?? visit.at)) },
    }),
    // Only a task that needs no further work may expire.
    ...(isOver && { ttl: { N: seconds((task.endedAt ?? task.updatedAt) + tasksMs) } }),
  };
}

/** By the number of the end, so that a condition can ask for one of them: when it was, and when it is announced again. */
function openEndsItem({ openEnds }: Task): Item {
  if (!openEnds) return {};
  const entries = openEnds.map(({ end, at, announceAt }): [string, AttributeValue] => {
    const times = announceAt === undefined ? [at] : [at, announceAt];
    return [String(end), { L: times.map((time) => ({ N: String(time) })) }];
  });
  return { oe: { M: Object.fromEntries(entries) } };
}

/** Holds while this end of the task, whose key it is sent with, is not handed on yet. */
export function endIsOpen(end: number): Pick<ConditionCheck, 'ConditionExpression' | 'ExpressionAttributeNames'> {
  return {
    ConditionExpression: 'attribute_exists(#ends.#end)',
    ExpressionAttributeNames: { '#ends': 'oe', '#end': String(end) },
  };
}

function readOpenEnds({ M: entries = {} }: AttributeValue): readonly OpenEnd[] {
  const openEnds = Object.entries(entries).map(([end, { L: times = [] }]): OpenEnd => {
    const [at = Number.NaN, announceAt] = times.map(({ N: time }) => Number(time));
    return { end: Number(end), at, ...(announceAt !== undefined && { announceAt }) };
  });
  return openEnds.sort((one, other) => one.end - other.end);
}

/** A row as it was read: a sound task, or what can be read of a damaged one. */
export type ReadTask =
  { readonly kind: 'sound'; readonly task: Task } | { readonly kind: 'damaged'; readonly damaged: DamagedTask };

/** Undefined when the row does not exist. */
export function readTask(item: Item | undefined): ReadTask | undefined {
  if (item === undefined || (item['t'] === undefined && item['tz'] === undefined)) return undefined;
  const { task, isReadable } = taskOfRow(item);
  const broken = isReadable ? brokenInvariants(task) : ['its row can be read'];
  if (broken.length === 0) return { kind: 'sound', task };
  const { id, accountId, model, version } = task;
  return { kind: 'damaged', damaged: { id, accountId, model, version, broken, stored: task } };
}

/** @throws DamagedTaskError. */
export function soundTask(read: ReadTask | undefined): Task | undefined {
  if (read?.kind === 'damaged') throw new DamagedTaskError(read.damaged);
  return read?.task;
}

function taskOfRow(item: Item): { readonly task: Task; readonly isReadable: boolean } {
  const beside = attributesOf(item);
  try {
    const compressed = item['tz']?.B;
    const text = compressed ? gunzipSync(compressed).toString('utf8') : (item['t']?.S ?? '');
    const row = parseExactJson(text) as Record<string, unknown>;
    const content = expandRow(row, storedTask, Number(row[storedTask.createdAt.as]));
    const task = { ...content, ...beside } as Task;
    // Throws for a value that does not even have the form of a task, so that no caller has to check.
    brokenInvariants(task);
    return { task, isReadable: true };
  } catch {
    return { task: { ...taskOfAttributes(beside), ...heldOfItem(item) }, isReadable: false };
  }
}

type Beside = Pick<
  Task,
  'id' | 'accountId' | 'model' | 'status' | 'version' | 'isUncounted' | 'correlationId' | 'input' | 'openEnds'
>;

/** The attributes beside the text: the task's account, and whether the task still counts as unfinished. */
function attributesOf(item: Item): Beside {
  const textOf = (name: string): string => item[name]?.S ?? '';
  const status = textOf('status');
  return {
    id: taskIdOf(textOf('pk')),
    accountId: textOf('account'),
    model: textOf('model'),
    status: taskStatuses.find((known) => known === status) ?? 'queued',
    version: Number(item['version']?.N ?? 0),
    ...(item['un']?.BOOL && { isUncounted: true as const }),
    ...(item['ref'] !== undefined && { correlationId: textOf('ref') }),
    ...(item['in'] !== undefined && { input: textOf('in') }),
    ...(item['oe'] && { openEnds: readOpenEnds(item['oe']) }),
  };
}

/** A task whose text cannot be read at all. */
function taskOfAttributes(beside: Beside): Task {
  // A UUIDv7 begins with the milliseconds of its creation.
  const createdAt = Number.parseInt(beside.id.replaceAll('-', '').slice(0, 12), 16) || 0;
  return {
    ...beside,
    gateId: DEFAULT_GATE_ID,
    createdAt,
    updatedAt: createdAt,
    deadlineAt: createdAt,
    // At least those whose events are still to be handed on: closing the row must neither forget nor repeat one.
    ends: Math.max(0, ...(beside.openEnds ?? []).map(({ end }) => end)),
    priorityMs: 0,
    weight: 1,
    inputBytes: 0,
    attempts: [],
    attemptCount: 0,
    failures: {},
  };
}

/**
 * When an input may expire, epoch seconds. Set once, at creation, since setting it at the end would cost a second write
 * of the whole input. So it must outlive the task's own row, which is kept for the retention after the end, and the end
 * comes by the deadline or little later. A retry sets a new deadline, and this expiry with it.
 */
export function inputExpiry(task: Task, { tasksMs }: Kept): number {
  return Math.ceil((task.deadlineAt + LATE_END_MS + tasksMs) / 1_000);
}

export function inputItem(task: Task, input: string, kept: Kept = defaultRetention): Item {
  return {
    ...keyItem(keyOf.input(task.id)),
    input: { S: input },
    ttl: { N: String(inputExpiry(task, kept)) },
  };
}

/** Key of a task's ticket; undefined when it holds none. */
export function ticketKeyOf(task: Task): Key | undefined {
  const queue = queueKeyOf(task);
  const { ticket, id: taskId, gateId } = task;
  return queue && ticket && keyOf.ticket(gateId, formatQueueKey(queue), { ...ticket, taskId });
}

export function ticketItem(task: Task, key: Key): Item {
  return {
    ...keyItem(key),
    ticketOf: { S: task.id },
    order: { N: String(task.ticket?.order ?? 0) },
    version: { N: String(task.ticket?.version ?? 0) },
    weight: { N: String(task.weight) },
    // One that was left behind by a crash, in a queue that nothing waits in again.
    ttl: { N: seconds(task.deadlineAt + LATE_END_MS) },
  };
}

/** @param queue the queue in which the ticket was found; it is not parsed from the ticket's key. */
export function readTicket(item: Item, { kind, accountId, model }: QueueKey): QueuedTicket {
  return {
    kind,
    accountId,
    model,
    taskId: item['ticketOf']?.S ?? '',
    order: Number(item['order']?.N ?? 0),
    version: Number(item['version']?.N ?? 0),
    weight: Number(item['weight']?.N ?? 1),
  };
}
