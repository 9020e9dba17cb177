// What owners and operators are told of deliveries that wait: why and until when, how an endpoint does, and which of its
// deliveries a filter finds. The lane worker's own behaviour is lane-worker.test.ts's.
import { beforeEach, describe, expect, it } from 'vitest';
import { newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { laneAfterCall, newLane } from '../../../core/domain/webhook/lane.ts';
import { whyUndelivered } from '../../../core/domain/webhook/why-undelivered.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { HOUR_MS, MINUTE_MS } from '../../../core/domain/time-ms.ts';
import { ApiDoor, doorAccountId } from '../../support/api-door.ts';
import { NOW } from '../../support/sample-task.ts';
import type { Delivery } from '../../../core/domain/webhook/delivery.ts';
import type { Lane } from '../../../core/domain/webhook/lane.ts';
import type { PublicDelivery, PublicEndpoint } from '../../../core/http/public-webhook.ts';
import type { PublicJob } from '../../../core/http/public-job.ts';

const accountId = doorAccountId('client');

let door: ApiDoor;
let endpointId: string;

beforeEach(async () => {
  door = await ApiDoor.open();
  const made = await door.call('POST', '/v1/webhook-endpoints', { body: { url: 'https://receiver.acme.org/hook' } });
  endpointId = (made.body as { id: string }).id;
});

function deliveryOf(number: number, parts: Partial<Delivery> = {}): Delivery {
  const event = {
    id: `evt_${number}`,
    type: 'task.failed',
    accountId,
    at: NOW + number,
    taskId: 't',
    data: {},
  } as const;
  const logged = { event, position: event.at };
  const made = newDelivery({ logged, laneId: endpointId, now: NOW + number, expiresAt: NOW + 48 * HOUR_MS });
  if (parts.status === undefined || parts.status === 'pending') return { ...made, ...parts };
  const { nextAttemptAt: _none, ...over } = made;
  return { ...over, ...parts };
}

function attempt(status: number | undefined, cause: Delivery['attempts'][number]['cause']) {
  return {
    number: 1,
    replay: 0,
    startedAt: NOW,
    durationMs: 5,
    ...(status !== undefined && { status }),
    ...(cause && { cause }),
  };
}

async function add(number: number, parts: Partial<Delivery> = {}): Promise<Delivery> {
  const delivery = deliveryOf(number, parts);
  await door.relay.store.addDelivery(delivery);
  await door.relay.store.enqueue(delivery);
  return delivery;
}

/** Leaves the endpoint's lane as its holder would after these calls. */
async function leaveLane(lane: Lane): Promise<void> {
  const { store } = door.relay;
  const claimed = await store.claimLane({ laneId: lane.id, accountId, holderId: 'one', leaseMs: 1_000 });
  if (claimed.kind !== 'claimed-by-us') throw new Error(claimed.kind);
  const { lane: before, wanted } = claimed;
  expect(await store.releaseLane({ before, lane, wanted, holderId: 'one' })).toEqual({ kind: 'released' });
}

function failedLane(): Lane {
  const result = { kind: 'answered', status: 503, answer: 'busy', durationMs: 3 } as const;
  const context = { now: NOW, random: () => 0, settings: defaultSettings.deliveries };
  return laneAfterCall(newLane(endpointId, accountId), { result, attemptsOfRound: 1 }, context);
}

async function listed(query = ''): Promise<readonly PublicDelivery[]> {
  const { status, body } = await door.call('GET', `/v1/webhook-endpoints/${endpointId}/deliveries${query}`);
  expect(status).toBe(200);
  return (body as { data: readonly PublicDelivery[] }).data;
}

describe('a delivery behind a paused endpoint', () => {
  it('says so, and when it goes on', async () => {
    const lane = failedLane();
    await leaveLane(lane);
    await add(1);
    const until = new Date(lane.pausedUntil ?? 0).toISOString();
    const [shown] = await listed();
    const seconds = Math.ceil(((lane.pausedUntil ?? 0) - NOW) / 1_000);
    expect(shown?.waits).toEqual({
      until,
      reason: `its receiver is paused until ${until}, because its last call failed since ${new Date(NOW).toISOString()}; it goes on in ${seconds} s`,
    });
  });

  it('waits for its owner where the endpoint is disabled', async () => {
    await add(1);
    await door.call('PATCH', `/v1/webhook-endpoints/${endpointId}`, { body: { disabled: true } });
    const [shown] = await listed();
    expect(shown?.waits).toEqual({
      until: null,
      reason: `its endpoint is disabled since ${new Date(NOW).toISOString()}; nothing is called until it is enabled`,
    });
  });

  it.each([
    ['whose turn comes as soon as it can', deliveryOf(1), undefined],
    ['that is over', deliveryOf(1, { status: 'delivered' }), undefined],
    [
      'that failed',
      deliveryOf(1, { nextAttemptAt: NOW + 30_000, attemptCount: 2, attempts: [attempt(500, 'status')] }),
      { until: NOW + 30_000, reason: 'call 2 ended with 500; the next call begins in 30 s' },
    ],
  ])('is told apart from one %s', (_which, delivery, wait) => {
    expect(whyUndelivered(delivery, { endpoint: {}, lane: newLane('we_1', accountId) }, NOW + 1)).toEqual(
      wait && { ...wait, reason: wait.reason },
    );
  });
});

describe('an endpoint', () => {
  it('shows its last answer, how long something waits, and how much', async () => {
    const shown = async () => (await door.call('GET', `/v1/webhook-endpoints/${endpointId}`)).body as PublicEndpoint;
    expect(await shown()).toMatchObject({ last_answer: null, oldest_undelivered_at: null, pending: 0 });
    await leaveLane({ ...failedLane(), undeliveredSince: NOW - MINUTE_MS });
    for (const number of [1, 2, 3]) await add(number);
    expect(await shown()).toMatchObject({
      last_answer: { at: new Date(NOW).toISOString(), http_status: 503, cause: 'status' },
      oldest_undelivered_at: new Date(NOW - MINUTE_MS).toISOString(),
      pending: 3,
      pending_at_least: false,
    });
  });
});

describe('the deliveries of an endpoint', () => {
  it('are found by when they were made and what any of their calls met', async () => {
    const [refused, slow, fine] = [
      await add(1, { attempts: [attempt(503, 'status'), attempt(200, undefined)] }),
      await add(2, { attempts: [attempt(undefined, 'timeout')] }),
      await add(MINUTE_MS, { attempts: [attempt(200, undefined)] }),
    ];
    const found = async (query: string) => (await listed(query)).map(({ id }) => id);
    expect(await found('?code=503')).toEqual([refused.id]);
    expect(await found('?code=timeout')).toEqual([slow.id]);
    expect(await found('?code=200')).toEqual([fine.id, refused.id]);
    const border = new Date(NOW + 2).toISOString();
    expect(await found(`?from=${border}`)).toEqual([fine.id, slow.id]);
    expect(await found(`?to=${border}`)).toEqual([refused.id]);
    const path = `/v1/webhook-endpoints/${endpointId}/deliveries`;
    for (const query of ['code=700', 'code=tired', 'from=soon', `from=${border}&to=${border}`]) {
      expect((await door.call('GET', `${path}?${query}`)).status).toBe(400);
    }
  });

  it('are all sent again by one job, once the endpoint is well', async () => {
    const exhausted = { status: 'exhausted', reason: 'attempts' } as const;
    const early = await add(1, exhausted);
    const given = [await add(MINUTE_MS, exhausted), await add(MINUTE_MS + 1, exhausted)];
    const other = await add(MINUTE_MS + 2, { status: 'delivered' });
    await leaveLane(failedLane());
    await door.relay.clock.advance(HOUR_MS);
    const filter = { endpoint: endpointId, from: new Date(NOW + 1_000).toISOString() };
    const estimate = await door.call('POST', '/v1/jobs', { body: { action: 'replay', filter, dry_run: true } });
    expect(estimate.body).toMatchObject({ tasks: 2, effect: '2 deliveries would be sent again.' });
    const { id } = (await door.call('POST', '/v1/jobs', { body: { action: 'replay', filter } })).body as PublicJob;
    await door.relay.clock.advance(1_000);
    await door.stepJobs();
    expect((await door.call('GET', `/v1/jobs/${id}`)).body).toMatchObject({ status: 'done', done: 2, seen: 2 });
    const statuses = new Map((await listed()).map((one) => [one.id, one.status]));
    expect(given.map((one) => statuses.get(one.id))).toEqual(['pending', 'pending']);
    expect([statuses.get(early.id), statuses.get(other.id)]).toEqual(['exhausted', 'delivered']);
    // The receiver is expected to be well: its pause is over.
    expect((await door.relay.store.loadLane(endpointId))?.pausedUntil).toBeUndefined();
    expect(door.relay.doorbells.waiting('deliver')).toHaveLength(1);
  });
});
