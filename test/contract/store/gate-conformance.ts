// How any gate store behaves: the gate, its counters and its queues.
// Counters are held against what the committed tasks say, since that is what they are derived from.
import { describe, expect, it } from 'vitest';
import { counterName } from '../../../core/domain/task/derived-counts.ts';
import { counter, newGate, waitingIn } from '../../../core/domain/gate/gate.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { nextVersion, newAttempt, newSlot, newTask, START_TIME } from './stored-task.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { QueueKey, Ticket } from '../../../core/domain/task/slot.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const GATE = 'main';

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function created(store: Store, fields: Partial<Task> = {}): Promise<Task> {
  const task = newTask(fields);
  await store.createTask({ task, input: '{}' });
  return task;
}

/** Commits the next version of a task, which must go through. */
async function changed(store: Store, before: Task, fields: Parameters<typeof nextVersion>[1]): Promise<Task> {
  const after = nextVersion(before, fields);
  expect(await store.commit({ changes: [{ before, after }] })).toEqual({ kind: 'committed' });
  return after;
}

/** A task that stands in the queue. */
async function waitingTask(store: Store, fields: Partial<Task> = {}, ticket: Partial<Ticket> = {}): Promise<Task> {
  return changed(store, await created(store, fields), {
    status: 'waiting',
    ticket: { kind: 'fresh', order: START_TIME, ...ticket },
  });
}

function flowFor({ accountId, model, ticket }: Task): QueueKey {
  return { kind: ticket?.kind ?? 'fresh', accountId, model };
}

export function describeGates(place: StoreUnderTest): void {
  describe('gates', () => {
    describeKnowledge(place);
    describeCounters(place);
    describeQueues(place);
  });
}

function describeKnowledge(place: StoreUnderTest): void {
  it('makes a gate from the settings when it is first asked for', async () => {
    const { store } = await place.open({ limitStart: 5, limitProbeMs: 1_234 });

    const gate = await store.loadGate(GATE);

    expect(gate).toEqual(newGate(GATE, { ...defaultSettings.gate, limitStart: 5, limitProbeMs: 1_234 }, START_TIME));
    expect(await store.loadGate(GATE)).toEqual(gate);
  });

  it('never overwrites what a gate has learned with other settings', async () => {
    const { store } = await place.open({ limitStart: 5 });
    const before = await store.loadGate(GATE);
    const after = { ...before, version: 1, limit: { ...before.limit, slots: 17.1, isBounded: true } };
    await store.commit({ changes: [], gate: { before, after } });

    const restarted = await place.reopen({ limitStart: 99 });

    expect((await restarted.loadGate(GATE)).limit).toEqual(after.limit);
  });

  it('lists every gate that was asked for', async () => {
    const { store } = await place.open();
    await Promise.all(['b', 'a', 'b', 'c'].map((id) => store.loadGate(id)));

    expect([...(await store.gateIds())].sort()).toEqual(['a', 'b', 'c']);
  });

  it('sets and takes away what the gate knows, floats, names with slashes and all', async () => {
    const { store } = await place.open();
    const fresh = await store.loadGate(GATE);
    const knowing: Gate = {
      ...fresh,
      version: 1,
      pause: { reason: 'account', since: 1, status: 401, probeAt: 2, probeWaitMs: 3 },
      operatorPause: { since: 4, by: 'Jörg' },
      circuits: { 'vendor/model.v1/text-to-image': { state: 'open', since: 1, probeAt: 2, probes: 3 } },
      finishTimes: { acc_1: 1 / 3, acc_2: 12_345_678.901_234_5 },
      virtualTime: 0.1 + 0.2,
      wakeAt: 5,
    };
    await store.commit({ changes: [], gate: { before: fresh, after: knowing } });
    const read = await store.loadGate(GATE);
    const { pause: _pause, wakeAt: _wakeAt, ...rest } = read;
    const forgetting: Gate = { ...rest, version: 2, circuits: {}, finishTimes: {} };

    expect(read).toEqual(knowing);
    expect(await store.commit({ changes: [], gate: { before: read, after: forgetting } })).toEqual({
      kind: 'committed',
    });
    expect(await store.loadGate(GATE)).toEqual(forgetting);
  });

  it('raises the version by one, whatever the caller wrote', async () => {
    const { store } = await place.open();
    const before = await store.loadGate(GATE);
    await store.commit({ changes: [], gate: { before, after: { ...before, virtualTime: 1 } } });

    expect(await store.loadGate(GATE)).toMatchObject({ version: before.version + 1, virtualTime: 1 });
  });

  it('lets one of thirty writers of the same gate version through, and nothing of the others', async () => {
    const { store } = await place.open();
    const before = await store.loadGate(GATE);
    const tasks = await Promise.all(many(30).map(() => created(store)));

    const results = await Promise.all(
      tasks.map((task, by) =>
        store.commit({
          changes: [{ before: task, after: nextVersion(task, { slot: newSlot({ rank: by }) }) }],
          gate: { before, after: { ...before, version: 1, virtualTime: by } },
        }),
      ),
    );

    const winners = results.flatMap(({ kind }, by) => (kind === 'committed' ? [by] : []));
    const gate = await store.loadGate(GATE);
    expect(winners).toHaveLength(1);
    expect(gate).toMatchObject({ version: 1, virtualTime: winners[0], counters: { inFlight: 1 } });
    expect(results).toContainEqual({ kind: 'lost', taskIds: [], isGateLost: true });
    const written = (await store.loadTasks(tasks.map(({ id }) => id))).filter(({ version }) => version > 1);
    expect(written.map(({ id }) => id)).toEqual([tasks[winners[0] ?? -1]?.id]);
  });

  it('names both the gate and the tasks that were stale', async () => {
    const { store } = await place.open();
    const gate = await store.loadGate(GATE);
    const task = await created(store);
    await changed(store, task, {});
    await store.commit({ changes: [], gate: { before: gate, after: { ...gate, virtualTime: 1 } } });

    const result = await store.commit({
      changes: [{ before: task, after: nextVersion(task) }],
      gate: { before: gate, after: { ...gate, virtualTime: 2 } },
    });

    expect(result).toEqual({ kind: 'lost', taskIds: [task.id], isGateLost: true });
  });
}

function describeCounters(place: StoreUnderTest): void {
  it('counts slots with the tasks that hold them, exactly, when thirty come and go at once', async () => {
    const { store } = await place.open();
    const tasks = await Promise.all(many(30).map(() => created(store)));
    const [kinds, isOdd] = [['fresh', 'retry'] as const, (index: number) => index % 2];
    await store.loadGate(GATE);

    const holding = await Promise.all(
      tasks.map((task, index) =>
        changed(store, task, {
          slot: newSlot({ kind: kinds[isOdd(index)] ?? 'fresh', circuitProbe: index < 5, accountProbe: index < 2 }),
        }),
      ),
    );
    const { model } = newTask();
    expect((await store.loadGate(GATE)).counters).toEqual({
      inFlight: 30,
      retriesInFlight: 15,
      accountProbesInFlight: 2,
      [counterName.circuitProbesInFlight(model)]: 5,
    });

    await Promise.all(holding.slice(0, 29).map((task) => changed(store, task, { slot: undefined })));
    expect((await store.loadGate(GATE)).counters).toEqual({ inFlight: 1, retriesInFlight: 1 });
  });

  it('counts for a gate that nobody has asked for yet', async () => {
    const { store } = await place.open();
    await changed(store, await created(store, { gateId: 'unseen' }), { slot: newSlot() });

    const gate = await store.loadGate('unseen');

    expect(gate).toEqual({ ...newGate('unseen', defaultSettings.gate, START_TIME), counters: { inFlight: 1 } });
  });

  it('counts the outcomes of a model with the attempt that they are of', async () => {
    const { store } = await place.open();
    const failure = { level: 'task', code: 5003, text: 'Service Unavailable' } as const;
    const running = newAttempt({ state: 'running', acceptedAt: START_TIME, circuitProbe: true });
    const task = await created(store, { attempts: [running], attemptCount: 1 });

    await changed(store, task, {
      attempts: [{ ...running, state: 'closed', outcome: 'failed', failure, endedAt: START_TIME + 700 }],
    });

    expect((await store.loadGate(GATE)).counters).toEqual({
      outcomes: 1,
      heldMs: 700,
      [counterName.modelOutcomes(task.model)]: 1,
      [counterName.modelFailures(task.model)]: 1,
      [counterName.circuitProbeFailures(task.model)]: 1,
    });
  });

  it('keeps what others count while the gate itself is being changed', async () => {
    const { store } = await place.open();
    const tally = counterName.modelOutcomes('m');
    const first = await store.loadGate(GATE);
    await store.commit({ changes: [], gate: { before: first, after: { ...first, counters: { [tally]: 20 } } } });
    const before = await store.loadGate(GATE);
    await changed(store, await created(store), { slot: newSlot() });
    const task = await created(store);

    const result = await store.commit({
      changes: [{ before: task, after: nextVersion(task, { slot: newSlot({ rank: 2 }) }) }],
      gate: { before, after: { ...before, counters: { [tally]: 8 } } },
    });

    expect(result).toEqual({ kind: 'committed' });
    expect((await store.loadGate(GATE)).counters).toEqual({ inFlight: 2, [tally]: 8 });
  });

  it('counts each task for its own gate when one commit touches two', async () => {
    const { store } = await place.open();
    const [one, other] = [await created(store), await created(store, { gateId: 'second' })];
    const changes = [one, other].map((before) => ({ before, after: nextVersion(before, { slot: newSlot() }) }));

    await store.commit({ changes });

    expect((await store.loadGate(GATE)).counters).toEqual({ inFlight: 1 });
    expect((await store.loadGate('second')).counters).toEqual({ inFlight: 1 });
  });
}

function describeQueues(place: StoreUnderTest): void {
  it('gives the head of a queue by order, then by id', async () => {
    const { store } = await place.open();
    const orders = [5_000, 1_000, 3_000, 1_000, 999, 20_000];
    const tasks = await Promise.all(orders.map((order) => waitingTask(store, { weight: 2.5 }, { order })));
    const place4 = (index: number): string => tasks[index]?.id ?? '';

    const head = await store.tickets(GATE, flowFor(tasks[0] as Task), 4);

    const twins = [place4(1), place4(3)].sort();
    expect(head.map(({ taskId }) => taskId)).toEqual([place4(4), ...twins, place4(2)]);
    expect(head[0]).toEqual({ ...flowFor(tasks[0] as Task), taskId: place4(4), order: 999, weight: 2.5 });
  });

  it('has a ticket exactly while its task stands in the queue', async () => {
    const { store } = await place.open();
    const task = await waitingTask(store);
    const flow = flowFor(task);
    const queue = async (): Promise<string[]> => (await store.tickets(GATE, flow, 10)).map(({ taskId }) => taskId);

    expect(await queue()).toEqual([task.id]);
    expect(waitingIn(await store.loadGate(GATE), flow)).toBe(1);
    const still = await changed(store, task, { due: { at: START_TIME + 9, by: 'sweep' } });
    expect(await queue()).toEqual([task.id]);
    await changed(store, still, { ticket: undefined, status: 'queued', slot: newSlot() });
    expect(await queue()).toEqual([]);
    expect(counter(await store.loadGate(GATE), counterName.inFlight)).toBe(1);
    expect(waitingIn(await store.loadGate(GATE), flow)).toBe(0);
  });

  it('moves a task to another queue when its ticket changes', async () => {
    const { store } = await place.open();
    const task = await waitingTask(store);

    const moved = await changed(store, task, { ticket: { kind: 'retry', order: START_TIME - 5 } });

    expect(await store.tickets(GATE, flowFor(task), 10)).toEqual([]);
    expect(await store.tickets(GATE, flowFor(moved), 10)).toMatchObject([{ taskId: task.id, order: START_TIME - 5 }]);
    expect(waitingIn(await store.loadGate(GATE), flowFor(moved))).toBe(1);
  });

  it('keeps the queues of kinds, accounts, models and gates apart', async () => {
    const { store } = await place.open();
    const tasks = [
      await waitingTask(store),
      await waitingTask(store, {}, { kind: 'retry' }),
      await waitingTask(store, { accountId: 'acc_other' }),
      await waitingTask(store, { model: 'vendor/model/text-to-image-2' }),
      await waitingTask(store, { gateId: 'second' }),
    ];

    for (const task of tasks) {
      const queue = await store.tickets(task.gateId, flowFor(task), 10);
      expect(queue.map(({ taskId }) => taskId)).toEqual([task.id]);
    }
  });

  it('grants twenty slots in one commit', async () => {
    const { store } = await place.open();
    const tasks = await Promise.all(many(20).map(() => waitingTask(store)));
    const gate = await store.loadGate(GATE);
    const changes = tasks.map((before) => ({
      before,
      after: nextVersion(before, { ticket: undefined, status: 'queued', slot: newSlot() }),
    }));

    expect(await store.commit({ changes, gate: { before: gate, after: { ...gate, virtualTime: 20 } } })).toEqual({
      kind: 'committed',
    });
    expect(await store.tickets(GATE, flowFor(tasks[0] as Task), 100)).toEqual([]);
    expect(await store.loadGate(GATE)).toMatchObject({ virtualTime: 20, counters: { inFlight: 20 } });
  });

  it('takes a ticket away with nobody granting the slot twice', async () => {
    const { store } = await place.open();
    const task = await waitingTask(store);
    const grant = () =>
      store.commit({
        changes: [{ before: task, after: nextVersion(task, { ticket: undefined, slot: newSlot() }) }],
      });

    const results = await Promise.all(many(10).map(grant));

    expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(1);
    expect((await store.loadGate(GATE)).counters).toEqual({ inFlight: 1 });
  });
}
