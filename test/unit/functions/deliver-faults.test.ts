// What the deliver stage does when the relay itself fails on the way of an event: which messages are redelivered, what is
// called all the same, and that nothing is called that could not be recorded.
import { describe, expect, it } from 'vitest';
import { callDirectly } from '../../../functions/deliver/direct-call.ts';
import { ClaimedLanes } from '../../../functions/deliver/claimed-lanes.ts';
import { serveDoorbells } from '../../../functions/deliver/flow.ts';
import { loadReceiver } from '../../../functions/deliver/receiver.ts';
import { laneIdOfUrl, newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { webhookAccountId, WebhookWorld } from '../../support/memory/webhook-world.ts';
import { NOW } from '../../support/sample-task.ts';
import type { DeliverPorts } from '../../../functions/deliver/deliver-ports.ts';
import type { FreshDelivery } from '../../../functions/deliver/lane-worker.ts';
import type { MemoryStore } from '../../support/memory/memory-store.ts';

const HOOK_URL = 'https://app.example/hook';
const laneId = laneIdOfUrl(webhookAccountId, HOOK_URL);

function withStore(world: WebhookWorld, overrides: Partial<MemoryStore>): DeliverPorts {
  return { ...world.ports, store: world.relay.withStore(overrides).store };
}

function fails(why: string): () => Promise<never> {
  return () => Promise.reject(new Error(why));
}

/** Fails at its first call and is as it should be then. */
function failsOnce<Args extends unknown[], Result>(
  why: string,
  call: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  let calls = 0;
  return (...args) => ((calls += 1) === 1 ? Promise.reject(new Error(why)) : call(...args));
}

/** Serves the doorbells that have been sent, and lets all of it come to its end. */
async function serve(world: WebhookWorld, ports: DeliverPorts): Promise<readonly unknown[]> {
  world.serve(ports);
  await world.settle();
  return world.failed.splice(0).map(({ error }) => (error as Error).message);
}

describe('a doorbell of another stage', () => {
  it('is acknowledged, and nothing is done', async () => {
    const { ports } = new WebhookWorld();
    const doorbells = [{ kind: 'task', taskId: 'task-1', attempt: 1 } as const, { kind: 'gate', gateId: 'g' } as const];
    const messages = doorbells.map((doorbell, index) => ({ messageId: String(index), doorbell: doorbell as never }));
    expect(await serveDoorbells(ports, messages)).toEqual([]);
  });
});

describe('a doorbell that cannot be served', () => {
  const lane = { kind: 'lane', laneId, accountId: webhookAccountId } as const;

  it('is redelivered and logged, however often it came, and the others are served', async () => {
    const world = new WebhookWorld();
    const lines: unknown[] = [];
    const log = { ...world.ports.log, error: (message: string, fields?: object) => lines.push([message, fields]) };
    const error = new Error('throttled');
    const claims: string[] = [];
    const ports = withStore(world, {
      claimLane: async (claim) => {
        claims.push(claim.laneId);
        if (claim.laneId === laneId) throw error;
        return world.relay.store.claimLane(claim);
      },
    });
    const messages = [lane, { ...lane, laneId: 'url_2' }, lane].map((doorbell, at) => ({
      messageId: `m${at}`,
      doorbell,
    }));
    expect(await serveDoorbells({ ...ports, log }, messages)).toEqual([
      { messageId: 'm0', error },
      { messageId: 'm2', error },
    ]);
    expect(claims).toEqual([laneId, 'url_2']);
    expect(lines).toEqual(
      ['m0', 'm2'].map((messageId) => [
        'A doorbell of deliver failed and is redelivered',
        { ...lane, messageId, error },
      ]),
    );
  });

  it('gives the places of its run back', async () => {
    const world = new WebhookWorld();
    await world.end({ webhookUrl: HOOK_URL });
    await serve(world, withStore(world, { saveDelivery: fails('throttled') }));
    expect(world.relay.places.held('deliver')).toBe(0);
  });
});

describe('an event', () => {
  it('that is closed or gone is acknowledged', async () => {
    const world = new WebhookWorld();
    const task = await world.end({ webhookUrl: HOOK_URL });
    await world.settle();
    const known = { kind: 'event', accountId: webhookAccountId, position: task.endedAt ?? 0 } as const;
    const messages = [`evt_${task.id}_1`, 'evt_gone'].map((eventId) => ({
      messageId: eventId,
      doorbell: { ...known, eventId },
    }));
    expect(await serveDoorbells(world.ports, messages)).toEqual([]);
    expect(world.receivers.calls).toHaveLength(1);
  });

  it('whose receivers cannot be noted is brought to them, and is redelivered', async () => {
    const world = new WebhookWorld();
    const { store } = world.relay;
    const task = await world.end({ webhookUrl: HOOK_URL });
    const noteDeliveries = failsOnce('throttled', store.noteDeliveries.bind(store));
    const ports = withStore(world, { noteDeliveries });
    expect(await serve(world, ports)).toEqual(['throttled']);
    expect(await world.delivery(task.id)).toMatchObject({ status: 'delivered', attemptCount: 1 });
    // Open until it is noted: the sweep finds it. A second call has the id of the first, and one delivery is kept.
    await world.pass(180_000);
    expect(new Set(world.receivers.idsAt(HOOK_URL))).toEqual(new Set([`evt_${task.id}_1`]));
    expect(await world.deliveries(task.id)).toMatchObject([{ status: 'delivered', attemptCount: 1 }]);
    expect(world.relay.doorbells.waiting('deliver')).toEqual([]);
  });

  it('is not sent where its delivery cannot be written, and keeps no other receiver waiting', async () => {
    const world = new WebhookWorld();
    const { store } = world.relay;
    const endpoint = await world.endpoint();
    await world.end({ webhookUrl: HOOK_URL });
    const ports = withStore(world, {
      addDelivery: (made) => (made.laneId === laneId ? fails('throttled')() : store.addDelivery(made)),
    });
    expect(await serve(world, ports)).toEqual(['throttled']);
    expect(world.receivers.calls.map((call) => call.url)).toEqual([endpoint.url]);
    // The lane was taken for it, and is free again.
    expect(await store.loadRestingLane(laneId)).toMatchObject({ id: laneId });
    await world.pass(180_000);
    expect(world.receivers.idsAt(HOOK_URL)).toHaveLength(1);
    expect(world.receivers.idsAt(endpoint.url)).toHaveLength(1);
  });

  it('is queued behind the holder of its lane, who is notified once it is there', async () => {
    const world = new WebhookWorld();
    const { store } = world.relay;
    await store.claimLane({ laneId, accountId: webhookAccountId, holderId: 'another', leaseMs: 30_000 });
    const order: unknown[] = [];
    const ports = withStore(world, {
      claimLane: (claim) => {
        order.push(['claim', claim.isQuiet ?? false]);
        return store.claimLane(claim);
      },
      enqueue: (made) => {
        order.push('enqueue');
        return store.enqueue(made);
      },
    });
    await world.end({ webhookUrl: HOOK_URL });
    expect(await serve(world, ports)).toEqual([]);
    expect(order).toEqual([['claim', true], 'enqueue', ['claim', false]]);
  });

  it('is worked where its lane becomes free while it is queued', async () => {
    const world = new WebhookWorld();
    const { store } = world.relay;
    let claims = 0;
    const ports = withStore(world, {
      claimLane: async (claim) => ((claims += 1) === 1 ? { kind: 'held-by-another' } : store.claimLane(claim)),
    });
    const task = await world.end({ webhookUrl: HOOK_URL });
    expect(await serve(world, ports)).toEqual([]);
    expect(await world.delivery(task.id)).toMatchObject({ status: 'delivered' });
    expect(await store.loadRestingLane(laneId)).toMatchObject({ isProven: true });
  });
});

describe('a call past the lane', () => {
  /** A world whose receiver has accepted a webhook, and the next one on its way to it. */
  async function proven() {
    const world = new WebhookWorld();
    await world.end({ webhookUrl: HOOK_URL });
    await world.settle();
    let made = 0;
    const fresh = (): FreshDelivery => {
      made += 1;
      const id = `evt_${made}`;
      const event = {
        id,
        type: 'task.failed',
        accountId: webhookAccountId,
        at: NOW,
        webhookUrl: HOOK_URL,
        data: {},
      } as const;
      const logged = { event, position: NOW };
      return { event, delivery: newDelivery({ logged, laneId, url: HOOK_URL, now: NOW, expiresAt: NOW + 3_600_000 }) };
    };
    return { world, fresh };
  }

  it('is made by a run again and again, one at a time', async () => {
    const { world, fresh } = await proven();
    const lanes = new ClaimedLanes(world.ports);
    for (const _ of [1, 2]) expect(await callDirectly(world.ports, lanes, fresh())).toEqual({ kind: 'delivered' });
    world.receivers.script(HOOK_URL, { status: 200, afterMs: 100 });
    const both = [fresh(), fresh()].map((one) => callDirectly(world.ports, lanes, one));
    await world.relay.clock.advance(100);
    expect(await Promise.all(both)).toEqual([{ kind: 'delivered' }, { kind: 'not-direct' }]);
  });

  it('is recorded on the delivery that another run has begun with meanwhile', async () => {
    const { world, fresh } = await proven();
    const one = fresh();
    await world.relay.store.addDelivery({ ...one.delivery, attemptCount: 3, version: 4 });
    expect(await callDirectly(world.ports, new ClaimedLanes(world.ports), one)).toEqual({ kind: 'delivered' });
    expect(await world.relay.store.loadDeliveries([one.delivery])).toMatchObject([
      { status: 'delivered', attemptCount: 4, version: 5, attempts: [{ number: 4, status: 200 }] },
    ]);
  });

  it('that fails while another takes the lane is recorded, and that holder is notified', async () => {
    const { world, fresh } = await proven();
    const { store, clock } = world.relay;
    world.receivers.script(HOOK_URL, { status: 500, afterMs: 100 });
    const one = fresh();
    const quiet: unknown[] = [];
    const ports = withStore(world, {
      claimLane: (claim) => {
        quiet.push(claim.isQuiet ?? false);
        return store.claimLane(claim);
      },
    });
    const calling = callDirectly(ports, new ClaimedLanes(ports), one);
    await clock.advance(50);
    const held = await store.claimLane({ laneId, accountId: webhookAccountId, holderId: 'another', leaseMs: 30_000 });
    await clock.advance(50);
    expect(await calling).toEqual({ kind: 'failed', worker: undefined });
    expect(quiet).toEqual([true, false]);
    const [delivery] = await store.loadDeliveries([one.delivery]);
    expect(delivery).toMatchObject({ status: 'pending', attemptCount: 1 });
    expect(await store.laneEntries(laneId, 10)).toMatchObject([{ deliveryId: one.delivery.id, kind: 'retry' }]);
    // What the lane's state learns is its holder's.
    expect(await store.loadLane(laneId)).toMatchObject({ strikes: 0 });
    if (held.kind !== 'claimed-by-us') throw new Error(held.kind);
    const { lane, wanted } = held;
    expect(await store.releaseLane({ before: lane, lane, wanted, holderId: 'another' })).toMatchObject({
      kind: 'wanted',
    });
  });
});

describe('the secrets of an account', () => {
  const name = { laneId, accountId: webhookAccountId };

  it('are made when they are first needed, each its own', async () => {
    const world = new WebhookWorld();
    const receivers = [name, name, { ...name, accountId: 'acc_two' }];
    const found = [];
    for (const one of receivers) found.push(await loadReceiver(world.ports, one));
    const [first, again, other] = found.map((receiver) => (receiver.kind === 'ready' ? receiver.secrets : []));
    expect(first).toHaveLength(1);
    expect(first?.[0]?.length).toBeGreaterThan(30);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('are those that another run has made at the same moment', async () => {
    const world = new WebhookWorld();
    const { store } = world.relay;
    const secret = 'whsec_made_by_another';
    const ports = withStore(world, {
      saveSigning: async () => {
        await store.saveSigning({ accountId: webhookAccountId, version: 1, secrets: [{ secret, createdAt: NOW }] });
        return false;
      },
    });
    expect(await loadReceiver(ports, name)).toMatchObject({ kind: 'ready', secrets: [secret] });
    const torn = withStore(world, { loadSigning: async () => undefined, saveSigning: async () => false });
    await expect(loadReceiver(torn, name)).rejects.toThrow(`the signing secrets of ${webhookAccountId}`);
  });
});
