// Which of many that wait a round of slots gets to see: a bounded part, never only the same, and no backlog of a broken model.
import { describe, expect, it } from 'vitest';
import { wellModel } from '../../../core/domain/gate/circuit.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { HOUR_MS } from '../../../core/domain/time-ms.ts';
import { allocateSlots } from '../../../core/flows/allocate-slots.ts';
import { readHeads, readWaiting } from '../../../core/flows/read-candidates.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { ModelHealth } from '../../../core/domain/gate/circuit.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const GATE = 'default';
const open: ModelHealth = {
  ...wellModel(NOW),
  outcomes: 20,
  failures: 20,
  circuit: { since: NOW, probeAt: NOW + HOUR_MS, probes: 0, successes: 0, failures: 0 },
};

function idOf(index: number): string {
  return `019b0000-0000-7000-8000-${String(index).padStart(12, '0')}`;
}

function waiting(index: number, parts: Partial<Task> = {}): Task {
  const due = { at: NOW + HOUR_MS, by: 'sweep' } as const;
  return sampleTask({
    id: idOf(index),
    status: 'waiting',
    ticket: { kind: 'fresh', order: NOW, version: 1 },
    due,
    ...parts,
  });
}

function relayOf(slots: number): MemoryRelay {
  return new MemoryRelay({ gate: { ...defaultSettings.gate, limitStart: slots, limitMax: slots } });
}

function queueOf({ accountId, model }: Task) {
  return { kind: 'fresh', accountId, model } as const;
}

/** What a crash between a grant and the removal of its ticket leaves. */
async function leaveTicket(relay: MemoryRelay, index: number): Promise<void> {
  const before = await relay.put(waiting(index));
  const { ticket: _left, ...granted } = before;
  const after = { ...granted, status: 'cancelled', endedAt: NOW, version: before.version + 1 } as const;
  await relay.store.commit({ changes: [{ before, after }], leavesTickets: true });
}

async function breakModels(relay: MemoryRelay, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await relay.store.saveModel(GATE, `broken/${index}/t`, wellModel(NOW), open);
  }
}

describe('a round of slots', () => {
  it('reads no task that waits for a model whose circuit is open', async () => {
    const relay = relayOf(5);
    await breakModels(relay, 1);
    for (let index = 0; index < 20; index += 1) await relay.put(waiting(index, { model: 'broken/0/t' }));
    const other = await relay.put(waiting(99));
    const read: string[] = [];
    const spying = relay.withStore({
      loadTasks: (ids) => {
        read.push(...ids);
        return relay.store.loadTasks(ids);
      },
    });

    await allocateSlots(spying, GATE, {});

    expect(new Set(read)).toEqual(new Set([other.id]));
    expect((await relay.task(other.id)).slot).toBeDefined();
  });

  it('finds tasks that may run behind hundreds that wait for broken models, whatever their number', async () => {
    const relay = relayOf(5);
    await breakModels(relay, 450);
    for (let index = 0; index < 60; index += 1) {
      const own = Array.from({ length: 7 }, (_, model) => `broken/${7 * index + model}/t`);
      for (const [turn, model] of own.entries()) {
        await relay.put(waiting(100 * index + turn, { accountId: `acc_${index}`, model }));
      }
    }
    const served = await relay.put(waiting(99_999, { accountId: 'acc_well' }));

    await allocateSlots(relay, GATE, {});

    expect((await relay.task(served.id)).slot).toBeDefined();
    expect((await relay.store.loadGate(GATE)).counters).toEqual({ inFlight: 1 });
  });

  it('sees others each time where more accounts wait than it reads, until all have been served', async () => {
    const relay = relayOf(1_000);
    for (let index = 0; index < 300; index += 1) await relay.put(waiting(index, { accountId: `acc_${index}` }));

    for (let calls = 0; calls < 20; calls += 1) {
      await allocateSlots(relay, GATE, {});
      await relay.clock.advance(500);
    }

    expect((await relay.store.loadGate(GATE)).counters).toEqual({ inFlight: 300 });
    expect((await relay.store.viewGate(GATE)).queues.size).toBe(0);
  });

  it('reads a bounded part, however many accounts and models wait', async () => {
    const relay = relayOf(5);
    for (let index = 0; index < 500; index += 1) {
      await relay.put(waiting(index, { accountId: `acc_${index % 250}`, model: `m/${index}/t` }));
    }
    let ticketReads = 0;
    const counting = relay.withStore({
      tickets: (gateId, queue, limit) => {
        ticketReads += 1;
        return relay.store.tickets(gateId, queue, limit);
      },
    });

    const view = { ...(await readWaiting(counting, GATE)), gate: await counting.store.loadGate(GATE) };
    const heads = await readHeads(counting, view, { free: 5, arriving: [], isWide: false });

    expect(view.queues.size).toBe(80);
    expect(ticketReads).toBe(14);
    expect(heads).toMatchObject({ isPart: true });
  });

  it('reads the heads of the accounts in front and of a few to spare, with all of their models', async () => {
    const relay = relayOf(1);
    for (let index = 0; index < 30; index += 1) {
      await relay.put(waiting(index, { accountId: `acc_${index % 10}`, model: `m/${index % 3}/t` }));
    }
    const read: string[] = [];
    const counting = relay.withStore({
      tickets: (gateId, queue, limit) => {
        read.push(queue.accountId);
        return relay.store.tickets(gateId, queue, limit);
      },
    });

    const view = { ...(await readWaiting(counting, GATE)), gate: await counting.store.loadGate(GATE) };
    await readHeads(counting, view, { free: 1, arriving: [], isWide: false });

    expect(new Set(read).size).toBe(3);
    expect(read).toHaveLength(9);
  });

  it('removes tickets that their tasks no longer hold, and serves those behind them', async () => {
    const relay = relayOf(3);
    for (let index = 0; index < 5; index += 1) await leaveTicket(relay, index);
    const served = await relay.put(waiting(9));

    await allocateSlots(relay, GATE, {});

    expect((await relay.task(served.id)).slot).toBeDefined();
    expect(await relay.store.tickets(GATE, queueOf(served), 10)).toEqual([]);
  });

  it('comes past many tickets that a crash has left in one call, though few slots are free', async () => {
    const relay = relayOf(1);
    for (let index = 0; index < 300; index += 1) await leaveTicket(relay, index);
    const served = await relay.put(waiting(999));

    await allocateSlots(relay, GATE, {});

    expect((await relay.task(served.id)).slot).toBeDefined();
  });

  it('goes on while no ticket can be removed: neither is a slot left idle, nor does the one who freed it learn of it', async () => {
    const relay = relayOf(2);
    const failing = relay.withStore({
      removeTickets: () => Promise.reject(new RelayError('store-unavailable', 'DynamoDB does not answer')),
    });
    const tasks = [];
    for (let index = 0; index < 60; index += 1) tasks.push(await relay.put(waiting(index)));

    for (const { id } of tasks) {
      await allocateSlots(failing, GATE, {});
      const before = await relay.task(id);
      expect(before.slot, id).toBeDefined();
      const { slot: _freed, ...after } = before;
      await relay.store.commit({ changes: [{ before, after: { ...after, version: before.version + 1 } }] });
    }
  });

  it('asks for a later look where one call does not come past all of them', async () => {
    const relay = relayOf(1);
    for (let index = 0; index < 700; index += 1) await leaveTicket(relay, index);
    const served = await relay.put(waiting(999));

    await allocateSlots(relay, GATE, {});

    expect((await relay.task(served.id)).slot).toBeUndefined();
    const asked = relay.doorbells.waiting('dispatch').filter(({ doorbell }) => doorbell.kind === 'gate');
    expect(asked).toMatchObject([{ doorbell: { gateId: GATE } }]);
  });

  it('removes no ticket that may be younger than its task as it was read: a transaction’s rows show one by one', async () => {
    const relay = relayOf(1);
    const task = await relay.put(waiting(1, { version: 4, ticket: { kind: 'fresh', order: NOW, version: 4 } }));
    const { ticket: _unseen, ...earlier } = task;
    const lagging = relay.withStore({
      loadTasks: async () => [{ ...earlier, status: 'queued', version: 3 }],
    });
    const view = { ...(await readWaiting(lagging, GATE)), gate: await relay.store.loadGate(GATE) };

    const heads = await readHeads(lagging, view, { free: 1, arriving: [], isWide: false });

    expect(heads).toMatchObject({ stale: [], isPart: true });
  });

  it('reads wider after a round in vain: tasks past their deadline in front keep no slot from those behind', async () => {
    const relay = relayOf(1);
    for (let index = 0; index < 8; index += 1) {
      await relay.put(
        waiting(index, { accountId: `acc_${index}`, deadlineAt: NOW - 1, due: { at: NOW - 1, by: 'sweep' } }),
      );
    }
    const served = await relay.put(waiting(99, { accountId: 'acc_last' }));
    // Behind the others, by the turn that its account has just had.
    const before = await relay.store.loadGate(GATE);
    const turn = { accountId: 'acc_last', weight: 1, finishTime: 5, servedAt: NOW };
    await relay.store.commit({ changes: [], gate: { before, after: before, turns: [turn] } });

    await allocateSlots(relay, GATE, {});

    expect((await relay.task(served.id)).slot).toBeDefined();
  });
});
