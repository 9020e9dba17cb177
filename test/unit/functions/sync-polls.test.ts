// How a call with `?sync=true` waits: how often it looks at its task, when it stops, and that its place is free again
// whatever comes. How many calls may wait is sync-waits.test.ts's.
import { beforeEach, describe, expect, it } from 'vitest';
import { waitForEnd } from '../../../functions/api/wait-for-end.ts';
import { applyEvent } from '../../../core/flows/apply-event.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { Task } from '../../../core/domain/task/task.ts';

const account: Account = { id: 'acc_one', name: 'one', weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW };
const task = sampleTask();

let relay: MemoryRelay;
/** When the task was read, from the beginning of the wait. */
let reads: number[];

beforeEach(async () => {
  relay = new MemoryRelay();
  reads = [];
  await relay.put(task);
});

function watched(read: (id: string) => Promise<Task | undefined> = (id) => relay.store.loadTask(id)): MemoryRelay {
  return relay.withStore({
    loadTask: (id) => {
      reads.push(relay.clock.now() - NOW);
      return read(id);
    },
  });
}

describe('a call that waits for its task', () => {
  it('reads it at growing intervals of a second at most, and answers it as it is after 25 s', async () => {
    const waiting = waitForEnd(watched(), account, task.id);
    await relay.clock.advance(24_999);
    expect(relay.places.held('sync')).toBe(1);
    await relay.clock.advance(1);
    expect(await waiting).toMatchObject({ body: { id: task.id, status: 'created' }, headers: {} });
    expect(reads.slice(0, 6)).toEqual([0, 250, 625, 1_187.5, 2_031.25, 3_031.25]);
    const steps = reads.slice(5, -1).map((at, index, all) => (all[index + 1] ?? at + 1_000) - at);
    expect(new Set(steps)).toEqual(new Set([1_000]));
    expect(reads.at(-1)).toBe(25_000);
    expect(relay.places.held('sync')).toBe(0);
  });

  it('answers it within a second of its end', async () => {
    const waiting = waitForEnd(watched(), account, task.id);
    await relay.clock.advance(10_000);
    await applyEvent(relay, task.id, { type: 'cancel-requested' });
    await relay.clock.advance(1_000);
    expect(await waiting).toMatchObject({ body: { status: 'cancelled' } });
  });

  it('gives its place back when the task is kept no longer, or cannot be read', async () => {
    for (const [fails, error] of [
      [async () => undefined, { status: 400, details: 'the task of this Idempotency-Key is no longer kept' }],
      [() => Promise.reject(new Error('away')), { message: 'away' }],
    ] as const) {
      let count = 0;
      const ports = watched((id) => ((count += 1) === 1 ? relay.store.loadTask(id) : fails()));
      const waiting = expect(waitForEnd(ports, account, task.id)).rejects.toMatchObject(error);
      await relay.clock.advance(250);
      await waiting;
      expect(relay.places.held('sync')).toBe(0);
    }
  });

  it('is answered all the same when its place cannot be given back, which is logged', async () => {
    const warnings: unknown[] = [];
    const places = {
      take: relay.places.take.bind(relay.places),
      giveBack: () => Promise.reject(new Error('throttled')),
    };
    const log = { ...relay.log, warn: (message: string) => warnings.push(message) };
    const waiting = waitForEnd(Object.assign(watched(), { places, log }), account, task.id);
    await relay.clock.advance(25_000);
    expect(await waiting).toMatchObject({ body: { status: 'created' } });
    expect(warnings).toEqual(['A place of a waiting call was kept']);
    // Free again with its lease, five seconds later.
    await relay.clock.advance(4_999);
    expect(relay.places.held('sync')).toBe(1);
    await relay.clock.advance(1);
    expect(relay.places.held('sync')).toBe(0);
  });
});

describe('a call that finds no place to wait', () => {
  it.each([
    [2_500, '3'],
    [60_000, '5'],
  ])('is answered at once, with when to ask again: a place is free after %i ms', async (leaseMs, seconds) => {
    await relay.places.take(`sync#${account.id}`, 1, leaseMs);
    expect(await waitForEnd(relay, account, task.id)).toMatchObject({
      body: { id: task.id, status: 'created' },
      headers: { 'retry-after': seconds },
    });
    const properties = { accountId: account.id, taskId: task.id };
    expect(relay.lines).toContainEqual({ values: { SyncWaitsRefused: 1 }, properties });
  });
});
