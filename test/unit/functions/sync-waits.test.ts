// `?sync=true` in a relay whose functions share ten executions, as a new AWS account has them.
import { describe, expect, it } from 'vitest';
import { submitTask } from '../../../functions/api/submit-task.ts';
import { getTask } from '../../../functions/api/task-calls.ts';
import { applyEvent } from '../../../core/flows/apply-event.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { ExecutionPool } from '../../support/execution-pool.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Account } from '../../../core/domain/account.ts';
import type { ShareSettings } from '../../../core/domain/share-settings.ts';

const EXECUTIONS = 10;

function accountOf(id: string): Account {
  return {
    id,
    name: id,
    weight: 1,
    isOperator: false,
    activeTasks: 0,
    createdAt: NOW,
  };
}

const greedy = accountOf('acc_greedy');
const quiet = accountOf('acc_quiet');

function opened(shares: Partial<ShareSettings> = {}) {
  const relay = new MemoryRelay({ shares: { ...defaultSettings.shares, ...shares } });
  const pool = new ExecutionPool(relay.clock, EXECUTIONS);
  const submit = (account: Account, key?: string) =>
    pool.run(() =>
      submitTask(relay, account, {
        vendor: 'acme',
        model: 'sketch',
        task: 'text-to-image',
        query: { sync: 'true' },
        idempotencyKey: key,
        body: '{"prompt":"a cat"}',
      }),
    );
  return { relay, pool, submit };
}

/** One key waits sixty times for one task; another account polls a task of its own. */
async function readWhileSixtyWait(shares: Partial<ShareSettings>) {
  const { relay, pool, submit } = opened(shares);
  const own = await relay.put(sampleTask({ accountId: quiet.id }));
  const waits = Array.from({ length: 60 }, () => submit(greedy, 'the same key'));
  await relay.clock.advance(100);
  const reading = pool.run(() => getTask(relay, quiet, own.id));
  await relay.clock.advance(200_000);
  return { reading: await reading, waits: await Promise.all(waits) };
}

describe('a task for which one key waits sixty times', () => {
  it('keeps the call of another account under a second, and answers at once what may not wait', async () => {
    const { reading, waits } = await readWhileSixtyWait({});
    expect(reading.tookMs).toBeLessThan(1_000);
    expect(waits.map(({ value }) => value.status)).toEqual(Array.from({ length: 60 }, () => 200));
    const atOnce = waits.filter(({ value }) => value.headers?.['retry-after'] !== undefined);
    // Half of the relay's two waits are one account's.
    expect(atOnce).toHaveLength(59);
    for (const { value, tookMs } of atOnce) {
      expect(tookMs).toBe(0);
      expect(value.body).toMatchObject({ status: 'created' });
      expect(Number(value.headers?.['retry-after'])).toBeGreaterThan(0);
    }
  });

  it('would keep that call waiting for nearly half a minute if waits were not counted', async () => {
    const { reading } = await readWhileSixtyWait({ lambdaConcurrency: 100_000, syncWaitsMax: 1_000 });
    expect(reading.tookMs).toBeGreaterThan(20_000);
  });
});

describe('a call that waits', () => {
  it('gives its place back when its task has ended, and the next one may wait', async () => {
    const { relay, submit } = opened();
    const waiting = submit(greedy, 'first');
    await relay.clock.advance(2_000);
    expect(relay.places.held('sync')).toBe(1);
    const [task] = (await relay.store.listTasks({ accountId: greedy.id, limit: 1 })).tasks;
    await applyEvent(relay, task?.id ?? '', { type: 'cancel-requested' });
    await relay.clock.advance(2_000);

    expect((await waiting).value.body).toMatchObject({ status: 'cancelled' });
    expect((await waiting).tookMs).toBeLessThan(4_000);
    expect(relay.places.held('sync')).toBe(0);
    const second = submit(greedy, 'second');
    await relay.clock.advance(2_000);
    expect(relay.places.held('sync')).toBe(1);
    await relay.clock.advance(30_000);
    expect((await second).value.headers).not.toHaveProperty('retry-after');
  });

  it('needs no place for a task that has ended', async () => {
    const { relay, submit } = opened();
    void submit(greedy, 'key');
    await relay.clock.advance(26_000);
    const [task] = (await relay.store.listTasks({ accountId: greedy.id, limit: 1 })).tasks;
    await applyEvent(relay, task?.id ?? '', { type: 'cancel-requested' });
    const taken = relay.places.taken.get('sync');

    const { value, tookMs } = await submit(greedy, 'key');

    expect(tookMs).toBe(0);
    expect(value).toMatchObject({ body: { status: 'cancelled' }, headers: { 'idempotent-replayed': 'true' } });
    expect(relay.places.taken.get('sync')).toBe(taken);
  });

  it('has five places an account where the quota allows a hundred in all', async () => {
    const { relay, submit } = opened({ lambdaConcurrency: 1_000 });
    for (let count = 0; count < 8; count += 1) void submit(greedy);
    void submit(quiet);
    await relay.clock.advance(1_000);
    expect(relay.places.held('sync#acc_greedy')).toBe(5);
    expect(relay.places.held('sync')).toBe(6);
  });
});
