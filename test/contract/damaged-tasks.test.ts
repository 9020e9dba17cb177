// Rows that no decision has written, put into the table by hand: reading takes them out of their queues, so that they
// block nothing, and they can be closed. No port shows what was written by hand, so this reads the items themselves.
import { GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyItem, readTask, soundTask, taskItem } from '../../core/adapters/dynamodb/task-item.ts';
import { keyOf } from '../../core/contract/items.ts';
import { HOUR_MS } from '../../core/domain/time-ms.ts';
import { counter, DEFAULT_GATE_ID, inFlight } from '../../core/domain/gate/gate.ts';
import { tasksIn } from '../../core/domain/gate/gate-view.ts';
import { counterName } from '../../core/domain/task/derived-counts.ts';
import { limits } from '../../core/domain/limits.ts';
import { endDamagedTask } from '../../core/domain/task/damaged-task.ts';
import { hasDynoxide } from '../support/dynoxide.ts';
import { openRealTable } from '../support/real-table.ts';
import { START_TIME, endedVersion, newAccount, newTask, nextVersion } from './store/stored-task.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../core/adapters/dynamodb/dynamo-table.ts';
import type { Store } from '../../core/adapters/dynamodb/dynamo-store.ts';
import type { Task } from '../../core/domain/task/task.ts';

const TABLE = 'damaged-tasks';

describe.runIf(hasDynoxide() || process.env['CI'])('the row of a task in an impossible state', () => {
  let client: DynamoDBClient;
  let store: Store;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ client, store, stop } = await openRealTable(TABLE, START_TIME, 3));
  });
  afterAll(() => stop());

  const itemOf = async (task: Task): Promise<Item> => {
    const get = new GetItemCommand({ TableName: TABLE, Key: keyItem(keyOf.task(task.id)), ConsistentRead: true });
    return (await client.send(get)).Item ?? {};
  };
  const write = (item: Item) => client.send(new PutItemCommand({ TableName: TABLE, Item: item }));

  /** A task that waits with its ticket, counted by account and gate, whose row was then damaged. */
  const spoiled = async (spoil: (item: Item) => Item): Promise<Task> => {
    const account = newAccount();
    await store.putAccount(account);
    const task = newTask({ accountId: account.id, gateId: DEFAULT_GATE_ID });
    await store.createTask({ task, input: '{}' });
    const waiting = nextVersion(task, { status: 'waiting', ticket: { kind: 'fresh', order: START_TIME, version: 1 } });
    await store.commit({ changes: [{ before: task, after: waiting }] });
    await write(spoil(await itemOf(task)));
    return waiting;
  };
  const close = async (task: Task): Promise<void> => {
    const damaged = await store.loadDamaged(task.id);
    if (!damaged) throw new Error('it is damaged');
    const after = endDamagedTask(damaged, START_TIME);
    expect(await store.commit({ changes: [{ before: damaged.stored, after }] })).toEqual({ kind: 'committed' });
  };
  const withoutOutcome = (item: Item): Item => ({
    ...item,
    ...taskItem({ ...(soundTask(readTask(item)) as Task), endedAt: START_TIME }, 'by-hand'),
  });
  const unreadable = (item: Item): Item => ({ ...item, t: { S: '{"c":' } });

  it.each([
    ['breaks an invariant', withoutOutcome, 'an end time means that it has ended'],
    ['cannot be read', unreadable, 'its row can be read'],
  ])(
    'that %s is refused by name, left out of batches, shown by lists, and due at once',
    async (_how, spoil, broken) => {
      const task = await spoiled(spoil);

      await expect(store.loadTask(task.id)).rejects.toMatchObject({ code: 'task-damaged', details: { broken } });
      expect(await store.loadTasks([task.id])).toEqual([]);
      expect(await store.listTasks({ accountId: task.accountId, limit: 5 })).toMatchObject({
        tasks: [],
        damaged: [{ id: task.id, model: task.model, broken: [broken] }],
      });
      expect(await itemOf(task)).toMatchObject({
        dueAt: { N: String(START_TIME) },
        setAsideAt: { N: String(START_TIME) },
      });
    },
  );

  it('takes its ticket from the queue, so that those behind it get their turn', async () => {
    const task = await spoiled(withoutOutcome);
    const queue = { kind: 'fresh', accountId: task.accountId, model: task.model } as const;
    expect(await store.tickets(task.gateId, queue, 5)).toHaveLength(1);

    await store.loadTasks([task.id]);

    expect(await store.tickets(task.gateId, queue, 5)).toEqual([]);
  });

  it('loses its ticket even where its text cannot be read, and no longer counts in the queue once closed', async () => {
    const task = await spoiled(unreadable);
    const queue = { kind: 'fresh', accountId: task.accountId, model: task.model } as const;
    const counted = async () => tasksIn(await store.loadQueues(task.gateId, task.accountId));
    expect(await store.tickets(task.gateId, queue, 5)).toHaveLength(1);
    expect(await counted()).toBe(1);

    await store.loadTasks([task.id]);
    expect(await store.tickets(task.gateId, queue, 5)).toEqual([]);

    await close(task);
    expect(await counted()).toBe(0);
  });

  it.each([
    ['breaks an invariant', withoutOutcome],
    ['cannot be read', unreadable],
  ])('that %s returns its slot, of its kind, once it is closed', async (_how, spoil) => {
    const held = async () => {
      const gate = await store.loadGate(DEFAULT_GATE_ID);
      const { model } = newTask();
      const probes = (await store.loadModels(DEFAULT_GATE_ID, [model])).get(model)?.probesInFlight ?? 0;
      return [inFlight(gate), counter(gate, counterName.retriesInFlight), probes];
    };
    const before = await held();
    const task = newTask({ gateId: DEFAULT_GATE_ID });
    await store.createTask({ task, input: '{}' });
    const slot = { kind: 'retry', circuitProbe: true, accountProbe: false, rank: 1, grantedAt: START_TIME } as const;
    const granted = nextVersion(task, { slot });
    await store.commit({ changes: [{ before: task, after: granted }] });
    expect(await held()).toEqual(before.map((count) => count + 1));
    await write(spoil(await itemOf(granted)));
    await store.loadTasks([task.id]);

    await close(granted);

    expect(await held()).toEqual(before);
  });

  it('is postponed by the sweep, and readers do not make it due again', async () => {
    const task = await spoiled(withoutOutcome);
    await store.loadTasks([task.id]);
    const damaged = await store.loadDamaged(task.id);
    if (!damaged) throw new Error('it is damaged');

    await store.setAside(damaged, START_TIME + HOUR_MS);
    await store.loadTasks([task.id]);

    expect((await itemOf(task))['dueAt']).toEqual({ N: String(START_TIME + HOUR_MS) });
  });

  it.each([
    ['breaks an invariant', withoutOutcome],
    ['cannot be read', unreadable],
  ])('that %s is closed as failed, its account gets its room back and its client an event', async (_how, spoil) => {
    const task = await spoiled(spoil);
    const damaged = await store.loadDamaged(task.id);
    if (!damaged) throw new Error('it is damaged');
    const after = endDamagedTask(damaged, START_TIME);

    expect(await store.commit({ changes: [{ before: damaged.stored, after }] })).toEqual({ kind: 'committed' });

    expect(await store.loadTask(task.id)).toMatchObject({ status: 'failed', result: { code: 5000 } });
    expect(await store.loadDamaged(task.id)).toBeUndefined();
    expect((await store.loadAccount(task.accountId))?.activeTasks).toBe(0);
    const events = new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `EVENTS#${task.accountId}` } },
    });
    expect((await client.send(events)).Items).toHaveLength(1);
    // Until that is handed on.
    expect(await store.loadTask(task.id)).toMatchObject({ openEnds: [{ end: 1, at: START_TIME }] });
    expect(await itemOf(task)).toMatchObject({ dueAt: { N: String(START_TIME + limits.eventGraceMs) } });
    expect(await itemOf(task)).not.toHaveProperty('ttl');
  });

  it('that cannot be read and has ended keeps its open ends when it is closed, and gets no second event', async () => {
    const account = newAccount();
    await store.putAccount(account);
    const task = newTask({ accountId: account.id, gateId: DEFAULT_GATE_ID });
    await store.createTask({ task, input: '{}' });
    const openEnds = [{ end: 1, at: START_TIME + 5_000 }];
    const ended = endedVersion(task, { openEnds });
    await store.commit({ changes: [{ before: task, after: ended }] });
    await write(unreadable(await itemOf(task)));

    await close(task);

    expect(await store.loadTask(task.id)).toMatchObject({ ends: 1, openEnds });
    const logged = await store.readEvents(account.id, { position: 0, id: '' }, 9);
    expect(logged.map(({ event }) => event.type)).toEqual(['task.completed']);
  });

  it('leaves the rows beside it unchanged', async () => {
    const task = newTask();
    await store.createTask({ task, input: '{}' });
    expect(await store.loadTask(task.id)).toEqual(task);
    expect(await store.loadDamaged(task.id)).toBeUndefined();
  });
});
