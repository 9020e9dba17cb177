// Failures as groups: what an operator and a client are shown of the tasks that met one.
import { describe, expect, it } from 'vitest';
import { listFailures } from '../../../functions/api/failure-calls.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Account } from '../../../core/domain/account.ts';

const account: Account = { id: 'acc_one', name: 'one', weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW };
const operator: Account = { ...account, id: 'acc_desk', isOperator: true };
const HOUR_MS = 3_600_000;

/** A task that met these failures so many hours ago. */
function failedTask(index: number, hoursAgo: number, parts: { accountId: string; failures: Record<string, number> }) {
  const at = NOW - hoursAgo * HOUR_MS;
  const hex = at.toString(16).padStart(12, '0');
  const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${String(index).padStart(12, '0')}`;
  return sampleTask({ id, createdAt: at, model: 'demo/image/text-to-image', ...parts });
}

async function troubledRelay() {
  const relay = new MemoryRelay();
  const rejected = { 'http-429': 1 };
  for (const hours of [1, 2, 3])
    await relay.put(failedTask(hours, hours, { accountId: 'acc_one', failures: rejected }));
  await relay.put(failedTask(4, 23, { accountId: 'acc_two', failures: { 'http-429': 2, 'transport-reset': 1 } }));
  await relay.put(failedTask(5, 30, { accountId: 'acc_one', failures: rejected }));
  await relay.put(sampleTask({ accountId: 'acc_one' }));
  return Object.assign(relay, { listing: relay.store, mutes: relay.store });
}

describe('failures', () => {
  it('are groups of code, model and account, with when, how often and how they go', async () => {
    const { body } = await listFailures(await troubledRelay(), operator, { account: '*' });
    expect(body).toMatchObject({ total: 4, at_least: false, more_groups: 0 });
    const { failures } = body as { failures: readonly Record<string, unknown>[] };
    expect(failures).toHaveLength(3);
    expect(failures[0]).toEqual({
      account: 'acc_one',
      key: 'http-429',
      level: 'http',
      code: 429,
      model: 'demo/image/text-to-image',
      count: 3,
      share: 0.75,
      first_seen: new Date(NOW - 3 * HOUR_MS).toISOString(),
      last_seen: new Date(NOW - HOUR_MS).toISOString(),
      trend: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2],
      muted: null,
    });
    expect(failures.slice(1)).toMatchObject([
      { account: 'acc_two', count: 1, share: 0.25 },
      { account: 'acc_two', count: 1 },
    ]);
  });

  it('of others are not shown to a client, nor whose its own are', async () => {
    const ports = await troubledRelay();
    const { body } = await listFailures(ports, account, {});
    expect(body).toMatchObject({ total: 3, failures: [{ key: 'http-429', count: 3, share: 1 }] });
    expect((body as { failures: object[] }).failures[0]).not.toHaveProperty('account');
    await expect(listFailures(ports, account, { account: '*' })).rejects.toMatchObject({ status: 403 });
  });

  it('are of the time that is asked for', async () => {
    const ports = await troubledRelay();
    const from = new Date(NOW - 31 * HOUR_MS).toISOString();
    const to = new Date(NOW - 29 * HOUR_MS).toISOString();
    expect((await listFailures(ports, account, { from, to })).body).toMatchObject({ total: 1, from, to });
    await expect(listFailures(ports, account, { from: to, to: from })).rejects.toMatchObject({ status: 400 });
  });
});
