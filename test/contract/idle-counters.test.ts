// The gate's item must not grow with every account and model that ever waited: DynamoDB holds 400 KB of it.
// Looks at the item itself, which no port shows.
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { systemClock } from '../../core/adapters/system-clock.ts';
import { COUNTER_PREFIX, keyOf } from '../../core/contract/items.ts';
import { counterName } from '../../core/domain/task/derived-counts.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { formatQueueKey } from '../../core/domain/task/slot.ts';
import { hasDynoxide, startDynoxide } from '../support/dynoxide.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { createRelayTable, localDynamoClient } from '../support/relay-table.ts';
import { newTask, nextVersion, START_TIME } from './store/stored-task.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store } from '../../core/adapters/dynamodb/dynamo-store.ts';
import type { Gate } from '../../core/domain/gate/gate.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { Dynoxide } from '../support/dynoxide.ts';

const TABLE = 'idle-counters';
const MODELS = 130;

describe.runIf(hasDynoxide() || process.env['CI'])('counters of a gate that have come back to zero', () => {
  let dynoxide: Dynoxide;
  let client: DynamoDBClient;
  let store: Store;

  beforeAll(async () => {
    dynoxide = await startDynoxide();
    client = localDynamoClient(dynoxide.endpoint);
    await createRelayTable(client, TABLE);
    const clock = { now: () => START_TIME, sleep: systemClock.sleep };
    const randomSource = new FixedRandomSource(1, clock);
    store = makeDynamoStore({ client, tableName: TABLE, clock, randomSource, settings: defaultSettings.gate });
  });
  afterAll(async () => {
    client.destroy();
    await dynoxide.stop();
  });

  const changed = async (before: Task, fields: Parameters<typeof nextVersion>[1]): Promise<Task> => {
    const after = nextVersion(before, fields);
    expect(await store.commit({ changes: [{ before, after }] })).toEqual({ kind: 'committed' });
    return after;
  };
  const waits = (task: Task) => changed(task, { status: 'waiting', ticket: { kind: 'fresh', order: START_TIME } });

  /** Many models wait once and never again; answers the gate as it is read then, and one of the models. */
  const gateAfterMany = async (gateId: string): Promise<{ gate: Gate; task: Task }> => {
    const tasks = Array.from({ length: MODELS }, (_, index) =>
      newTask({ gateId, model: `vendor/model-${index}/task` }),
    );
    const gone = await Promise.all(
      tasks.map(async (task) => {
        await store.createTask({ task, input: '{}' });
        return changed(await waits(task), { status: 'queued', ticket: undefined });
      }),
    );
    return { gate: await store.loadGate(gateId), task: gone[0] as Task };
  };

  const countersOf = async (gateId: string): Promise<string[]> => {
    const { pk, sk } = keyOf.gate(gateId);
    const get = new GetItemCommand({ TableName: TABLE, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true });
    return Object.keys((await client.send(get)).Item ?? {}).filter((name) => name.startsWith(COUNTER_PREFIX));
  };

  it('are taken away by commits of the gate, some at a time, until few are left', async () => {
    const { gate } = await gateAfterMany('tidied');
    expect(gate.counters).toEqual({});
    expect(await countersOf('tidied')).toHaveLength(MODELS);

    for (const expected of [MODELS - 25, MODELS - 50, MODELS - 50]) {
      const before = await store.loadGate('tidied');
      await store.commit({ changes: [], gate: { before, after: { ...before, virtualTime: before.virtualTime + 1 } } });
      expect(await countersOf('tidied')).toHaveLength(expected);
    }
  });

  it('stay when they have been counted up meanwhile, and hinder no commit', async () => {
    const { gate: before, task } = await gateAfterMany('busy');
    const flows = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const model = `vendor/model-${index}/task`;
        const other = newTask({ gateId: 'busy', model });
        await store.createTask({ task: other, input: '{}' });
        return waits(other);
      }),
    );

    const result = await store.commit({
      changes: [{ before: task, after: nextVersion(task, { priorityMs: 5 }) }],
      gate: { before, after: { ...before, virtualTime: 7 } },
    });

    const waiting = flows.map(({ accountId, model }) =>
      counterName.waiting(formatQueueKey({ kind: 'fresh', accountId, model })),
    );
    expect(result).toEqual({ kind: 'committed' });
    const { virtualTime, counters } = await store.loadGate('busy');
    expect({ virtualTime, counters }).toEqual({
      virtualTime: 7,
      counters: Object.fromEntries(waiting.map((name) => [name, 1])),
    });
  });

  it('stay when the very commit that tidies counts them up', async () => {
    const { gate: before, task } = await gateAfterMany('moved');
    const names = (await countersOf('moved')).map((name) => name.slice(COUNTER_PREFIX.length));
    const after = { ...before, virtualTime: 1, counters: Object.fromEntries(names.map((name) => [name, 3])) };

    const result = await store.commit({
      changes: [{ before: task, after: nextVersion(task, { ticket: { kind: 'fresh', order: START_TIME } }) }],
      gate: { before, after },
    });

    const own = counterName.waiting(formatQueueKey({ kind: 'fresh', accountId: task.accountId, model: task.model }));
    expect(result).toEqual({ kind: 'committed' });
    expect((await store.loadGate('moved')).counters).toEqual({ ...after.counters, [own]: 4 });
  });

  it('never make a lost race look like a won one', async () => {
    const { gate: before, task } = await gateAfterMany('raced');
    await store.commit({ changes: [], gate: { before, after: { ...before, virtualTime: 1 } } });
    await waits(task);

    const result = await store.commit({ changes: [], gate: { before, after: { ...before, virtualTime: 2 } } });

    expect(result).toEqual({ kind: 'lost', taskIds: [], isGateLost: true });
    expect(await store.loadGate('raced')).toMatchObject({ version: 1, virtualTime: 1 });
  });
});
