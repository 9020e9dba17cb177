// Tasks in DynamoDB: loads, creation, and the commit that everything a task changes goes through.
// What a commit writes is transaction.ts's, sending it commit-writer.ts's, how items look task-item.ts's.
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { keyOf } from '../../contract/items.ts';
import { writeCommit } from './commit-writer.ts';
import { sortOut } from './dynamo-damaged.ts';
import { batchGet } from './dynamo-reads.ts';
import { inputItem, keyItem, readTask, soundTask } from './task-item.ts';
import { accountWrites, planCommit, taskWrite } from './transaction.ts';
import type { Key } from '../../contract/items.ts';
import type { Creation, TaskStore } from '../../ports/ports.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import type { PlanContext, PlannedWrite } from './transaction.ts';

export const tasksOf = (table: DynamoTable): TaskStore => ({
  loadTask: async (taskId) => {
    const item = await load(table, keyOf.task(taskId));
    await sortOut(table, [item]);
    return soundTask(readTask(item));
  },

  loadTasks: async (taskIds) => {
    const items = await batchGet(table, taskIds.map(keyOf.task), { consistent: true });
    const tasks = new Map((await sortOut(table, items)).tasks.map((task) => [task.id, task]));
    return [...new Set(taskIds)].flatMap((id) => tasks.get(id) ?? []);
  },

  loadInput: async (taskId) => (await load(table, keyOf.input(taskId)))?.['input']?.S,

  createTask: async (creation) => {
    const { task } = creation;
    const now = table.now();
    const { failures, refusal } = await writeCommit(table, (context) => creationWrites(creation, context, now));
    const repeated = failures.find(({ subject }) => subject.kind === 'idempotency')?.item;
    if (repeated) {
      return { kind: 'repeated', taskId: repeated['taskOf']?.S ?? '', digest: repeated['digest']?.S ?? '' };
    }
    if (refusal) return { kind: refusal };
    if (failures.length > 0) throw new Error(`task ${task.id} was created twice`);
    return { kind: 'created' };
  },

  commit: async (commit) => {
    if (commit.changes.length === 0 && !commit.gate) return { kind: 'committed' };
    const { failures, refusal } = await writeCommit(table, (context) => planCommit(commit, context));
    const taskIds = failures.flatMap(({ subject }) => (subject.kind === 'task' ? [subject.taskId] : []));
    const isGateLost = failures.some(({ subject }) => subject.kind === 'gate');
    if (taskIds.length > 0 || isGateLost) return { kind: 'lost', taskIds, isGateLost };
    return { kind: refusal ?? 'committed' };
  },
});

const load = async (table: DynamoTable, key: Key): Promise<Item | undefined> => {
  const get = new GetItemCommand({ TableName: table.name, Key: keyItem(key), ConsistentRead: true });
  return (await table.call((client) => client.send(get))).Item;
};

const creationWrites = (creation: Creation, context: PlanContext, now: number): PlannedWrite[] => {
  const { task, input, idempotency } = creation;
  const inputPut = { TableName: context.tableName, Item: inputItem(task, input) };
  return [
    taskWrite({ after: task }, context),
    { subject: { kind: 'other' }, write: { Put: inputPut } },
    ...accountWrites([{ after: task }], context),
    ...(idempotency ? [idempotencyWrite(creation, idempotency, context, now)] : []),
  ];
};

const idempotencyWrite = (
  { task }: Creation,
  { key, digest, expiresAt }: NonNullable<Creation['idempotency']>,
  { tableName, commitId }: PlanContext,
  now: number,
): PlannedWrite => {
  const item: Item = {
    ...keyItem(keyOf.idempotency(task.accountId, key)),
    taskOf: { S: task.id },
    digest: { S: digest },
    expiresAt: { N: String(expiresAt) },
    ttl: { N: String(Math.ceil(expiresAt / 1_000)) },
    commitId: { S: commitId },
  };
  const put = {
    TableName: tableName,
    Item: item,
    // TTL deletes within days only, so that an expired record may still be there.
    ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
    ExpressionAttributeValues: { ':now': { N: String(now) } },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
  return { subject: { kind: 'idempotency' }, write: { Put: put } };
};
