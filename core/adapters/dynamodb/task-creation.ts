// The creation of tasks in DynamoDB: a task with its input, its idempotency key and what its account counts or pays for it.
// A task whose account counts nothing is written without a transaction, at half the price.
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { accountDeltas } from '../../domain/task/derived-counts.ts';
import { RelayError } from '../../domain/relay-error.ts';
import { eventKeyOf } from '../../domain/webhook/outbox-event.ts';
import { writeCommit } from './commit-writer.ts';
import { loadItem } from './listed-items.ts';
import { inputItem, keyItem } from './task-item.ts';
import { accountWrites, refusalWrites, taskWrite } from './transaction.ts';
import type { Creation, CreationResult } from '../../ports/ports.ts';
import type { DynamoTable, Item, Patience } from './dynamo-table.ts';
import type { AccountRefusal } from '../../domain/account.ts';
import type { Task } from '../../domain/task/task.ts';
import type { EventKey, LoggedEvent } from '../../domain/webhook/outbox-event.ts';
import type { PlanContext, PlannedWrite, SeenAccount } from './planned-write.ts';

export async function createTask(table: DynamoTable, creation: Creation): Promise<CreationResult> {
  const { task, idempotency } = creation;
  if (accountDeltas([{ after: task }]).length === 0)
    return idempotency ? createKeyed(table, creation, idempotency) : createAlone(table, creation);
  const pay = (context: PlanContext): PlannedWrite[] => accountWrites([{ after: task }], context);
  const made = await createPaid(table, creation, { pay });
  if (made.kind === 'lease-lost') throw new Error(`task ${task.id} has no lease to lose`);
  return made.kind === 'refused' ? reportRefusal(table, task, made) : made;
}

type Made = CreationResult | Refused | { readonly kind: 'lease-lost' };

interface Refused {
  readonly kind: 'refused';
  readonly refusal: AccountRefusal;
  readonly seen: ReadonlyMap<string, SeenAccount>;
}

/** The task with its input, its key, and what its account counts or pays for it, in one transaction. */
export async function createPaid(
  table: DynamoTable,
  creation: Creation,
  { pay, patience }: { readonly pay: (context: PlanContext) => readonly PlannedWrite[]; readonly patience?: Patience },
): Promise<Made> {
  const { task, account } = creation;
  const now = table.now();
  const known = new Map(account ? [[task.accountId, account]] : []);
  const plan = (context: PlanContext): PlannedWrite[] => creationWrites(creation, pay(context), context, now);
  const { failures, refusal, seen, logged } = await writeCommit(table, plan, { known, patience });
  const repeated = failures.find(({ subject }) => subject.kind === 'idempotency')?.item;
  if (repeated) {
    return { kind: 'repeated', taskId: repeated['taskOf']?.S ?? '', digest: repeated['digest']?.S ?? '' };
  }
  if (failures.some(({ subject }) => subject.kind === 'lease')) return { kind: 'lease-lost' };
  if (refusal) return { kind: 'refused', refusal, seen };
  if (failures.length > 0) throw new Error(`task ${task.id} was created twice`);
  return { kind: 'created', ...withEvents(logged) };
}

function withEvents(logged: readonly LoggedEvent[]): { readonly events?: readonly EventKey[] } {
  return logged.length === 0 ? {} : { events: logged.map(eventKeyOf) };
}

/** Once in a period: a further refusal writes nothing. */
export async function reportRefusal(
  table: DynamoTable,
  task: Task,
  { refusal, seen: known }: Refused,
): Promise<CreationResult> {
  if (refusal === 'account-full') return { kind: refusal };
  const plan = (context: PlanContext): PlannedWrite[] => refusalWrites(task, refusal, context);
  try {
    return { kind: refusal, ...withEvents((await writeCommit(table, plan, { known })).logged) };
  } catch (error) {
    // The task is refused all the same, and the next refusal reports it.
    if (error instanceof RelayError) return { kind: refusal };
    throw error;
  }
}

/**
 * Creates a task whose account counts nothing: first its input, if that has a row of its own, then the task, in two
 * plain writes at half the price of a transaction. An input without its task is never read, and expires.
 */
async function createAlone(table: DynamoTable, { task, input, idempotency }: Creation): Promise<CreationResult> {
  if (isInputApart(task)) {
    const put = new PutItemCommand({ TableName: table.name, Item: inputItem(task, input, table.retention) });
    await table.call((client) => client.send(put));
  }
  const { failures } = await writeCommit(table, (context) => [taskWrite({ after: task }, context)]);
  if (failures.length === 0) return { kind: 'created' };
  if (!idempotency) throw new Error(`task ${task.id} was created twice`);
  return { kind: 'repeated', taskId: task.id, digest: idempotency.digest };
}

/**
 * Writes the key's record first: it names the task. A later call that finds a record without its task (the writer died
 * in between, or is about to create it) creates the task under the id in the record, so that a key makes one task
 * whichever of them dies.
 */
async function createKeyed(
  table: DynamoTable,
  creation: Creation,
  idempotency: NonNullable<Creation['idempotency']>,
): Promise<CreationResult> {
  const now = table.now();
  const { failures } = await writeCommit(table, (context) => [idempotencyWrite(creation, idempotency, context, now)]);
  const [failure] = failures;
  if (!failure) return createAlone(table, creation);
  const taskId = failure.item?.['taskOf']?.S ?? '';
  const digest = failure.item?.['digest']?.S ?? '';
  const isMade = digest !== idempotency.digest || (await loadItem(table, keyOf.task(taskId))) !== undefined;
  if (isMade) return { kind: 'repeated', taskId, digest };
  const made = await createAlone(table, { ...creation, task: { ...creation.task, id: taskId } });
  return made.kind === 'created' ? { ...made, taskId } : made;
}

/** Whether the input has a row of its own: not one in the task's row, nor one that the bucket holds already. */
function isInputApart({ input, inputId }: Task): boolean {
  return input === undefined && inputId === undefined;
}

function creationWrites(
  creation: Creation,
  payment: readonly PlannedWrite[],
  context: PlanContext,
  now: number,
): PlannedWrite[] {
  const { task, input, idempotency } = creation;
  const inputPut = { TableName: context.tableName, Item: inputItem(task, input, context.retention) };
  return [
    taskWrite({ after: task }, context),
    ...(isInputApart(task) ? [{ subject: { kind: 'other' }, write: { Put: inputPut } } as const] : []),
    ...payment,
    ...(idempotency ? [idempotencyWrite(creation, idempotency, context, now)] : []),
  ];
}

function idempotencyWrite(
  { task }: Creation,
  { key, digest, expiresAt }: NonNullable<Creation['idempotency']>,
  { tableName, commitId }: PlanContext,
  now: number,
): PlannedWrite {
  const item: Item = {
    ...keyItem(keyOf.idempotency(task.accountId, key)),
    taskOf: { S: task.id },
    digest: { S: digest },
    expiresAt: { N: String(expiresAt) },
    ttl: { N: String(Math.ceil(expiresAt / 1_000)) },
    cid: { S: commitId },
  };
  const put = {
    TableName: tableName,
    Item: item,
    // TTL may take days to delete, so an expired record may still exist.
    ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
    ExpressionAttributeValues: { ':now': { N: String(now) } },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
  return { subject: { kind: 'idempotency' }, write: { Put: put } };
}
