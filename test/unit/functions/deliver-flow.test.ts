import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { applyEvent } from '../../../core/flows/apply-event.ts';
import { performEffects } from '../../../core/flows/perform-effects.ts';
import { eventKeyOf } from '../../../core/domain/webhook/outbox-event.ts';
import { disableEndpoint } from '../../../core/domain/webhook/webhook-endpoint.ts';
import { newSecret, rotateSecrets } from '../../../core/domain/webhook/webhook-secrets.ts';
import { openAttemptIn, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import { webhookAccountId, WebhookWorld } from '../../support/memory/webhook-world.ts';
import type { TaskEvent } from '../../../core/domain/task/event.ts';
import type { ReceivedCall } from '../../support/memory/scripted-receivers.ts';
import type { WebhookEndpoint } from '../../../core/domain/webhook/webhook-endpoint.ts';

const HOOK_URL = 'https://app.example/hook';

function many(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function hoursMs(hours: number): number {
  return hours * 3_600_000;
}

/** The signed body, held against the specification's own library; time stands still here, so only the signature is. */
function verified(call: ReceivedCall | undefined, secret: string | undefined): unknown {
  if (!call || secret === undefined) throw new Error('nothing to verify');
  const at = new Date(Number(call.headers['webhook-timestamp']) * 1_000);
  const expected = new Webhook(secret).sign(call.id, at, call.body);
  if (!call.headers['webhook-signature']?.split(' ').includes(expected)) throw new Error('not signed with this secret');
  return JSON.parse(call.body);
}

async function accountSecret(world: WebhookWorld): Promise<string> {
  const signing = await world.relay.store.loadSigning(webhookAccountId);
  return signing?.secrets[0]?.secret ?? '';
}

describe('the end of a task', () => {
  it('reaches its ?webhook= once, signed, as both a task and an event', async () => {
    const world = new WebhookWorld();
    const task = await world.end({ webhookUrl: HOOK_URL });
    await world.settle();

    expect(world.receivers.idsAt(HOOK_URL)).toEqual([`evt_${task.id}_1`]);
    const body = verified(world.receivers.calls[0], await accountSecret(world));
    expect(body).toMatchObject({ id: task.id, status: 'cancelled', type: 'task.cancelled', data: { id: task.id } });
    expect(await world.delivery(task.id)).toMatchObject({ status: 'delivered', attemptCount: 1 });
    expect(world.relay.sumOf('DeliveriesSucceeded')).toBe(1);
  });

  it('is closed in its task, and a doorbell that comes again after that does nothing', async () => {
    const world = new WebhookWorld();
    const task = await world.end({ webhookUrl: HOOK_URL });
    const again = world.relay.doorbells.waiting('deliver');
    expect(task.openEnds).toHaveLength(1);
    await world.settle();
    const closed = await world.relay.task(task.id);
    expect(closed).not.toHaveProperty('openEnds');

    await world.relay.doorbells.send(again);
    await world.settle();

    expect(world.receivers.calls).toHaveLength(1);
    expect(world.relay.sumOf('EventsRecorded')).toBe(1);
    expect(await world.relay.task(task.id)).toEqual(closed);
  });

  it('reaches its ?webhook= though the row of the task was damaged meanwhile', async () => {
    const world = new WebhookWorld();
    const { id } = await world.end({ webhookUrl: HOOK_URL });
    world.relay.store.damage(id, { ends: 0 });
    await world.settle();
    expect(world.receivers.idsAt(HOOK_URL)).toEqual([`evt_${id}_1`]);
    expect(world.failed).toEqual([]);
  });

  it('is closed in a task that was put back meanwhile, whose next end is another event', async () => {
    const world = new WebhookWorld();
    const { relay } = world;
    const attempts = [openAttemptIn('running', 1)];
    const parts = { status: 'running', attempts, attemptCount: 1, slot: sampleSlot() } as const;
    const { id } = await relay.put(sampleTask({ id: relay.randomSource.id(), webhookUrl: HOOK_URL, ...parts }));
    const failure = { level: 'task', code: 1001, text: 'Invalid' } as const;
    const events: readonly TaskEvent[] = [
      { type: 'outcome-reported', attempt: 1, outcome: { kind: 'failed', failure } },
      { type: 'retry-requested', isCounted: false },
    ];
    for (const event of events) {
      const applied = await applyEvent(relay, id, event);
      if (applied.kind === 'changed') await performEffects(relay, applied.effects, applied.after);
    }
    expect(await relay.task(id)).toMatchObject({ status: 'queued', openEnds: [{ end: 1 }] });
    await world.settle();
    expect(await relay.task(id)).toMatchObject({ status: 'queued', ends: 1 });
    expect(await relay.task(id)).not.toHaveProperty('openEnds');
    const cancelled = await applyEvent(relay, id, { type: 'cancel-requested' });
    if (cancelled.kind === 'changed') await performEffects(relay, cancelled.effects, cancelled.after);
    await world.settle();
    expect(world.receivers.idsAt(HOOK_URL)).toEqual([`evt_${id}_1`, `evt_${id}_2`]);
    expect(await relay.task(id)).not.toHaveProperty('openEnds');
  });

  it('is closed in its task also where a reader has made its event due by itself', async () => {
    const world = new WebhookWorld();
    const { store } = world.relay;
    await world.end();
    await store.readEvents(webhookAccountId, { position: 0, id: '' }, 10);
    // At the same moment: its event has to go behind what was read.
    const { id, endedAt = 0 } = await world.end({ webhookUrl: HOOK_URL });
    const event = await store.loadEvent({ accountId: webhookAccountId, position: endedAt, id: `evt_${id}_1` });
    expect(event).toMatchObject({ position: endedAt + 1, isClosed: false });
    expect(event).not.toHaveProperty('isDueWithTask');
    await world.settle();
    expect(world.receivers.idsAt(HOOK_URL)).toEqual([`evt_${id}_1`]);
    expect(await world.relay.task(id)).not.toHaveProperty('openEnds');
    expect(event && (await store.loadEvent(eventKeyOf(event)))).toMatchObject({ isClosed: true });
  });

  it('reaches every endpoint that subscribes to it, each with its own secret, shape and headers', async () => {
    const world = new WebhookWorld();
    const plain = await world.endpoint();
    const bare = await world.endpoint({ shape: 'get3w', headers: { 'x-tenant': 'a' } });
    const others = [
      await world.endpoint({ events: ['task.completed'] }),
      await world.endpoint({ disabled: { since: 0, reason: 'owner' } }),
    ];
    const task = await world.end();
    await world.settle();

    const callTo = (endpoint: WebhookEndpoint) => world.receivers.calls.find((call) => call.url === endpoint.url);
    expect(verified(callTo(plain), plain.secrets[0]?.secret)).toMatchObject({
      type: 'task.cancelled',
      data: { id: task.id },
    });
    expect(verified(callTo(bare), bare.secrets[0]?.secret)).toMatchObject({ id: task.id, status: 'cancelled' });
    expect(callTo(bare)?.headers['x-tenant']).toBe('a');
    expect(() => verified(callTo(bare), plain.secrets[0]?.secret)).toThrow('not signed');
    expect(others.map(callTo)).toEqual([undefined, undefined]);
  });

  it('of another account reaches none of them', async () => {
    const world = new WebhookWorld();
    await world.endpoint();
    await world.end({ accountId: 'acc_two' });
    await world.settle();
    expect(world.receivers.calls).toEqual([]);
  });

  it('is signed by the old secret and the new one while they overlap', async () => {
    const world = new WebhookWorld();
    const { store, randomSource, clock } = world.relay;
    const endpoint = await world.endpoint();
    const fresh = newSecret('v1', () => randomSource.secret(), clock.now());
    const secrets = rotateSecrets(endpoint.secrets, fresh, { now: clock.now(), overlapMs: hoursMs(24) }) ?? [];
    await store.saveEndpoint({ ...endpoint, secrets, version: 2 });
    await world.end();
    await world.settle();
    await clock.advance(hoursMs(25));
    await world.end();
    await world.settle();

    const [during, after] = world.receivers.calls;
    for (const { secret } of secrets) expect(() => verified(during, secret)).not.toThrow();
    expect(() => verified(after, fresh.secret)).not.toThrow();
    expect(() => verified(after, endpoint.secrets[0]?.secret)).toThrow('not signed');
  });

  it('carries a v1a signature beside the v1 for an endpoint that asked for one', async () => {
    const world = new WebhookWorld();
    const { randomSource, clock } = world.relay;
    const secrets = (['v1', 'v1a'] as const).map((scheme) =>
      newSecret(scheme, () => randomSource.secret(), clock.now()),
    );
    await world.endpoint({ secrets });
    await world.end();
    await world.settle();
    const signature = world.receivers.calls[0]?.headers['webhook-signature'] ?? '';
    expect(signature).toMatch(/^v1,\S+ v1a,\S+$/);
    expect(() => verified(world.receivers.calls[0], secrets[0]?.secret)).not.toThrow();
  });
});

describe('a receiver that fails', () => {
  it('is called by the schedule, with the same id and bytes and a new time and signature each time', async () => {
    const world = new WebhookWorld();
    world.receivers.script(HOOK_URL, 500, 500, 500, 200);
    const task = await world.end({ webhookUrl: HOOK_URL });
    await world.pass(hoursMs(1), { stepMs: 5_000 });

    const { calls } = world.receivers;
    expect(calls).toHaveLength(4);
    const waits = calls.slice(1).map(({ at }, index) => Math.round((at - (calls[index]?.at ?? 0)) / 1_000));
    expect(waits[0]).toBeGreaterThanOrEqual(5);
    expect(waits[0]).toBeLessThanOrEqual(10);
    expect(waits[1]).toBeGreaterThanOrEqual(300);
    expect(waits[1]).toBeLessThanOrEqual(340);
    expect(waits[2]).toBeGreaterThanOrEqual(1_800);
    expect(waits[2]).toBeLessThanOrEqual(2_040);
    for (const name of ['id', 'body'] as const) expect(new Set(calls.map((call) => call[name])).size).toBe(1);
    for (const name of ['webhook-timestamp', 'webhook-signature']) {
      expect(new Set(calls.map(({ headers }) => headers[name])).size).toBe(4);
    }
    const delivery = await world.delivery(task.id);
    expect(delivery.attempts.map(({ status }) => status)).toEqual([500, 500, 500, 200]);
  });

  it('for ever ends as an exhausted delivery after ten attempts, and its owner is notified', async () => {
    const world = new WebhookWorld();
    const owner = await world.endpoint({ events: ['delivery.exhausted'] });
    world.receivers.script(HOOK_URL, 500);
    const task = await world.end({ webhookUrl: HOOK_URL });
    await world.pass(hoursMs(100), { stepMs: 60_000 });

    expect(await world.delivery(task.id)).toMatchObject({ status: 'exhausted', reason: 'attempts', attemptCount: 10 });
    expect(world.receivers.idsAt(HOOK_URL)).toHaveLength(10);
    const told = world.receivers.calls.filter((call) => call.url === owner.url);
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0]?.body ?? '')).toMatchObject({
      type: 'delivery.exhausted',
      data: { request_id: task.id, reason: 'attempts', attempts: 10, endpoint_id: null },
    });
    expect(world.relay.sumOf('DeliveriesExhausted')).toBe(1);
  });

  it('to accept an event about an exhausted delivery makes no further event', async () => {
    const world = new WebhookWorld({ scheduleMs: [0, 5_000] });
    const owner = await world.endpoint({ events: ['delivery.exhausted'] });
    world.receivers.script(owner.url, 500);
    world.receivers.script(HOOK_URL, 500);
    await world.end({ webhookUrl: HOOK_URL });
    await world.pass(hoursMs(1), { stepMs: 5_000 });

    const types = world.relay.store.allEvents().map(({ event }) => event.type);
    expect(types).toEqual(['task.cancelled', 'delivery.exhausted']);
    expect(world.relay.sumOf('DeliveriesExhausted')).toBe(2);
  });

  it('with a 410 is disabled at once, its owner is notified, and it is not called again', async () => {
    const world = new WebhookWorld();
    const gone = await world.endpoint();
    const owner = await world.endpoint({ events: ['endpoint.disabled'] });
    world.receivers.script(gone.url, 410);
    const task = await world.end();
    await world.settle();
    await world.end();
    await world.pass(hoursMs(2), { stepMs: 60_000 });

    expect(world.receivers.idsAt(gone.url)).toHaveLength(1);
    expect(await world.relay.store.loadEndpoint(webhookAccountId, gone.id)).toMatchObject({
      disabled: { reason: 'gone' },
    });
    expect(await world.delivery(task.id)).toMatchObject({ status: 'exhausted', reason: 'gone' });
    const told = world.receivers.calls.filter((call) => call.url === owner.url);
    expect(told.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { type: 'endpoint.disabled', data: { endpoint_id: gone.id, reason: 'gone' } },
    ]);
  });

  it('with nothing but failures for five days is disabled', async () => {
    const world = new WebhookWorld();
    const failing = await world.endpoint();
    world.receivers.script(failing.url, { breaks: 'connect' });
    for (let day = 0; day < 6; day += 1) {
      await world.end();
      await world.pass(hoursMs(24), { stepMs: 60_000 });
    }
    const endpoint = await world.relay.store.loadEndpoint(webhookAccountId, failing.id);
    expect(endpoint?.disabled?.reason).toBe('failing');
    const days = ((endpoint?.disabled?.since ?? 0) - (world.receivers.calls[0]?.at ?? 0)) / hoursMs(24);
    expect(days).toBeGreaterThanOrEqual(5);
    expect(days).toBeLessThan(6);
  });

  it('now and then is never disabled', async () => {
    const world = new WebhookWorld();
    const sporadic = await world.endpoint();
    world.receivers.script(sporadic.url, (_call, count) => (count % 4 === 0 ? 200 : 500));
    for (let day = 0; day < 12; day += 1) {
      await world.end();
      await world.pass(hoursMs(24), { stepMs: 60_000 });
    }
    expect((await world.relay.store.loadEndpoint(webhookAccountId, sporadic.id))?.disabled).toBeUndefined();
  });

  it('with 429 and Retry-After is left alone until then, its other webhooks too, and loses none', async () => {
    const world = new WebhookWorld();
    world.receivers.script(HOOK_URL, { status: 429, retryAfterMs: 60_000 }, 200);
    await world.end({ webhookUrl: HOOK_URL });
    await world.settle();
    for (const _ of many(5)) await world.end({ webhookUrl: HOOK_URL });
    await world.pass(58_000);
    expect(world.receivers.calls).toHaveLength(1);

    await world.pass(20_000);
    expect(new Set(world.receivers.idsAt(HOOK_URL)).size).toBe(6);
    expect(world.receivers.calls.slice(1).every(({ at }) => at - (world.receivers.calls[0]?.at ?? 0) >= 60_000)).toBe(
      true,
    );
  });

  it('does not use up the attempts of webhooks that wait while it is paused', async () => {
    const world = new WebhookWorld();
    world.receivers.script(HOOK_URL, (call) =>
      call.at < (world.receivers.calls[0]?.at ?? 0) + hoursMs(6) ? 503 : 200,
    );
    const tasks = [];
    for (const _ of many(30)) tasks.push(await world.end({ webhookUrl: HOOK_URL }));
    await world.pass(hoursMs(30), { stepMs: 10_000 });

    const deliveries = await Promise.all(tasks.map(({ id }) => world.delivery(id)));
    expect(deliveries.filter(({ status }) => status !== 'delivered')).toEqual([]);
    // Thirty webhooks that each followed their own schedule would have called 150 times in six hours.
    const during = world.receivers.calls.filter(({ at }) => at < (world.receivers.calls[0]?.at ?? 0) + hoursMs(6));
    expect(during.length).toBeLessThan(110);
  });
});

describe('a slow receiver', () => {
  it('delays no other: four of five get theirs at once while one hangs on every call', async () => {
    const world = new WebhookWorld();
    const endpoints = [];
    for (const _ of many(5)) endpoints.push(await world.endpoint());
    const [slow, ...quick] = endpoints;
    world.receivers.script(slow?.url ?? '', { status: 200, afterMs: 60_000 });
    const ends = new Map<string, number>();
    for (const _ of many(200)) {
      const task = await world.end();
      ends.set(`evt_${task.id}_1`, world.relay.clock.now());
      await world.pass(50, { stepMs: 50 });
    }

    const lags = world.receivers.calls
      .filter((call) => call.url !== slow?.url)
      .map(({ id, at }) => at - (ends.get(id) ?? 0));
    expect(lags).toHaveLength(200 * quick.length);
    expect(Math.max(...lags)).toBeLessThanOrEqual(150);
    expect(world.receivers.atOnceMax.get(slow?.url ?? '')).toBe(10);
  });

  it('gets its own other webhooks while one of them hangs', async () => {
    const world = new WebhookWorld();
    world.receivers.script(HOOK_URL, (_call, count) => (count === 1 ? { status: 200, afterMs: 14_000 } : 200));
    await world.end({ webhookUrl: HOOK_URL });
    await world.pass(1_000);
    await world.end({ webhookUrl: HOOK_URL });
    await world.pass(200, { stepMs: 50 });
    expect(world.receivers.calls).toHaveLength(2);
  });

  it('gets new webhooks first, and retries in the room that is left', async () => {
    const world = new WebhookWorld({ callsMax: 4 });
    const failing = new Set<string>();
    world.receivers.script(HOOK_URL, (call) =>
      failing.has(call.id) ? { status: 500, afterMs: 500 } : { status: 200, afterMs: 500 },
    );
    for (const _ of many(40)) {
      const task = await world.end({ webhookUrl: HOOK_URL });
      if (_ % 2 === 1) failing.add(`evt_${task.id}_1`);
    }
    await world.pass(5_500, { stepMs: 100 });
    const before = world.receivers.calls.length;
    const fresh: string[] = [];
    for (const _ of many(6)) fresh.push(`evt_${(await world.end({ webhookUrl: HOOK_URL })).id}_1`);
    await world.pass(1_500, { stepMs: 100 });
    const next = world.receivers.calls.slice(before).map(({ id }) => id);
    expect(fresh.filter((id) => next.slice(0, 10).includes(id))).toHaveLength(6);
  });
});

describe('an endpoint with a rate', () => {
  it('is never called more often, and gets everything', async () => {
    const world = new WebhookWorld();
    const endpoint = await world.endpoint({ ratePerSecond: 2 });
    for (const _ of many(40)) await world.end();
    await world.pass(60_000, { stepMs: 250 });

    const times = world.receivers.calls.map(({ at }) => at);
    expect(new Set(world.receivers.idsAt(endpoint.url)).size).toBe(40);
    const busiest = times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length);
    expect(Math.max(...busiest)).toBe(2);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(30_000);
  });
});

describe('what is lost in between', () => {
  it('is found by the sweep when the doorbell of an event is lost', async () => {
    const world = new WebhookWorld();
    world.relay.doorbells.failNext(1);
    await world.end({ webhookUrl: HOOK_URL });
    await world.pass(20_000, { sweeps: false });
    expect(world.receivers.calls).toEqual([]);
    await world.pass(90_000);
    expect(world.receivers.calls).toHaveLength(1);
    expect(world.relay.sumOf('SweepRepairs')).toBe(1);
  });

  it('is found by the sweep when a run dies after the fan-out and before any call', async () => {
    const world = new WebhookWorld();
    const dying = { ...world.ports, caller: { call: () => new Promise<never>(() => undefined) } };
    await world.end({ webhookUrl: HOOK_URL });
    world.serve(dying);
    await world.relay.clock.advance(10);
    expect(world.receivers.calls).toEqual([]);
    await world.pass(180_000);
    expect(world.receivers.calls).toHaveLength(1);
  });

  it('is delivered once the store answers again', async () => {
    const world = new WebhookWorld();
    const broken = world.relay.withStore({ saveDelivery: () => Promise.reject(new Error('no answer')) });
    const task = await world.end({ webhookUrl: HOOK_URL });
    world.serve({ ...world.ports, store: broken.store });
    await world.relay.clock.advance(10);
    expect(world.failed).toHaveLength(1);
    await world.pass(180_000);
    expect(await world.delivery(task.id)).toMatchObject({ status: 'delivered' });
  });

  it('is nothing when a doorbell comes twice: the second finds nothing to do', async () => {
    const world = new WebhookWorld();
    await world.end({ webhookUrl: HOOK_URL });
    const [message] = world.relay.doorbells.waiting('deliver');
    if (message) await world.relay.doorbells.send([message, message]);
    await world.settle();
    expect(world.receivers.calls).toHaveLength(1);
  });
});

describe('an endpoint that changes while its webhooks wait', () => {
  it('is called at its new address', async () => {
    const world = new WebhookWorld();
    const endpoint = await world.endpoint();
    world.receivers.script(endpoint.url, 500);
    await world.end();
    await world.settle();
    await world.relay.store.saveEndpoint({ ...endpoint, url: 'https://moved.example/', version: 2 });
    await world.pass(10_000);
    expect(world.receivers.idsAt('https://moved.example/')).toHaveLength(1);
  });

  it('keeps its waiting webhooks while it is disabled, and gets them when it is enabled again', async () => {
    const world = new WebhookWorld();
    const { store, clock } = world.relay;
    const endpoint = await world.endpoint();
    world.receivers.script(endpoint.url, 500, 200);
    const task = await world.end();
    await world.settle();
    const disabled = disableEndpoint(endpoint, 'owner', clock.now());
    await store.saveEndpoint(disabled);
    await world.pass(hoursMs(1), { stepMs: 60_000 });
    expect(world.receivers.calls).toHaveLength(1);
    expect(await store.oldestUndelivered()).toBeDefined();

    const { disabled: _off, ...enabled } = disabled;
    await store.saveEndpoint({ ...enabled, version: 3 });
    await store.wakeLane({ laneId: endpoint.id, accountId: webhookAccountId }, clock.now());
    await world.pass(120_000);
    expect(await world.delivery(task.id)).toMatchObject({ status: 'delivered' });
    expect(await store.oldestUndelivered()).toBeUndefined();
  });

  it('leaves its waiting webhooks exhausted when it is deleted', async () => {
    const world = new WebhookWorld();
    const endpoint = await world.endpoint();
    world.receivers.script(endpoint.url, 500);
    const tasks = [];
    for (const _ of many(30)) tasks.push(await world.end());
    await world.settle();
    await world.relay.store.deleteEndpoint(webhookAccountId, endpoint.id);
    await world.pass(hoursMs(3), { stepMs: 60_000 });
    const left = await Promise.all(tasks.map(({ id }) => world.delivery(id)));
    expect(new Set(left.map(({ status, reason }) => `${status} ${String(reason)}`))).toEqual(
      new Set(['exhausted endpoint-deleted']),
    );
  });
});

describe('the longest wait', () => {
  it('counts events that no lane has yet, retried ones and paused ones', async () => {
    const world = new WebhookWorld();
    const ages = () => world.relay.lines.flatMap(({ values }) => values.OldestUndelivered ?? []);
    world.receivers.script(HOOK_URL, 503);
    await world.end({ webhookUrl: HOOK_URL });
    await world.pass(600_000);
    expect(Math.max(...ages())).toBeGreaterThan(480);
    world.receivers.script(HOOK_URL, 200);
    await world.pass(hoursMs(1));
    expect(ages().at(-1)).toBe(0);
  });
});
