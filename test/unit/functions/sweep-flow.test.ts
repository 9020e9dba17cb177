import { describe, expect, it } from 'vitest';
import { sweep } from '../../../functions/sweep/flow.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { WebhookWorld } from '../../support/memory/webhook-world.ts';
import type { DueRow } from '../../../core/ports/ports.ts';
import type { Due } from '../../../core/domain/task/task.ts';

const overdue: Due = { at: NOW - 5_000, by: 'doorbell' };

function idOf(index: number): string {
  return `019b0000-0000-7000-8000-${String(index).padStart(12, '0')}`;
}

function putOverdue(relay: MemoryRelay, count: number, due: Due = overdue) {
  return Promise.all(Array.from({ length: count }, (_, index) => relay.put(sampleTask({ id: idOf(index), due }))));
}

function sweepPorts(relay: MemoryRelay) {
  return Object.assign(relay, { due: relay.store });
}

const STOP_AT = NOW + 50_000;

describe('a sweep', () => {
  it('sends doorbells for what is overdue, and counts lost doorbells as repairs', async () => {
    const relay = new MemoryRelay();
    await putOverdue(relay, 3);
    const report = await sweep(sweepPorts(relay), STOP_AT);
    expect(report).toMatchObject({ moved: 3, repairs: 3, failures: 0, overdueSeconds: 5, isDone: true });
    expect(relay.doorbells.waiting('dispatch')).toHaveLength(3);
    expect(relay.sumOf('SweepRuns')).toBe(1);
  });

  it('sets a row aside that cannot be, counts it once an hour, and brings the others forward', async () => {
    const relay = new MemoryRelay();
    await putOverdue(relay, 3);
    relay.store.damage(idOf(1), { endedAt: NOW });

    // The first reader makes it due at once; from then on it is due each hour.
    expect(await sweep(sweepPorts(relay), STOP_AT)).toMatchObject({ moved: 2, failures: 0, isDone: true });
    expect(relay.sumOf('TasksDamaged')).toBe(1);
    for (let minutes = 0; minutes < 58; minutes += 1) {
      await relay.clock.advance(60_000);
      await sweep(sweepPorts(relay), relay.clock.now() + 50_000);
    }
    expect(relay.sumOf('TasksDamaged')).toBe(1);
    await relay.clock.advance(180_000);
    await sweep(sweepPorts(relay), relay.clock.now() + 50_000);
    expect(relay.sumOf('TasksDamaged')).toBe(2);
  });

  it('gives back leases of money that are due, which is no repair', async () => {
    const relay = new MemoryRelay();
    const returned: string[] = [];
    const due = Object.assign(relay.store, {
      overdue: async (shard: number): Promise<DueRow[]> =>
        shard > 0 || returned.length > 0 ? [] : [{ kind: 'lease', id: 'acc_one#holder', dueAt: NOW }],
      returnLease: async (...names: string[]) => returned.push(...names) > 0,
    });
    expect(await sweep(Object.assign(relay, { due }), STOP_AT)).toMatchObject({ moved: 1, repairs: 0, failures: 0 });
    expect(returned).toEqual(['acc_one', 'holder']);
  });

  it('asks for the step of a job in a group of the job’s own', async () => {
    const relay = new MemoryRelay();
    const due = Object.assign(relay.store, {
      overdue: async (shard: number): Promise<DueRow[]> =>
        shard > 0 || relay.doorbells.sent.length > 0 ? [] : [{ kind: 'job', id: 'job_one', dueAt: NOW }],
      postpone: async () => ({ by: 'doorbell' }) as const,
    });
    expect(await sweep(Object.assign(relay, { due }), STOP_AT)).toMatchObject({ moved: 1, repairs: 1 });
    const doorbell = { kind: 'job', jobId: 'job_one' };
    expect(relay.doorbells.sent).toEqual([{ queue: 'jobs', doorbell, delayMs: 0, group: 'job_one' }]);
  });

  it('counts no repair for what was planned for the sweep', async () => {
    const relay = new MemoryRelay();
    await putOverdue(relay, 2, { ...overdue, by: 'sweep' });
    expect(await sweep(sweepPorts(relay), STOP_AT)).toMatchObject({ moved: 2, repairs: 0 });
  });

  it('sets a task that it met too early to its true time, which moves and repairs nothing', async () => {
    const relay = new MemoryRelay();
    await relay.put(sampleTask({ sweepAt: NOW - 5_000, due: { at: NOW + 60_000, by: 'doorbell' } }));
    expect(await sweep(sweepPorts(relay), STOP_AT)).toMatchObject({ moved: 0, repairs: 0, overdueSeconds: 0 });
    expect(relay.doorbells.waiting('dispatch')).toHaveLength(0);
    const overdue = await Promise.all(
      Array.from({ length: relay.store.shards }, (_, shard) => relay.store.overdue(shard, NOW + 59_999, 10)),
    );
    expect(overdue.flat()).toEqual([]);
  });

  it('works through a backlog of many steps', async () => {
    const relay = new MemoryRelay();
    await putOverdue(relay, 1_000);
    expect(await sweep(sweepPorts(relay), STOP_AT)).toMatchObject({ moved: 1_000, isDone: true });
  });

  it('has a few rows of each shard in work at once, and begins no other when its time is up', async () => {
    const relay = new MemoryRelay();
    await putOverdue(relay, 1_000);
    let [inWork, mostInWork] = [0, 0];
    const slow = relay.withStore({
      loadTask: async (id) => {
        mostInWork = Math.max(mostInWork, (inWork += 1));
        await relay.clock.sleep(1_000);
        inWork -= 1;
        return relay.store.loadTask(id);
      },
    });
    const sweeping = sweep(sweepPorts(slow), NOW + 10_000);
    await relay.clock.advance(20_000);

    const report = await sweeping;

    expect(report).toMatchObject({ isDone: false, failures: 0 });
    expect(mostInWork).toBe(4 * relay.store.shards);
    expect(report.moved).toBe(10 * mostInWork);
  });

  it('finds nothing left to do after another sweep, and two at once send one doorbell', async () => {
    const relay = new MemoryRelay();
    await putOverdue(relay, 20);
    await Promise.all([sweep(sweepPorts(relay), STOP_AT), sweep(sweepPorts(relay), STOP_AT)]);
    expect(relay.doorbells.sent.filter(({ queue }) => queue === 'dispatch')).toHaveLength(20);
    expect(await sweep(sweepPorts(relay), STOP_AT)).toMatchObject({ moved: 0 });
  });

  it('reads past rows that the index still shows, and past rows that cannot be brought forward', async () => {
    const relay = new MemoryRelay();
    await putOverdue(relay, 1_000);
    const first = new Map<number, readonly DueRow[]>();
    // Every read shows again what the first one showed, as an index does that lags behind its table.
    const lagging = relay.withStore({
      overdue: async (shard, now, limit) => {
        const stuck = first.get(shard) ?? (await relay.store.overdue(shard, now, limit));
        first.set(shard, stuck);
        const shown = new Set(stuck.map(({ id }) => id));
        const others = (await relay.store.overdue(shard, now, 1_000)).filter(({ id }) => !shown.has(id));
        return [...stuck, ...others].slice(0, limit);
      },
    });
    expect(await sweep(sweepPorts(lagging), STOP_AT)).toMatchObject({ moved: 1_000, isDone: true });
  });

  it('works on the other shards and the gates when one shard cannot be read, and then fails without a heartbeat', async () => {
    const relay = new MemoryRelay();
    await putOverdue(relay, 100);
    const broken = relay.withStore({
      overdue: async (shard, now, limit) => {
        if (shard === 0) throw new RelayError('store-unavailable', 'no answer');
        await relay.clock.sleep(10);
        return relay.store.overdue(shard, now, limit);
      },
    });
    // What a Lambda function has not done when it answers, it may never do: what counts is what is done by then.
    const sweeping = sweep(sweepPorts(broken), STOP_AT).catch((error: unknown) => ({
      error,
      sent: relay.doorbells.waiting('dispatch').length,
    }));
    await relay.clock.advance(1_000);
    const inShard = (await relay.store.overdue(0, NOW, 100)).length;
    expect(inShard).toBeGreaterThan(0);
    expect(await sweeping).toMatchObject({ error: { code: 'store-unavailable' }, sent: 100 - inShard });
    expect(relay.sumOf('SweepRuns')).toBe(0);
  });

  it('ends a task past its deadline before it reads the gate, where that task was ahead of another', async () => {
    const relay = new MemoryRelay();
    const ticketed = (id: string, deadlineAt: number, order: number) =>
      relay.put(
        sampleTask({
          id,
          status: 'waiting',
          deadlineAt,
          due: { at: deadlineAt, by: 'sweep' },
          ticket: { kind: 'fresh', order, version: 1 },
        }),
      );
    const expired = await ticketed(idOf(1), NOW - 1, NOW - 20_000);
    const next = await ticketed(idOf(2), NOW + 60_000, NOW - 10_000);
    const before = await relay.store.loadGate('default');
    const limit = { ...before.limit, slots: 1 };
    await relay.store.commit({ changes: [], gate: { before, after: { ...before, limit } } });
    await sweep(sweepPorts(relay), STOP_AT);
    expect((await relay.task(expired.id)).status).toBe('failed');
    expect(await relay.task(next.id)).toMatchObject({ status: 'queued', slot: {} });
  });

  it('stops when its time is up, and reports it', async () => {
    const relay = new MemoryRelay();
    await putOverdue(relay, 10);
    expect(await sweep(sweepPorts(relay), NOW)).toMatchObject({ moved: 0, isDone: false });
  });
});

describe('the end of a task whose doorbell was lost', () => {
  it('is announced again as a repair, and counts among what is undelivered since it was', async () => {
    const world = new WebhookWorld();
    const { relay } = world;
    await world.end({ webhookUrl: 'https://app.example/hook' });
    relay.doorbells.take('deliver');
    await relay.clock.advance(90_000);

    const report = await sweep(sweepPorts(relay), relay.clock.now() + 50_000);

    expect(report).toMatchObject({ moved: 1, repairs: 1, overdueSeconds: 60 });
    expect(relay.sumOf('OldestUndelivered')).toBe(90);
    await world.settle();
    expect(world.receivers.calls).toHaveLength(1);
    await relay.clock.advance(3_600_000);
    expect(await sweep(sweepPorts(relay), relay.clock.now() + 50_000)).toMatchObject({ moved: 0 });
  });
});

describe('an event whose doorbells have no effect', () => {
  it('gets doorbells less and less often, because an earlier one may still wait in a long queue', async () => {
    const world = new WebhookWorld();
    await world.end({ webhookUrl: 'https://app.example/hook' });
    const sentAtMinute: number[] = [];
    for (let minute = 1; minute <= 120; minute += 1) {
      await world.relay.clock.advance(60_000);
      const before = world.relay.doorbells.sent.length;
      await sweep(Object.assign({}, world.relay, { due: world.relay.store }), Number.POSITIVE_INFINITY);
      if (world.relay.doorbells.sent.length > before) sentAtMinute.push(minute);
    }
    // A minute, then two, four, eight and sixteen between them.
    expect(sentAtMinute).toEqual([1, 2, 4, 8, 16, 32, 48, 64, 80, 96, 112]);
  });
});
