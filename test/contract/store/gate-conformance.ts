// How any gate store behaves: the gate, its counters, its queues and its models.
// Counters are compared with the committed tasks, from which they are derived.
import { describe, expect, it } from 'vitest';
import { counterName } from '../../../core/domain/task/derived-counts.ts';
import { wellModel } from '../../../core/domain/gate/circuit.ts';
import { counter, newGate } from '../../../core/domain/gate/gate.ts';
import { tasksIn } from '../../../core/domain/gate/gate-view.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { describeClaims } from './claim-conformance.ts';
import { changed, created, nextVersion, newAttempt, newSlot, newTask, START_TIME } from './stored-task.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { ModelHealth } from '../../../core/domain/gate/circuit.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { QueueKey, Ticket } from '../../../core/domain/task/slot.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const GATE = 'main';

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A task that is queued. */
async function waitingTask(store: Store, fields: Partial<Task> = {}, ticket: Partial<Ticket> = {}): Promise<Task> {
  return changed(store, await created(store, fields), {
    status: 'waiting',
    ticket: { kind: 'fresh', order: START_TIME, ...ticket, version: 1 },
  });
}

function flowFor({ accountId, model, ticket }: Task): QueueKey {
  return { kind: ticket?.kind ?? 'fresh', accountId, model };
}

/** How many tasks of the same account wait. */
async function waitingOf(store: Store, { accountId }: Task): Promise<number> {
  return tasksIn(await store.loadQueues(GATE, accountId));
}

export function describeGates(place: StoreUnderTest): void {
  describe('gates', () => {
    describeKnowledge(place);
    describeCounters(place);
    describeClaims(place);
    describeQueues(place);
    describeAccountQueues(place);
    describeModels(place);
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
      virtualTime: 0.1 + 0.2,
      waitingWeight: 1 / 3,
      wakeAt: 5,
    };
    await store.commit({ changes: [], gate: { before: fresh, after: knowing } });
    const read = await store.loadGate(GATE);
    const { pause: _pause, wakeAt: _wakeAt, ...rest } = read;
    const forgetting: Gate = { ...rest, version: 2 };

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
    const probes = async () => (await store.loadModels(GATE, [model])).get(model)?.probesInFlight ?? 0;
    expect((await store.loadGate(GATE)).counters).toEqual({
      inFlight: 30,
      retriesInFlight: 15,
      accountProbesInFlight: 2,
    });
    expect(await probes()).toBe(5);

    await Promise.all(holding.slice(0, 29).map((task) => changed(store, task, { slot: undefined })));
    expect((await store.loadGate(GATE)).counters).toEqual({ inFlight: 1, retriesInFlight: 1, releases: 29 });
    expect(await probes()).toBe(0);
  });

  it('counts for a gate that nobody has asked for yet', async () => {
    const { store } = await place.open();
    await changed(store, await created(store, { gateId: 'unseen' }), { slot: newSlot() });

    const gate = await store.loadGate('unseen');

    expect(gate).toEqual({ ...newGate('unseen', defaultSettings.gate, START_TIME), counters: { inFlight: 1 } });
  });

  it('counts the time that slots were held with the attempts that ended', async () => {
    const { store } = await place.open();
    const failure = { level: 'task', code: 5003, text: 'Service Unavailable' } as const;
    const running = newAttempt({ state: 'running', acceptedAt: START_TIME, circuitProbe: true });
    const task = await created(store, { attempts: [running], attemptCount: 1 });

    await changed(store, task, {
      attempts: [{ ...running, state: 'closed', outcome: 'failed', failure, endedAt: START_TIME + 700 }],
    });

    expect((await store.loadGate(GATE)).counters).toEqual({ outcomes: 1, heldMs: 700 });
  });

  it('keeps what others count while the gate itself is being changed', async () => {
    const { store } = await place.open();
    const before = await store.loadGate(GATE);
    await changed(store, await created(store), { slot: newSlot() });
    const task = await created(store);

    const result = await store.commit({
      changes: [{ before: task, after: nextVersion(task, { slot: newSlot({ rank: 2 }) }) }],
      gate: { before, after: { ...before, virtualTime: 4 } },
    });

    expect(result).toEqual({ kind: 'committed' });
    expect(await store.loadGate(GATE)).toMatchObject({ virtualTime: 4, counters: { inFlight: 2 } });
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
    expect(head[0]).toEqual({ ...flowFor(tasks[0] as Task), taskId: place4(4), order: 999, version: 1, weight: 2.5 });
  });

  it('has a ticket exactly while its task stands in the queue', async () => {
    const { store } = await place.open();
    const task = await waitingTask(store);
    const flow = flowFor(task);
    const queue = async (): Promise<string[]> => (await store.tickets(GATE, flow, 10)).map(({ taskId }) => taskId);

    expect(await queue()).toEqual([task.id]);
    expect(await waitingOf(store, task)).toBe(1);
    const still = await changed(store, task, { due: { at: START_TIME + 9, by: 'sweep' } });
    expect(await queue()).toEqual([task.id]);
    await changed(store, still, { ticket: undefined, status: 'queued', slot: newSlot() });
    expect(await queue()).toEqual([]);
    expect(counter(await store.loadGate(GATE), counterName.inFlight)).toBe(1);
    expect(await waitingOf(store, task)).toBe(0);
  });

  it('leaves the tickets of a commit that says so, until they are removed; and none that was taken later goes with them', async () => {
    const { store } = await place.open();
    const task = await waitingTask(store);
    const queue = flowFor(task);
    const versions = async (): Promise<number[]> =>
      (await store.tickets(GATE, queue, 10)).map(({ version }) => version);
    const granted = nextVersion(task, { ticket: undefined, status: 'queued', slot: newSlot() });

    await store.commit({ changes: [{ before: task, after: granted }], leavesTickets: true });

    expect(await versions()).toEqual([1]);
    expect(await waitingOf(store, task)).toBe(0);
    const again = { kind: 'fresh', order: START_TIME, version: granted.version + 1 } as const;
    await changed(store, granted, { status: 'waiting', slot: undefined, ticket: again });
    expect(await versions()).toEqual([1, again.version]);
    await store.removeTickets(GATE, [{ ...queue, taskId: task.id, order: START_TIME, version: 1 }]);
    expect(await versions()).toEqual([again.version]);
  });

  it('removes many tickets at once, those that are gone, and one that is named twice', async () => {
    const { store } = await place.open();
    const tasks = await Promise.all(many(60).map(() => waitingTask(store)));
    const queue = flowFor(tasks[0] as Task);
    const names = tasks.map(({ id: taskId }) => ({ ...queue, taskId, order: START_TIME, version: 1 }));

    await store.removeTickets(GATE, names.slice(0, 1));
    await store.removeTickets(GATE, [...names.slice(0, 59), ...names.slice(57, 59)]);

    expect((await store.tickets(GATE, queue, 100)).map(({ taskId }) => taskId)).toEqual([tasks[59]?.id]);
    await store.removeTickets(GATE, []);
  });

  it('moves a task to another queue when its ticket changes', async () => {
    const { store } = await place.open();
    const task = await waitingTask(store);

    const moved = await changed(store, task, { ticket: { kind: 'retry', order: START_TIME - 5, version: 1 } });

    expect(await store.tickets(GATE, flowFor(task), 10)).toEqual([]);
    expect(await store.tickets(GATE, flowFor(moved), 10)).toMatchObject([{ taskId: task.id, order: START_TIME - 5 }]);
    expect((await store.loadQueues(GATE, moved.accountId))?.waiting).toEqual({ [`retry|${moved.model}`]: 1 });
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

function describeAccountQueues(place: StoreUnderTest): void {
  it('counts who waits by account, kind and model, in a row of each account', async () => {
    const { store } = await place.open();
    const [model, other] = [newTask().model, 'vendor/other/text-to-image'];
    await Promise.all([
      ...many(12).map(() => waitingTask(store, { weight: 2.5 })),
      waitingTask(store, { model: other, weight: 2.5 }, { kind: 'retry' }),
      waitingTask(store, { accountId: 'acc_other' }),
    ]);

    const { queues, isWhole } = await store.listQueues(GATE, 100, 0.5);

    expect(isWhole).toBe(true);
    const sorted = [...queues].sort((a, b) => (a.accountId < b.accountId ? -1 : 1));
    expect(sorted).toEqual([
      { accountId: 'acc_other', weight: 1, waiting: { [`fresh|${model}`]: 1 } },
      { accountId: 'acc_sample', weight: 2.5, waiting: { [`fresh|${model}`]: 12, [`retry|${other}`]: 1 } },
    ]);
    expect(await store.loadQueues(GATE, 'acc_other')).toEqual(sorted[0]);
    expect(await store.loadQueues(GATE, 'acc_none')).toBeUndefined();
  });

  it('counts together who came while slots went from hand to hand and who left, and forgets all of them', async () => {
    const { store } = await place.open();
    const waiting = await Promise.all(
      many(12).map(async () => {
        const before = await created(store);
        const after = nextVersion(before, {
          status: 'waiting',
          ticket: { kind: 'fresh', order: START_TIME, version: 1 },
        });
        expect(await store.commit({ changes: [{ before, after }], countsBeside: true })).toEqual({ kind: 'committed' });
        return after;
      }),
    );
    const [{ accountId = '', model = '' } = {}] = waiting;
    const leave = (left: readonly Task[]) =>
      Promise.all(
        left.map(async (before) => {
          const after = nextVersion(before, { status: 'queued', ticket: undefined, slot: newSlot() });
          expect(await store.commit({ changes: [{ before, after }], countsBeside: true })).toEqual({
            kind: 'committed',
          });
        }),
      );
    expect((await store.loadQueues(GATE, accountId))?.waiting).toEqual({ [`fresh|${model}`]: 12 });
    await leave(waiting.slice(0, 7));

    const { queues } = await store.listQueues(GATE, 100, 0);
    expect(queues).toEqual([{ accountId, weight: 1, waiting: { [`fresh|${model}`]: 5 } }]);
    await store.tidyQueues(GATE, queues);
    expect(await store.loadQueues(GATE, accountId)).toEqual(queues[0]);

    await leave(waiting.slice(7));
    await store.tidyQueues(GATE, queues);
    expect(await store.loadQueues(GATE, accountId)).toBeUndefined();
  });

  it('lists a part of many, another one from another place, and each account from some place', async () => {
    const { store } = await place.open();
    await Promise.all(many(30).map((index) => waitingTask(store, { accountId: `acc_${index}` })));

    const seen = new Set<string>();
    for (const place4 of many(60)) {
      const { queues, isWhole } = await store.listQueues(GATE, 8, place4 / 60);
      expect(isWhole).toBe(false);
      expect(queues.length).toBeLessThanOrEqual(8);
      for (const { accountId } of queues) seen.add(accountId);
    }
    const all = await store.listQueues(GATE, Number.POSITIVE_INFINITY, 0);

    expect(seen.size).toBe(30);
    expect(all.isWhole).toBe(true);
    expect(all.queues).toHaveLength(30);
  });

  it('keeps when an account has its next turn, in the commit that served it', async () => {
    const { store } = await place.open();
    const task = await waitingTask(store);
    const before = await store.loadGate(GATE);
    const turns = [
      { accountId: task.accountId, weight: 3, finishTime: 1 / 3, servedAt: START_TIME },
      { accountId: 'acc_arrived', weight: 1, finishTime: 2, servedAt: START_TIME },
    ];
    const granted = nextVersion(task, { ticket: undefined, status: 'queued', slot: newSlot() });

    await store.commit({ changes: [{ before: task, after: granted }], gate: { before, after: before, turns } });

    const { accountId } = task;
    expect(await store.loadQueues(GATE, accountId)).toEqual({ accountId, ...turns[0], waiting: {} });
    expect(await store.loadQueues(GATE, 'acc_arrived')).toMatchObject({ finishTime: 2, waiting: {} });
    await changed(store, await created(store), {
      status: 'waiting',
      ticket: { kind: 'fresh', order: START_TIME, version: 1 },
    });
    expect(await store.loadQueues(GATE, accountId)).toMatchObject({ finishTime: 1 / 3, weight: 1 });
  });

  it('writes no turn of a round that lost its race', async () => {
    const { store } = await place.open();
    const before = await store.loadGate(GATE);
    const turns = (finishTime: number) => [{ accountId: 'acc_one', weight: 1, finishTime, servedAt: START_TIME }];
    await store.commit({ changes: [], gate: { before, after: before, turns: turns(1) } });

    const late = await store.commit({ changes: [], gate: { before, after: before, turns: turns(2) } });

    expect(late.kind).toBe('lost');
    expect(await store.loadQueues(GATE, 'acc_one')).toMatchObject({ finishTime: 1 });
  });

  it('forgets an account that waits no more, and none that came back or was served meanwhile', async () => {
    const { store } = await place.open();
    const leaves = async (accountId: string) => {
      const task = await waitingTask(store, { accountId });
      await changed(store, task, { ticket: undefined, status: 'queued', slot: newSlot() });
    };
    await Promise.all(['acc_gone', 'acc_back', 'acc_served'].map(leaves));
    const { queues } = await store.listQueues(GATE, 100, 0);
    await waitingTask(store, { accountId: 'acc_back' });
    const before = await store.loadGate(GATE);
    const turns = [{ accountId: 'acc_served', weight: 1, finishTime: 9, servedAt: START_TIME }];
    await store.commit({ changes: [], gate: { before, after: before, turns } });

    await store.tidyQueues(GATE, queues);

    const left = (await store.listQueues(GATE, 100, 0)).queues.map(({ accountId }) => accountId);
    expect(left.sort()).toEqual(['acc_back', 'acc_served']);
  });
}

function describeModels(place: StoreUnderTest): void {
  const model = 'vendor/model.v1/text-to-image';
  const failing: ModelHealth = {
    ...wellModel(START_TIME),
    outcomes: 20,
    failures: 19,
    circuit: { since: 1, probeAt: 2, probes: 3, successes: 4, failures: 5 },
  };

  it('keeps what is known of a model, for whoever saw its last version', async () => {
    const { store } = await place.open();
    expect(await store.saveModel(GATE, model, wellModel(START_TIME), failing)).toBe(true);
    expect(await store.saveModel(GATE, model, wellModel(START_TIME), { ...failing, failures: 1 })).toBe(false);
    const saved = (await store.loadModels(GATE, [model, 'vendor/well/text-to-image'])).get(model);
    expect(saved).toEqual({ ...failing, version: 1 });
    const { circuit: _closed, ...rest } = failing;

    expect(saved && (await store.saveModel(GATE, model, saved, rest))).toBe(true);

    expect(await store.listModels(GATE, 10)).toEqual({
      models: new Map([[model, { ...rest, version: 2 }]]),
      isWhole: true,
    });
    expect((await store.listModels('another', 10)).models.size).toBe(0);
  });

  it('lets one of ten that learn at once through', async () => {
    const { store } = await place.open();
    const saved = await Promise.all(
      many(10).map((failures) => store.saveModel(GATE, model, wellModel(START_TIME), { ...failing, failures })),
    );
    expect(saved.filter((isSaved) => isSaved)).toHaveLength(1);
  });

  it('lists so many models at most', async () => {
    const { store } = await place.open();
    await Promise.all(many(5).map((index) => store.saveModel(GATE, `${model}-${index}`, wellModel(0), failing)));
    const { models, isWhole } = await store.listModels(GATE, 3);
    expect([models.size, isWhole]).toEqual([3, false]);
  });

  it('forgets a model, but not while probes of it hold slots', async () => {
    const { store } = await place.open();
    await store.saveModel(GATE, model, wellModel(START_TIME), failing);
    const held = await changed(store, await created(store, { model }), { slot: newSlot({ circuitProbe: true }) });
    const known = async () => (await store.loadModels(GATE, [model])).get(model);
    const before = await known();
    expect(before).toEqual({ ...failing, version: 1, probesInFlight: 1 });

    expect(before && (await store.saveModel(GATE, model, before, undefined))).toBe(false);
    await changed(store, held, { slot: undefined });
    expect(before && (await store.saveModel(GATE, model, before, undefined))).toBe(true);

    expect(await known()).toBeUndefined();
  });
}
