// The row of an account that always waits must not grow with every model that it ever had waiting.
// Reads the item itself, which no port shows.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyOf, QUEUE_PREFIX } from '../../core/contract/items.ts';
import { hasDynoxide } from '../support/dynoxide.ts';
import { openRealTable } from '../support/real-table.ts';
import { newTask, nextVersion, START_TIME } from './store/stored-task.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store } from '../../core/adapters/dynamodb/dynamo-store.ts';
import type { Task } from '../../core/domain/task/task.ts';

const TABLE = 'idle-queues';
const MODELS = 40;
const ACCOUNT = 'acc_busy';

describe.runIf(hasDynoxide() || process.env['CI'])('queues of an account that are empty again', () => {
  let client: DynamoDBClient;
  let store: Store;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ client, store, stop } = await openRealTable(TABLE, START_TIME, 1));
  });
  afterAll(() => stop());

  const changed = async (before: Task, fields: Parameters<typeof nextVersion>[1]): Promise<Task> => {
    const after = nextVersion(before, fields);
    expect(await store.commit({ changes: [{ before, after }] })).toEqual({ kind: 'committed' });
    return after;
  };
  const modelOf = (index: number): string => `vendor/model-${index}/task`;
  const waits = async (gateId: string, index: number): Promise<Task> => {
    const task = newTask({ gateId, accountId: ACCOUNT, model: modelOf(index) });
    await store.createTask({ task, input: '{}' });
    return changed(task, { status: 'waiting', ticket: { kind: 'fresh', order: START_TIME, version: 1 } });
  };

  /** Many models wait once and never again, one does still. */
  const gateAfterMany = async (gateId: string) => {
    await Promise.all(
      Array.from({ length: MODELS }, async (_, index) =>
        changed(await waits(gateId, index), { status: 'queued', ticket: undefined }),
      ),
    );
    await waits(gateId, MODELS);
    const queues = await store.loadQueues(gateId, ACCOUNT);
    if (!queues) throw new Error('no task waits');
    return queues;
  };

  const namesOf = async (gateId: string): Promise<string[]> => {
    const { pk, sk } = keyOf.queues(gateId, ACCOUNT);
    const get = new GetItemCommand({ TableName: TABLE, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true });
    return Object.keys((await client.send(get)).Item ?? {}).filter((name) => name.startsWith(QUEUE_PREFIX));
  };

  it('are removed some at a time, until few are left', async () => {
    const queues = await gateAfterMany('tidied');
    expect(await namesOf('tidied')).toHaveLength(MODELS + 1);

    for (const expected of [MODELS - 10, MODELS - 20, MODELS - 20]) {
      await store.tidyQueues('tidied', [queues]);
      expect(await namesOf('tidied')).toHaveLength(expected + 1);
    }
    expect((await store.loadQueues('tidied', ACCOUNT))?.waiting).toEqual({ [`fresh|${modelOf(MODELS)}`]: 1 });
  });

  it('stay when a task waits in them again in the meantime', async () => {
    const queues = await gateAfterMany('busy');
    const came = Promise.all(Array.from({ length: 10 }, (_, index) => waits('busy', index)));

    await Promise.all([came, store.tidyQueues('busy', [queues]), store.tidyQueues('busy', [queues])]);

    const indexes = [MODELS, ...Array.from({ length: 10 }, (_, index) => index)];
    const counts = Object.fromEntries(indexes.map((index) => [`fresh|${modelOf(index)}`, 1]));
    expect((await store.loadQueues('busy', ACCOUNT))?.waiting).toEqual(counts);
  });

  it('do not take a waiting task with them where another count is wrong', async () => {
    await waits('wrong', 0);
    const { pk, sk } = keyOf.queues('wrong', ACCOUNT);
    const one = {
      UpdateExpression: 'SET #wrong = :less',
      ExpressionAttributeNames: { '#wrong': `${QUEUE_PREFIX}fresh|${modelOf(1)}` },
      ExpressionAttributeValues: { ':less': { N: '-1' } },
    };
    await client.send(new UpdateItemCommand({ TableName: TABLE, Key: { pk: { S: pk }, sk: { S: sk } }, ...one }));
    const queues = await store.loadQueues('wrong', ACCOUNT);
    if (!queues) throw new Error('no task waits');
    await store.tidyQueues('wrong', [queues]);
    expect((await store.loadQueues('wrong', ACCOUNT))?.waiting).toMatchObject({ [`fresh|${modelOf(0)}`]: 1 });
  });
});
