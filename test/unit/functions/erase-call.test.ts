// Erasing a task through the call: what it refuses, what it removes, and what every other call answers from then on.
import { describe, expect, it } from 'vitest';
import { retryTask } from '../../../functions/api/change-task.ts';
import { eraseOwnTask } from '../../../functions/api/erase-call.ts';
import { taskDeliveries } from '../../../functions/api/delivery-calls.ts';
import { getTask } from '../../../functions/api/task-calls.ts';
import { sampleTask } from '../../support/sample-task.ts';
import { webhookAccountId, WebhookWorld } from '../../support/memory/webhook-world.ts';
import type { KeptPorts } from '../../../functions/api/kept-ports.ts';
import type { ErasePorts } from '../../../functions/api/erase-call.ts';
import type { Account } from '../../../core/domain/account.ts';

const account = { id: webhookAccountId, isOperator: false } as Account;
const stranger = { id: 'acc_other', isOperator: false } as Account;
const operator = { id: 'acc_operator', isOperator: true } as Account;

function portsOf(world: WebhookWorld): ErasePorts & KeptPorts {
  const { store } = world.relay;
  return Object.assign({}, world.relay, { webhooks: store, caller: world.receivers, erasures: store, spend: store });
}

/** Until its webhooks are out and its end is in the account's spend. */
async function settled(world: WebhookWorld): Promise<void> {
  await world.settle();
  await world.relay.clock.advance(11_000);
}

describe('erasing a task', () => {
  it('removes its event and its deliveries to every receiver, and answers the same when it is repeated', async () => {
    const world = new WebhookWorld();
    await world.endpoint();
    const { id } = await world.end({ webhookUrl: 'https://hook.example/mine' });
    await settled(world);
    expect(await world.deliveries(id)).toHaveLength(2);
    const before = await world.deliveries(id);

    const first = await eraseOwnTask(portsOf(world), account, id.toUpperCase());
    expect(first).toMatchObject({ status: 200, body: { id, status: 'erased' } });
    expect(await eraseOwnTask(portsOf(world), account, id)).toEqual(first);
    const { store } = world.relay;
    expect(await store.loadDeliveries(before)).toEqual([]);
    expect(await store.readEvents(account.id, { position: 0, id: '' }, 10)).toEqual([]);
    expect(await store.listTasks({ accountId: account.id, limit: 10 })).toEqual({ tasks: [] });
  });

  it('is answered 410 by every other call, 404 to strangers', async () => {
    const world = new WebhookWorld();
    const { id } = await world.end();
    await settled(world);
    await expect(eraseOwnTask(portsOf(world), stranger, id)).rejects.toMatchObject({ status: 404 });
    await eraseOwnTask(portsOf(world), account, id);
    for (const call of [
      getTask,
      (ports: ErasePorts & KeptPorts, of: Account, it: string) => taskDeliveries(ports, of, it, {}),
    ]) {
      await expect(call(portsOf(world), account, id)).rejects.toMatchObject({ status: 410 });
      await expect(call(portsOf(world), operator, id)).rejects.toMatchObject({ status: 410 });
      await expect(call(portsOf(world), stranger, id)).rejects.toMatchObject({ status: 404 });
    }
    await expect(eraseOwnTask(portsOf(world), stranger, id)).rejects.toMatchObject({ status: 404 });
  });

  it('is answered 410 by a call that had read the task and would change it', async () => {
    const world = new WebhookWorld();
    const { id: endedId } = await world.end();
    await settled(world);
    const before = await world.relay.task(endedId);
    const failed = {
      ...before,
      status: 'failed',
      version: before.version + 1,
      result: { code: 5000, outputs: [], error: 'it failed' },
    } as const;
    await world.relay.store.commit({ changes: [{ before, after: failed }] });
    const { id } = before;
    const ports = portsOf(world);
    const { loadTask } = ports.store;
    let reads = 0;
    const overtaken = world.relay.withStore({
      loadTask: async (taskId: string) => {
        const task = await loadTask.call(ports.store, taskId);
        reads += 1;
        if (reads === 1) await eraseOwnTask(ports, account, id);
        return task;
      },
    });
    await expect(
      retryTask(Object.assign(overtaken, { accounts: overtaken.store }), { ...account, activeTasks: 0 }, id),
    ).rejects.toMatchObject({
      status: 410,
    });
    expect(reads).toBe(2);
  });

  it('is refused while the task may change, and while its webhooks are on their way into their lanes', async () => {
    const world = new WebhookWorld();
    const queued = await world.relay.put(sampleTask({ id: world.relay.randomSource.id() }));
    await expect(eraseOwnTask(portsOf(world), account, queued.id)).rejects.toMatchObject({
      status: 409,
      message: 'The task has not ended',
    });
    const { id } = await world.end();
    await expect(eraseOwnTask(portsOf(world), account, id)).rejects.toMatchObject({ status: 409 });
    await settled(world);
    expect(await eraseOwnTask(portsOf(world), account, id)).toMatchObject({ status: 200 });
  });

  it('waits until its end is counted in the spend, which is rolled up from the log', async () => {
    const world = new WebhookWorld();
    const { id, endedAt = 0 } = await world.end();
    await world.settle();
    await expect(eraseOwnTask(portsOf(world), account, id)).rejects.toMatchObject({ status: 409 });
    await settled(world);
    await eraseOwnTask(portsOf(world), account, id);
    const day = Number(new Date(endedAt).toISOString().slice(0, 10).replaceAll('-', ''));
    expect(await world.relay.store.listSpend(account.id, day, day)).toMatchObject([{ ends: 1 }]);
  });

  it('stops webhooks that still wait, and no later call is made', async () => {
    const world = new WebhookWorld({ scheduleMs: [0, 60_000, 60_000] });
    const endpoint = await world.endpoint();
    world.receivers.script(endpoint.url, 500);
    const { id } = await world.end();
    await settled(world);
    const calls = world.receivers.idsAt(endpoint.url).length;
    expect(calls).toBe(1);
    await eraseOwnTask(portsOf(world), account, id);
    await world.pass(300_000);
    expect(world.receivers.idsAt(endpoint.url)).toHaveLength(calls);
    expect(await world.deliveries(id)).toEqual([]);
    expect(world.failed).toEqual([]);
  });

  it('that broke off is finished by the next call', async () => {
    const world = new WebhookWorld();
    const endpoint = await world.endpoint();
    const { id } = await world.end();
    await settled(world);
    const [delivery] = await world.deliveries(id);
    if (!delivery) throw new Error(`nothing went to ${endpoint.url}`);
    const ports = portsOf(world);
    const broken = { ...ports.erasures, markErased: ports.erasures.markErased.bind(ports.erasures) };
    broken.removeContents = () => Promise.reject(new Error('the table is away'));
    await expect(eraseOwnTask({ ...ports, erasures: broken }, account, id)).rejects.toThrow('the table is away');
    expect(await ports.webhooks.loadDeliveries([delivery])).toHaveLength(1);
    await eraseOwnTask(ports, account, id);
    expect(await ports.webhooks.loadDeliveries([delivery])).toEqual([]);
  });
});
