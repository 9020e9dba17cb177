// What is recorded of a call to a receiver: the delivery on its newest version, the lane, metrics and the log, and the
// events that its owner gets when a delivery is given up or an endpoint disabled.
import { describe, expect, it } from 'vitest';
import { applyToDelivery, measureCall, recordCall } from '../../../functions/deliver/record-attempt.ts';
import { newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { newLane } from '../../../core/domain/webhook/lane.ts';
import { webhookAccountId, WebhookWorld } from '../../support/memory/webhook-world.ts';
import { NOW } from '../../support/sample-task.ts';
import type { CallResult, Delivery } from '../../../core/domain/webhook/delivery.ts';
import type { EventType } from '../../../core/domain/webhook/outbox-event.ts';
import type { Lane } from '../../../core/domain/webhook/lane.ts';
import type { MemoryStore } from '../../support/memory/memory-store.ts';
import type { DeliverPorts } from '../../../functions/deliver/deliver-ports.ts';

const HOOK_URL = 'https://app.example/hook';
const DAY_MS = 86_400_000;

function answered(status: number): CallResult {
  return { kind: 'answered', status, answer: '', durationMs: 12.4 };
}

function broken(cause: 'timeout' | 'connect'): CallResult {
  return { kind: 'failed', cause, detail: '', durationMs: 3 };
}

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: object | undefined;
}

interface Bench {
  readonly world: WebhookWorld;
  readonly ports: DeliverPorts;
  readonly lines: Line[];
}

function bench(overrides: Partial<MemoryStore> = {}, world = new WebhookWorld()): Bench {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields?: object) => void lines.push({ level, message, fields });
  const log = { info: at('info'), warn: at('warn'), error: at('error') };
  const { store } = world.relay.withStore(overrides);
  return { world, ports: { ...world.ports, store, log }, lines };
}

/** A delivery that is stored and due, of an event two seconds ago. */
async function stored({ world }: Bench, parts: Partial<Delivery> = {}, type: EventType = 'task.failed') {
  const event = {
    id: 'evt_1',
    type,
    accountId: webhookAccountId,
    at: NOW - 2_000,
    taskId: 'task-1',
    data: {},
  } as const;
  const made = newDelivery({ logged: { event, position: NOW }, laneId: 'we_1', now: NOW, expiresAt: NOW + DAY_MS });
  const delivery = { ...made, ...parts };
  await world.relay.store.addDelivery(delivery);
  await world.relay.store.enqueue(delivery);
  return delivery;
}

function giveUp(reason: 'endpoint-deleted' | 'too-old' = 'too-old') {
  return { type: 'given-up', reason } as const;
}

function eventsOf({ world }: Bench) {
  return world.relay.store.allEvents().map(({ event }) => event);
}

describe('what is measured of a call', () => {
  it('that succeeds: one line of the log, its time, its lag and the whole time of the delivery', async () => {
    const one = bench();
    const delivery = await stored(one);
    measureCall(one.ports, delivery, NOW - 500, answered(204));
    expect(one.lines).toEqual([
      {
        level: 'info',
        message: 'webhook called',
        fields: {
          laneId: 'we_1',
          accountId: webhookAccountId,
          eventId: 'evt_1',
          taskId: 'task-1',
          type: 'task.failed',
          attempt: 1,
          outcome: 'delivered',
          code: 'webhook-ok',
          status: 204,
          lagMs: 1_500,
          tookMs: 12,
        },
      },
    ]);
    expect(one.world.relay.lines).toEqual([
      {
        values: {
          DeliveriesAttempted: 1,
          DeliveryCallTime: 12,
          DeliveryLag: 1_500,
          DeliveriesSucceeded: 1,
          DeliveryTime: 2_000,
        },
      },
    ]);
  });

  it('that fails: its delivery too, and a count by where it broke', async () => {
    const one = bench();
    const delivery = await stored(one, { attemptCount: 3, replays: 2 });
    measureCall(one.ports, delivery, NOW, answered(500));
    const ids = { deliveryId: delivery.id, laneId: 'we_1', accountId: webhookAccountId, eventId: 'evt_1' };
    expect(one.lines[0]?.fields).toEqual({
      ...ids,
      taskId: 'task-1',
      type: 'task.failed',
      attempt: 4,
      replay: 2,
      outcome: 'failed',
      code: 'webhook-5xx',
      status: 500,
      lagMs: 2_000,
      tookMs: 12,
    });
    expect(one.world.relay.lines).toEqual([
      { values: { DeliveriesAttempted: 1, DeliveryCallTime: 12 } },
      { values: { DeliveriesFailed: 1 }, code: 'webhook-5xx', properties: ids },
    ]);
  });

  it('of a replay has no time of the whole: it was asked for days later', async () => {
    const one = bench();
    measureCall(one.ports, await stored(one, { replays: 1, attemptCount: 1 }), NOW, answered(200));
    expect(one.world.relay.lines).toEqual([
      { values: { DeliveriesAttempted: 1, DeliveryCallTime: 12, DeliveriesSucceeded: 1 } },
    ]);
  });

  it('is never negative where clocks disagree', async () => {
    const one = bench();
    measureCall(one.ports, await stored(one, { eventAt: NOW + 5_000 }), NOW, answered(200));
    expect(one.world.relay.lines[0]?.values).toMatchObject({ DeliveryLag: 0, DeliveryTime: 0 });
    expect(one.lines[0]?.fields).toMatchObject({ lagMs: 0 });
  });

  it.each<[string, CallResult]>([
    ['webhook-3xx', answered(301)],
    ['webhook-4xx', answered(404)],
    ['webhook-410', answered(410)],
    ['webhook-429', answered(429)],
    ['webhook-5xx', answered(599)],
    ['webhook-timeout', broken('timeout')],
    ['webhook-connect', broken('connect')],
  ])('of a failure has a code of a closed set, such as %s', async (code, result) => {
    const one = bench();
    measureCall(one.ports, await stored(one), NOW, result);
    const status = result.kind === 'answered' ? result.status : undefined;
    expect(one.lines[0]?.fields).toMatchObject({ code, outcome: 'failed' });
    expect((one.lines[0]?.fields as { readonly status?: number }).status).toBe(status);
    expect(one.world.relay.lines.at(-1)).toMatchObject({ values: { DeliveriesFailed: 1 }, code });
  });
});

describe('a delivery that is given up', () => {
  it('is written with an event for its owner, which is announced', async () => {
    const one = bench();
    const delivery = await stored(one, { attemptCount: 4, replays: 2 });
    expect(await applyToDelivery(one.ports, delivery, giveUp())).toMatchObject({ status: 'exhausted', version: 2 });
    expect(eventsOf(one)).toEqual([
      {
        id: `evt_${delivery.id}_2`,
        type: 'delivery.exhausted',
        accountId: webhookAccountId,
        at: NOW,
        data: {
          delivery_id: delivery.id,
          endpoint_id: 'we_1',
          event_id: 'evt_1',
          event_type: 'task.failed',
          request_id: 'task-1',
          reason: 'too_old',
          attempts: 4,
        },
      },
    ]);
    const doorbell = { kind: 'event', accountId: webhookAccountId, position: NOW, eventId: `evt_${delivery.id}_2` };
    expect(one.world.relay.doorbells.sent).toEqual([
      { queue: 'deliver', doorbell, delayMs: 0, group: webhookAccountId },
    ]);
    const properties = { deliveryId: delivery.id, laneId: 'we_1', accountId: webhookAccountId, eventId: 'evt_1' };
    expect(one.world.relay.lines).toEqual([{ values: { DeliveriesExhausted: 1 }, properties }]);
  });

  it('of an address in the submit, about no task, names neither endpoint nor request', async () => {
    const one = bench();
    const { taskId: _none, ...delivery } = await stored(one, { url: HOOK_URL }, 'endpoint.disabled');
    await applyToDelivery(one.ports, delivery, giveUp());
    expect(eventsOf(one)[0]?.data).toMatchObject({ endpoint_id: null, request_id: null });
  });

  it.each<[string, EventType, Partial<Delivery>, 'attempted' | 'endpoint-deleted' | 'too-old', number]>([
    ['carries such an event itself', 'delivery.exhausted', {}, 'too-old', 0],
    ['was for an endpoint that is deleted', 'task.failed', {}, 'endpoint-deleted', 0],
    ['had 410 from its endpoint, which is disabled for it', 'task.failed', {}, 'attempted', 0],
    ['had 410 from an address in the submit', 'task.failed', { url: HOOK_URL }, 'attempted', 1],
  ])('makes an event or none where it %s', async (_what, type, parts, why, events) => {
    const one = bench();
    const delivery = await stored(one, parts, type);
    const attempted = { type: 'attempted', attempt: 1, startedAt: NOW, result: answered(410) } as const;
    await applyToDelivery(one.ports, delivery, why === 'attempted' ? attempted : giveUp(why));
    expect(eventsOf(one)).toHaveLength(events);
    expect(one.world.relay.doorbells.sent).toHaveLength(events);
    expect(one.world.relay.sumOf('DeliveriesExhausted')).toBe(1);
  });
});

describe('a delivery that another writer has changed', () => {
  const failed = { type: 'attempted', attempt: 1, startedAt: NOW, result: answered(500) } as const;

  it('is changed on its newest version, and leaves its lane where that writer has put it', async () => {
    const one = bench();
    const { store } = one.world.relay;
    const stale = await stored(one);
    // Another run called it past its lane, and has queued it for its next attempt.
    await store.saveDelivery(stale, { ...stale, version: 2, nextAttemptAt: NOW + 5 });
    const after = await applyToDelivery(one.ports, stale, failed, { isEnqueued: false });
    expect(after).toMatchObject({ attemptCount: 1, version: 3 });
    expect(await store.laneEntries('we_1', 10)).toEqual([
      { deliveryId: stale.id, kind: 'retry', at: after?.nextAttemptAt },
    ]);
    expect(one.world.relay.lines).toEqual([]);
    expect(eventsOf(one)).toEqual([]);
  });

  it('is left alone when the call is recorded already, or it is gone', async () => {
    const one = bench();
    const { store } = one.world.relay;
    const stale = await stored(one);
    const moved = { ...stale, version: 2, attemptCount: 1 };
    await store.saveDelivery(stale, moved);
    expect(await applyToDelivery(one.ports, stale, failed)).toBeUndefined();
    expect(await store.loadDeliveries([stale])).toEqual([moved]);
    const gone = bench({ loadDeliveries: async () => [], saveDelivery: async () => false });
    expect(await applyToDelivery(gone.ports, await stored(gone), failed)).toBeUndefined();
  });

  it('is a fault of the relay where every try is lost', async () => {
    const one = bench({ saveDelivery: async () => false });
    const delivery = await stored(one);
    await expect(applyToDelivery(one.ports, delivery, failed)).rejects.toMatchObject({
      code: 'store-contended',
      message: 'A delivery changed during every try to record',
      details: { deliveryId: delivery.id },
    });
  });
});

describe('a call that a lane learns from', () => {
  const call = (result: CallResult) => ({ startedAt: NOW, result, isEnqueued: true });
  const healthy = { ...newLane('we_1', webhookAccountId), isProven: true };

  async function record(one: Bench, lane: Lane, result: CallResult): Promise<{ lane: Lane; isDisabled: boolean }> {
    const state = { lane };
    const isDisabled = await recordCall(one.ports, state, await stored(one), call(result));
    return { ...state, isDisabled };
  }

  it('counts a pause when it begins, and says so', async () => {
    const one = bench();
    const { lane, isDisabled } = await record(one, { ...healthy, strikes: 3 }, answered(503));
    expect([isDisabled, lane.strikes, lane.pauses]).toEqual([false, 4, 1]);
    const fields = { laneId: 'we_1', strikes: 4, until: lane.pausedUntil };
    expect(one.lines.slice(1)).toEqual([{ level: 'warn', message: 'A receiver is paused', fields }]);
    expect(one.world.relay.lines).toContainEqual({ values: { LanePauses: 1 }, properties: { laneId: 'we_1' } });
  });

  it.each<[string, Partial<Lane>, CallResult]>([
    ['it was paused already', { pausedUntil: NOW + 60_000 }, answered(503)],
    ['it fails without being paused for it', {}, answered(500)],
    ['it succeeds', { strikes: 2 }, answered(200)],
  ])('counts no pause where %s', async (_what, parts, result) => {
    const one = bench();
    await record(one, { ...healthy, ...parts }, result);
    expect(one.world.relay.sumOf('LanePauses')).toBe(0);
    expect(one.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('is judged by the attempts of the round with this one: a Retry-After may ask for the next step', async () => {
    const one = bench({}, new WebhookWorld({ scheduleMs: [0, 10_000, 600_000], jitterShare: 0 }));
    const asked = { ...answered(429), retryAfterMs: DAY_MS };
    expect((await record(one, healthy, asked)).lane.pausedUntil).toBe(NOW + 600_000);
  });

  it('learns on top of what other calls have taught it meanwhile', async () => {
    const one = bench();
    const state = { lane: healthy as Lane };
    const recording = recordCall(one.ports, state, await stored(one), call(answered(500)));
    state.lane = { ...healthy, strikes: 2 };
    await recording;
    expect(state.lane.strikes).toBe(3);
  });
});

describe('a call that disables its endpoint', () => {
  async function disabled(one: Bench, parts: Partial<Lane> = {}, result = answered(410)) {
    const endpoint = await one.world.endpoint();
    const delivery = await stored(one, { laneId: endpoint.id });
    const lane = { ...newLane(endpoint.id, webhookAccountId), ...parts };
    const isDisabled = await recordCall(one.ports, { lane }, delivery, { startedAt: NOW, result, isEnqueued: true });
    return { endpoint, isDisabled };
  }

  it('writes why, with an event for its owner, and counts it', async () => {
    const one = bench();
    const { endpoint, isDisabled } = await disabled(one);
    const { id } = endpoint;
    expect(isDisabled).toBe(true);
    expect(await one.world.relay.store.loadEndpoint(webhookAccountId, id)).toMatchObject({
      disabled: { since: NOW, reason: 'gone' },
      version: 2,
    });
    const iso = new Date(NOW).toISOString();
    const data = { endpoint_id: id, url: endpoint.url, reason: 'gone', disabled_at: iso, failing_since: iso };
    const event = { id: `evt_${id}_2`, type: 'endpoint.disabled', accountId: webhookAccountId, at: NOW, data };
    expect(eventsOf(one)).toEqual([event]);
    const doorbell = { kind: 'event', accountId: webhookAccountId, position: NOW, eventId: event.id };
    expect(one.world.relay.doorbells.sent).toEqual([
      { queue: 'deliver', doorbell, delayMs: 0, group: webhookAccountId },
    ]);
    expect(one.world.relay.lines).toContainEqual({
      values: { EndpointsDisabled: 1 },
      properties: { endpointId: id, reason: 'gone' },
    });
    expect(one.lines.at(-1)).toEqual({
      level: 'warn',
      message: 'An endpoint is disabled',
      fields: { endpointId: id, accountId: webhookAccountId, reason: 'gone' },
    });
  });

  it('says since when it was failing', async () => {
    const one = bench();
    const failingSince = NOW - 5 * DAY_MS;
    await disabled(one, { failingSince, strikes: 9 }, answered(500));
    expect(eventsOf(one)[0]?.data).toMatchObject({
      reason: 'failing',
      failing_since: new Date(failingSince).toISOString(),
    });
  });

  it('leaves one alone that is disabled already, or deleted, or no endpoint at all', async () => {
    const lane = newLane('we_1', webhookAccountId);
    for (const [laneId, known, expected] of [
      ['we_1', { disabled: { since: 1, reason: 'owner' } }, true],
      ['we_1', undefined, false],
      ['url_1', undefined, false],
    ] as const) {
      const one = bench();
      if (known) await one.world.endpoint({ id: laneId, ...known });
      const delivery = await stored(one, { laneId, url: HOOK_URL });
      const state = { lane: { ...lane, id: laneId } };
      const recorded = { startedAt: NOW, result: answered(410), isEnqueued: true };
      expect(await recordCall(one.ports, state, delivery, recorded)).toBe(expected);
      expect(one.world.relay.sumOf('EndpointsDisabled')).toBe(0);
      expect(eventsOf(one).filter(({ type }) => type === 'endpoint.disabled')).toEqual([]);
    }
  });

  it('tries again on the newest version when its owner changes it meanwhile', async () => {
    let tries = 0;
    const one: Bench = bench({
      saveEndpoint: async (...asked) => ((tries += 1) === 1 ? false : one.world.relay.store.saveEndpoint(...asked)),
    });
    expect((await disabled(one)).isDisabled).toBe(true);
    expect([tries, eventsOf(one).length, one.world.relay.sumOf('EndpointsDisabled')]).toEqual([2, 1, 1]);
  });

  it('is a fault of the relay where every try is lost', async () => {
    const one = bench({ saveEndpoint: async () => false });
    await expect(disabled(one)).rejects.toMatchObject({
      code: 'store-contended',
      message: 'An endpoint changed during every try to disable it',
      details: { accountId: webhookAccountId, laneId: expect.stringMatching(/^we_/) as string },
    });
    expect(one.world.relay.sumOf('EndpointsDisabled')).toBe(0);
  });
});
