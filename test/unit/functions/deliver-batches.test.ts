import { describe, expect, it } from 'vitest';
import { webhookAccountId, WebhookWorld } from '../../support/memory/webhook-world.ts';
import type { DeliverPorts } from '../../../functions/deliver/deliver-ports.ts';

const HOOK_URL = 'https://app.example/hook';

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

type Store = DeliverPorts['store'];

/** The world's store, counting what is asked of it. */
function counted(world: WebhookWorld) {
  const calls = new Map<string, number>();
  const store = new Proxy(world.relay.store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        calls.set(String(name), (calls.get(String(name)) ?? 0) + 1);
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { calls, ports: { ...world.ports, store: store as Store } };
}

/** Ports whose store takes its time with some of its calls: `delayMs` says how long for the nth call of a name. */
function slowed(world: WebhookWorld, delayMs: (name: string, count: number) => number): DeliverPorts {
  const counts = new Map<string, number>();
  const store = new Proxy(world.relay.store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        const count = (counts.get(String(name)) ?? 0) + 1;
        counts.set(String(name), count);
        await world.relay.clock.sleep(delayMs(String(name), count));
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { ...world.ports, store };
}

/** Ten tasks end at once, and one run of the function receives their events. */
async function endTogether(world: WebhookWorld, ports: DeliverPorts, webhookUrl?: string): Promise<string[]> {
  const ids: string[] = [];
  for (const _ of many(10)) ids.push((await world.end({ ...(webhookUrl !== undefined && { webhookUrl }) })).id);
  world.serve(ports);
  await world.settle();
  return ids;
}

function eventIds(taskIds: readonly string[]): string[] {
  return taskIds.map((id) => `evt_${id}_1`);
}

describe('events in one batch', () => {
  it('claim each lane once, and queue in none', async () => {
    const world = new WebhookWorld();
    const endpoints = [await world.endpoint(), await world.endpoint()];
    const { calls, ports } = counted(world);
    const ids = await endTogether(world, ports, HOOK_URL);

    for (const where of [HOOK_URL, ...endpoints.map((endpoint) => endpoint.url)]) {
      expect([...world.receivers.idsAt(where)].sort()).toEqual(eventIds(ids).sort());
    }
    expect(Object.fromEntries(calls)).toMatchObject({
      addDelivery: 30,
      claimLane: 3,
      releaseLane: 3,
      saveDelivery: 30,
    });
    expect(calls.get('enqueue')).toBeUndefined();
    // The account's secrets are read once, however many ask at the same time.
    expect(calls.get('loadSigning')).toBe(1);
  });

  it('need eleven calls of the store for each webhook that comes alone', async () => {
    const world = new WebhookWorld();
    await world.endpoint();
    const { calls, ports } = counted(world);
    await world.end();
    world.serve(ports);
    await world.settle();
    const ofEvent = ['loadEvent', 'loadTask', 'loadReceivers', 'noteDeliveries', 'commit'];
    const ofDelivery = ['loadRestingLane', 'addDelivery', 'claimLane', 'laneEntries', 'saveDelivery', 'releaseLane'];
    expect(Object.fromEntries(calls)).toEqual({
      ...Object.fromEntries(ofEvent.map((name) => [name, 1])),
      ...Object.fromEntries(ofDelivery.map((name) => [name, 1])),
    });
  });

  it('wait in the lane when there is no room, and are each delivered once', async () => {
    const world = new WebhookWorld({ callsMax: 3 });
    world.receivers.script(HOOK_URL, { status: 200, afterMs: 400 });
    const { calls, ports } = counted(world);
    const ids = await endTogether(world, ports, HOOK_URL);
    expect(calls.get('enqueue')).toBe(7);
    expect([...world.receivers.idsAt(HOOK_URL)].sort()).toEqual(eventIds(ids).sort());
    expect(await world.relay.store.oldestUndelivered()).toBeUndefined();
  });

  it('do not call an endpoint again that the first of them found gone', async () => {
    const world = new WebhookWorld({ callsMax: 1 });
    const gone = await world.endpoint();
    world.receivers.script(gone.url, 410);
    await endTogether(world, world.ports);
    expect(world.receivers.idsAt(gone.url)).toHaveLength(1);
    expect(await world.relay.store.loadEndpoint(webhookAccountId, gone.id)).toMatchObject({
      disabled: { reason: 'gone' },
    });
  });

  it('do not call one that is gone, even with what was read before', async () => {
    const world = new WebhookWorld();
    const endpoint = await world.endpoint();
    // One call holds the lane, the next learns that the endpoint is gone, and a third comes to the lane after that.
    world.receivers.script(endpoint.url, { status: 200, afterMs: 800 }, 410, 200);
    const addedAfterMs = [0, 50, 400];
    const ports = slowed(world, (name, count) => (name === 'addDelivery' ? (addedAfterMs[count - 1] ?? 0) : 0));
    for (const _ of addedAfterMs) await world.end();
    world.serve(ports);
    await world.settle();
    expect(world.receivers.idsAt(endpoint.url)).toHaveLength(2);
  });

  it('are retried, each by its own schedule, when their receiver fails', async () => {
    const world = new WebhookWorld();
    world.receivers.script(HOOK_URL, (_call, count) => (count <= 10 ? 500 : 200));
    const ids = await endTogether(world, world.ports, HOOK_URL);
    await world.pass(60_000);
    const calls = world.receivers.idsAt(HOOK_URL);
    expect(calls).toHaveLength(20);
    expect([...new Set(calls)].sort()).toEqual(eventIds(ids).sort());
  });
});

describe('an event that was written without a look at the log', () => {
  it('is guarded by the fence as it is once the event was seen, not before', async () => {
    const world = new WebhookWorld();
    const { store } = world.relay;
    const task = await world.end({ webhookUrl: HOOK_URL });
    const position = task.endedAt ?? 0;
    const fences: number[] = [];
    const ports = world.relay.withStore({
      // A reader passes the event while deliver still reads it.
      loadEvent: async (key) => {
        const stored = await store.loadEvent(key);
        await store.readEvents(webhookAccountId, { position: 0, id: '' }, 10);
        return stored && { ...stored, isUnguarded: true };
      },
      guardEvent: async (stored, eventFence) => {
        fences.push(eventFence);
        return stored;
      },
    });
    world.serve({ ...world.ports, store: ports.store });
    await world.settle();
    expect(fences).toEqual([position]);
    expect(world.receivers.idsAt(HOOK_URL)).toEqual(eventIds([task.id]));
  });
});

describe('the secrets of an account', () => {
  it('come with its endpoints, and are not read once more for its `?webhook=` targets', async () => {
    const world = new WebhookWorld();
    // Its receiver is unknown at first, and its secrets are made.
    await world.end({ webhookUrl: HOOK_URL });
    await world.settle();
    const { calls, ports } = counted(world);
    await world.end({ webhookUrl: HOOK_URL });
    world.serve(ports);
    await world.settle();
    expect(Object.fromEntries(calls)).toEqual(
      Object.fromEntries(
        ['loadEvent', 'loadTask', 'loadReceivers', 'loadRestingLane', 'addDelivery', 'commit'].map((name) => [name, 1]),
      ),
    );
    const signatures = world.receivers.calls.map(({ headers }) => headers['webhook-signature']?.length);
    expect(signatures).toEqual([signatures[0], signatures[0]]);
    expect(signatures[0]).toBeGreaterThan(30);
  });
});

describe('batches one after the other', () => {
  it('meet lanes that are held, released and claimed, and every webhook arrives once', async () => {
    const world = new WebhookWorld({ callsMax: 4, laneWorkMs: 1_000 });
    const endpoint = await world.endpoint();
    // Answers that take different times, so that lanes are released at all possible moments.
    world.receivers.script(endpoint.url, (_call, count) => ({ status: 200, afterMs: (count * 37) % 260 }));
    const ids: string[] = [];
    for (const round of many(60)) {
      for (const _ of many(1 + (round % 7))) ids.push((await world.end()).id);
      world.serve();
      await world.relay.clock.advance((round * 53) % 190);
    }
    await world.pass(120_000);
    expect([...world.receivers.idsAt(endpoint.url)].sort()).toEqual(eventIds(ids).sort());
    expect(world.failed).toEqual([]);
  });
});

describe('a slow store', () => {
  it('lets events meet a lane at every moment of its work and release, and none is left behind', async () => {
    for (const seed of many(120)) {
      // Half of the worlds have a receiver that fails and a store that is slow where it hurts most.
      const isRough = seed % 2 === 1;
      const world = new WebhookWorld({ callsMax: 2, scheduleMs: [0, ...many(9).map(() => 1_000)] });
      const endpoint = await world.endpoint();
      let drawn = seed + 1;
      const draw = (below: number): number => (drawn = (drawn * 48_271) % 2_147_483_647) % below;
      world.receivers.script(endpoint.url, () => ({
        status: isRough && draw(4) === 0 ? 500 : 200,
        afterMs: draw(60),
      }));
      const ids: string[] = [];
      for (const _ of many(8)) ids.push((await world.end()).id);
      world.serve(slowed(world, (name) => draw(isRough && name === 'enqueue' ? 400 : 80)));
      await world.settle();
      // No sweep runs: what is left behind in a lane stays there.
      await world.pass(60_000, { sweeps: false });
      expect([...new Set(world.receivers.idsAt(endpoint.url))].sort(), `seed ${seed}`).toEqual(eventIds(ids).sort());
      const deliveries = await Promise.all(ids.map((id) => world.delivery(id)));
      expect(new Set(deliveries.map(({ status }) => status)), `seed ${seed}`).toEqual(new Set(['delivered']));
      expect(world.receivers.atOnceMax.get(endpoint.url), `seed ${seed}`).toBeLessThanOrEqual(2);
    }
  });
});

describe('a webhook that waited longer than its round may last', () => {
  it('is given up unsent, and its owner gets the reason as lists spell it', async () => {
    const world = new WebhookWorld({ scheduleMs: [0, 5_000] });
    const owner = await world.endpoint({ events: ['delivery.exhausted'] });
    world.receivers.script(HOOK_URL, 500);
    const task = await world.end({ webhookUrl: HOOK_URL });
    await world.settle();
    // The relay itself did not run.
    await world.relay.clock.advance(48 * 3_600_000);
    await world.pass(60_000);

    expect(world.receivers.idsAt(HOOK_URL)).toHaveLength(1);
    expect(await world.delivery(task.id)).toMatchObject({ status: 'exhausted', reason: 'too-old' });
    const told = world.receivers.calls.filter((call) => call.url === owner.url);
    expect(told.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { type: 'delivery.exhausted', data: { request_id: task.id, reason: 'too_old', attempts: 1 } },
    ]);
  });
});
