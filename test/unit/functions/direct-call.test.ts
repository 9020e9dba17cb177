// The short way of a webhook: when it is taken, what it writes, and that whatever goes wrong on it ends on the long one.
import { describe, expect, it } from 'vitest';
import { taskDeliveryKey } from '../../../core/domain/webhook/task-delivery.ts';
import { webhookAccountId, WebhookWorld } from '../../support/memory/webhook-world.ts';
import type { DeliverySettings } from '../../../core/domain/webhook/delivery-policy.ts';

const HOOK_URL = 'https://app.example/hook';
const writes = ['addDelivery', 'claimLane', 'releaseLane', 'saveDelivery', 'enqueue', 'noteDeliveries', 'commit'];

/** A world whose receiver has taken a webhook before. */
async function provenWorld(settings: Partial<DeliverySettings> = {}, endpoint?: object): Promise<WebhookWorld> {
  const world = new WebhookWorld(settings);
  if (endpoint) await world.endpoint({ url: HOOK_URL, ...endpoint });
  await world.end(endpoint ? {} : { webhookUrl: HOOK_URL });
  await world.settle();
  return world;
}

/** How often each write was asked for while a task ended and its webhook went out. */
async function writesOf(world: WebhookWorld, fields: { readonly webhookUrl?: string } = { webhookUrl: HOOK_URL }) {
  const counts: Record<string, number> = {};
  const store = new Proxy(world.relay.store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (writes.includes(String(name))) counts[String(name)] = (counts[String(name)] ?? 0) + 1;
        return Reflect.apply(value, target, args);
      };
    },
  });
  const task = await world.end(fields);
  world.serve({ ...world.ports, store });
  await world.settle();
  return { task, counts };
}

describe('a receiver that accepted its last webhook', () => {
  it('is called past its lane, and the delivery is written once, as it ended', async () => {
    const world = await provenWorld();
    const { task, counts } = await writesOf(world);

    expect(counts).toEqual({ addDelivery: 1, commit: 1 });
    expect(world.receivers.idsAt(HOOK_URL)).toHaveLength(2);
    expect(await world.delivery(task.id)).toMatchObject({ status: 'delivered', attemptCount: 1, url: HOOK_URL });
    expect(taskDeliveryKey(task)).toMatchObject({ id: (await world.delivery(task.id)).id });
    expect(world.relay.sumOf('DeliveriesSucceeded')).toBe(2);
  });

  it('and is an endpoint has its delivery noted too: it may be deleted, and the note still finds it', async () => {
    const world = await provenWorld({}, {});
    const { task, counts } = await writesOf(world, {});
    expect(counts).toEqual({ addDelivery: 1, noteDeliveries: 1, commit: 1 });
    expect(await world.delivery(task.id)).toMatchObject({ status: 'delivered' });
  });

  it('is called once for a doorbell that is redelivered later', async () => {
    const world = await provenWorld();
    const { task } = await writesOf(world);
    const doorbell = {
      kind: 'event',
      accountId: webhookAccountId,
      position: task.endedAt ?? 0,
      eventId: `evt_${task.id}_1`,
    } as const;
    await world.relay.doorbells.send([{ queue: 'deliver', doorbell, delayMs: 0, group: webhookAccountId }]);
    await world.settle();
    expect(world.receivers.idsAt(HOOK_URL)).toHaveLength(2);
  });

  it('and fails is called again by the schedule, and its lane learns of it', async () => {
    const world = await provenWorld();
    world.receivers.script(HOOK_URL, (_call, count) => (count === 2 ? 500 : 200));
    const task = await world.end({ webhookUrl: HOOK_URL });
    await world.settle();
    const pending = await world.delivery(task.id);
    expect(pending).toMatchObject({ status: 'pending', attemptCount: 1 });
    expect(await world.relay.store.loadLane(pending.laneId)).toMatchObject({ strikes: 1 });

    await world.pass(60_000, { sweeps: false });
    expect(await world.delivery(task.id)).toMatchObject({ status: 'delivered', attemptCount: 2 });
    expect(await world.relay.store.laneEntries(pending.laneId, 10)).toEqual([]);
  });

  it('with a 410 in a direct call is disabled', async () => {
    const world = await provenWorld({}, {});
    world.receivers.script(HOOK_URL, 410);
    await world.end();
    await world.settle();
    const [endpoint] = await world.relay.store.listEndpoints(webhookAccountId);
    expect(endpoint).toMatchObject({ disabled: { reason: 'gone' } });
  });

  it('is called by two runs that receive one event at the same moment, and one delivery is kept', async () => {
    const world = await provenWorld();
    world.receivers.script(HOOK_URL, { status: 200, afterMs: 200 });
    const task = await world.end({ webhookUrl: HOOK_URL });
    const [message] = world.relay.doorbells.take('deliver');
    if (!message) throw new Error('no doorbell was sent');
    for (const _ of [1, 2]) {
      await world.relay.doorbells.send([{ ...message, delayMs: 0 }]);
      world.serve();
    }
    await world.settle();
    // Receivers recognise the repeat by the id that both carry.
    expect(new Set(world.receivers.idsAt(HOOK_URL).slice(1))).toEqual(new Set([`evt_${task.id}_1`]));
    expect(world.receivers.idsAt(HOOK_URL).length).toBeLessThanOrEqual(3);
    expect(await world.deliveries(task.id)).toMatchObject([{ status: 'delivered', attemptCount: 1 }]);
  });
});

describe('the lane is used', () => {
  const long = { addDelivery: 1, claimLane: 1, saveDelivery: 1, releaseLane: 1, noteDeliveries: 1, commit: 1 };

  it('to a receiver that was never called', async () => {
    expect((await writesOf(new WebhookWorld())).counts).toEqual(long);
  });

  it('to an endpoint with a rate of its own', async () => {
    const world = await provenWorld({}, { ratePerSecond: 100 });
    expect((await writesOf(world, {})).counts).toEqual(long);
  });

  it('when more runs exist than calls that one receiver may get at once', async () => {
    const world = await provenWorld({ callsMax: 9 });
    expect((await writesOf(world)).counts).toEqual(long);
  });

  it('while another run holds the lane, which is notified', async () => {
    const world = await provenWorld();
    const { laneId } = taskDeliveryKey(await world.end({ webhookUrl: HOOK_URL })) ?? { laneId: '' };
    await world.settle();
    await world.relay.store.claimLane({ laneId, accountId: webhookAccountId, holderId: 'another', leaseMs: 30_000 });
    const { task, counts } = await writesOf(world);
    expect(counts).toMatchObject({ addDelivery: 1, enqueue: 1, commit: 1 });
    expect(await world.delivery(task.id)).toMatchObject({ status: 'pending' });
  });

  it('for an event with two receivers', async () => {
    const world = await provenWorld();
    await world.endpoint();
    expect((await writesOf(world)).counts).toMatchObject({ claimLane: 2 });
  });
});
