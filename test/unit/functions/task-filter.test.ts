// What a list of tasks is asked for: each value is read as it was meant, or named as wrong; nothing is left aside.
import { describe, expect, it } from 'vitest';
import { listTasks } from '../../../functions/api/task-calls.ts';
import { readTaskFilter } from '../../../functions/api/task-filter.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Account } from '../../../core/domain/account.ts';

const account: Account = { id: 'acc_one', name: 'one', weight: 1, isOperator: false, activeTasks: 0, createdAt: NOW };

describe('the filter of a list', () => {
  it.each([
    [{ met: '429' }, { met: ['http-429'] }],
    [{ met: '5003' }, { met: ['task-5003'] }],
    [{ met: 'transport-reset' }, { met: ['transport-reset'] }],
    [{ model: 'demo/*' }, { modelPrefix: 'demo/' }],
    [{ model: 'demo/a/b' }, { model: 'demo/a/b' }],
    [
      { from: '2026-01-01T00:00:00Z', to: '2026-01-02' },
      { fromMs: 1_767_225_600_000, toMs: 1_767_312_000_000 },
    ],
    [{ order: 'oldest' }, { order: 'oldest' }],
    [
      { provider_id: 'g3-1', status: 'running' },
      { upstreamId: 'g3-1', status: ['running'] },
    ],
    [{ correlation_id: 'order-17' }, { correlationId: 'order-17' }],
  ])('is what the client asks for with %j', (query, filter) => {
    expect(readTaskFilter(account, query)).toMatchObject({ accountId: 'acc_one', ...filter });
  });

  it.each([
    [{ met: 'everything' }, 'met must be an HTTP status or a task code'],
    [{ met: '' }, 'met must be'],
    [{ model: '*' }, 'model takes one * at its end'],
    [{ model: 'a*b*' }, 'model takes one * at its end'],
    [{ model: '' }, 'model is empty'],
    [{ order: 'random' }, 'order must be newest or oldest'],
    [{ from: 'yesterday' }, 'from must be a moment in ISO 8601'],
    [{ from: '2026-01-02', to: '2026-01-02' }, 'from must be before to'],
    [{ provider_id: '' }, 'provider_id is empty'],
    [{ correlation_id: '' }, 'correlation_id is empty'],
    [{ met: '500', correlation_id: 'order-17' }, 'leave one of them out'],
  ])('refuses %j and says why', (query, details) => {
    expect(() => readTaskFilter(account, query)).toThrow(
      expect.objectContaining({ body: expect.objectContaining({ details: expect.stringContaining(details) }) }),
    );
  });
});

describe('a counted list', () => {
  it('says how many there are beside a page of them', async () => {
    const relay = new MemoryRelay();
    for (const name of ['a', 'b', 'c']) {
      await relay.put(sampleTask({ id: `01890a5d-ac96-774b-bcce-b302099a805${name}`, accountId: account.id }));
    }
    const ports = Object.assign(relay, { listing: relay.store });
    const { body } = await listTasks(ports, account, { count: 'true', limit: '2' });
    expect(body).toMatchObject({ count: { tasks: 3, at_least: false }, data: [{}, {}] });
    expect((await listTasks(ports, account, { limit: '2' })).body).not.toHaveProperty('count');
  });

  it('cannot tell tasks that Get3W has accepted from others, and says what to ask for instead', async () => {
    const relay = new MemoryRelay();
    const ports = Object.assign(relay, { listing: relay.store });
    await expect(listTasks(ports, account, { count: 'true', status: 'created' })).rejects.toMatchObject({
      status: 400,
      body: { details: expect.stringContaining('give a phase') },
    });
  });
});
