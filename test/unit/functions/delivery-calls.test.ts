// The calls about deliveries: which of them a list shows, and what a replay does and is refused for. Sizes of lists are
// list-sizes.test.ts's, whose deliveries may be reached door-guards.test.ts's.
import { beforeEach, describe, expect, it } from 'vitest';
import { newDelivery } from '../../../core/domain/webhook/delivery.ts';
import { taskDeliveryKey } from '../../../core/domain/webhook/task-delivery.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { ApiDoor, doorAccountId } from '../../support/api-door.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW, sampleTask } from '../../support/sample-task.ts';
import type { Delivery } from '../../../core/domain/webhook/delivery.ts';
import type { MemoryStore } from '../../support/memory/memory-store.ts';
import type { PublicDelivery } from '../../../core/http/public-webhook.ts';

const accountId = doorAccountId('client');
const TASK_ID = '019b0000-0000-7000-8000-000000000001';
const GONE_ID = 'we_019b0000-0000-7000-8000-00000000000f';
const HOOK_URL = 'https://receiver.acme.org/hook';
const OWN_URL = 'https://app.acme.org/own';
const delivered = { status: 'delivered', attemptsOfRound: 1, attemptCount: 1, deliveredAt: NOW } as const;

let door: ApiDoor;
let endpointId: string;

async function open(overridesOf: (store: MemoryStore) => Partial<MemoryStore> = () => ({})): Promise<void> {
  const relay = new MemoryRelay();
  door = await ApiDoor.open({}, relay.withStore(overridesOf(relay.store)));
  const { due: _due, ...task } = sampleTask({ id: TASK_ID, accountId, status: 'failed', ends: 1, endedAt: NOW });
  await door.relay.put({ ...task, result: { code: 5003, error: 'no', outputs: null } });
  const made = await door.call('POST', '/v1/webhook-endpoints', { body: { url: HOOK_URL } });
  endpointId = (made.body as { id: string }).id;
}

beforeEach(() => open());

/** The nth delivery of the task, noted with it, to the endpoint or to an address of its own. */
async function add(number: number, parts: Partial<Delivery> = {}): Promise<Delivery> {
  const { store } = door.relay;
  const event = {
    id: `evt_${number}`,
    type: 'task.failed',
    accountId,
    at: NOW + number,
    taskId: TASK_ID,
    data: {},
  } as const;
  const logged = { event, position: NOW + number };
  const laneId = parts.laneId ?? endpointId;
  const made = newDelivery({ logged, laneId, now: NOW, expiresAt: NOW + 86_400_000 });
  const { nextAttemptAt: _next, ...over } = { ...made, ...parts };
  const delivery = over.status === 'pending' ? { ...made, ...parts } : over;
  await store.addDelivery(delivery);
  await store.noteDeliveries(logged, [delivery]);
  return delivery;
}

interface Page {
  readonly data: readonly PublicDelivery[];
  readonly next_cursor: string | null;
}

const ofTask = `/v1/requests/${TASK_ID}/deliveries`;

async function page(path: string): Promise<Page> {
  const reply = await door.call('GET', path);
  expect(reply.status).toBe(200);
  return reply.body as Page;
}

function idsOf({ data }: Page): readonly string[] {
  return data.map(({ id }) => id);
}

describe('the deliveries of a task', () => {
  it('are listed newest first, each with its receiver', async () => {
    const one = await add(1);
    const other = await add(2, { laneId: 'url_1', url: OWN_URL });
    const gone = await add(3, { laneId: GONE_ID });
    const { data, next_cursor: next } = await page(ofTask);
    expect(data.map(({ id, receiver, endpoint_id: endpoint }) => [id, receiver, endpoint])).toEqual([
      [gone.id, GONE_ID, GONE_ID],
      [other.id, OWN_URL, null],
      [one.id, HOOK_URL, endpointId],
    ]);
    expect(next).toBeNull();
  });

  it('are listed page by page', async () => {
    const ids: string[] = [];
    for (const number of [1, 2, 3]) ids.unshift((await add(number)).id);
    const first = await page(`${ofTask}?limit=2`);
    expect(idsOf(first)).toEqual(ids.slice(0, 2));
    const second = await page(`${ofTask}?limit=2&cursor=${String(first.next_cursor)}`);
    expect(idsOf(second)).toEqual(ids.slice(2));
    expect(second.next_cursor).toBeNull();
    expect((await page(`${ofTask}?limit=3`)).next_cursor).toBeNull();
  });

  it('include the one to the address of its submit, which is noted nowhere else, once', async () => {
    await open();
    const id = '019b0000-0000-7000-8000-000000000002';
    const submitted = sampleTask({ id, accountId, status: 'cancelled', ends: 1, endedAt: NOW, webhookUrl: OWN_URL });
    const { due: _due, ...task } = { ...submitted, result: { code: null, error: null, outputs: null } };
    await door.relay.put(task);
    const key = taskDeliveryKey(task);
    const event = { id: `evt_${id}_1`, type: 'task.cancelled', accountId, at: NOW, taskId: id, data: {} } as const;
    const logged = { event, position: NOW };
    const laneId = key?.laneId ?? '';
    const made = newDelivery({ logged, laneId, url: OWN_URL, now: NOW, expiresAt: NOW + 1_000 });
    await door.relay.store.addDelivery(made);
    const path = `/v1/requests/${id}/deliveries`;
    expect(idsOf(await page(path))).toEqual([key?.id]);
    await door.relay.store.noteDeliveries(logged, [made]);
    expect(idsOf(await page(path))).toEqual([made.id]);
    expect(await door.call('POST', `${path}/${made.id}/replay`)).toMatchObject({ status: 200, body: { replays: 1 } });
  });

  it.each([
    ['nonsense', 'x'],
    ['that of another task', Buffer.from(`${TASK_ID.replace('1', '2')} dlv_${'0'.repeat(32)}`).toString('base64url')],
    ['one with another id', Buffer.from(`${TASK_ID} evt_1`).toString('base64url')],
    ['one with more behind its id', Buffer.from(`${TASK_ID} dlv_${'0'.repeat(33)}`).toString('base64url')],
    ['one without an id', Buffer.from(TASK_ID).toString('base64url')],
  ])('have cursors of their own: %s is refused', async (_what, cursor) => {
    expect(await door.call('GET', `${ofTask}?cursor=${cursor}`)).toMatchObject({
      status: 400,
      body: { details: 'cursor was not returned by this list' },
    });
  });
});

describe('the deliveries of an endpoint', () => {
  const path = (query = '') => `/v1/webhook-endpoints/${endpointId}/deliveries${query}`;

  it('are listed newest first, those of a status or all', async () => {
    const pending = await add(1);
    const over = await add(2, delivered);
    const given = await add(3, { status: 'exhausted', reason: 'too-old' });
    await add(4, { laneId: 'url_1', url: OWN_URL });
    expect(idsOf(await page(path()))).toEqual([given.id, over.id, pending.id]);
    expect(idsOf(await page(path('?status=pending')))).toEqual([pending.id]);
    expect(idsOf(await page(path('?status=delivered')))).toEqual([over.id]);
    const { data } = await page(path('?status=exhausted'));
    expect(data).toMatchObject([{ id: given.id, reason: 'too_old', receiver: HOOK_URL, endpoint_id: endpointId }]);
  });

  it('have the statuses that there are, and cursors of their own', async () => {
    await add(1);
    await add(2);
    const first = await page(path('?limit=1'));
    expect(idsOf(await page(path(`?limit=1&cursor=${encodeURIComponent(String(first.next_cursor))}`)))).toHaveLength(1);
    expect(await door.call('GET', path('?status=gone'))).toMatchObject({
      status: 400,
      body: { details: 'status must be one of pending, delivered, exhausted' },
    });
    expect(await door.call('GET', path('?cursor=x'))).toMatchObject({
      status: 400,
      body: { details: 'cursor was not returned by this list' },
    });
  });

  it('are not shown as none where the table fails', async () => {
    await open(() => ({ listDeliveries: () => Promise.reject(new RelayError('store-contended', 'busy')) }));
    expect((await door.call('GET', path())).status).toBe(500);
  });
});

describe('a replay', () => {
  const replayOf = ({ id }: Delivery, by: 'task' | 'endpoint' = 'endpoint') =>
    door.call('POST', `${by === 'task' ? ofTask : `/v1/webhook-endpoints/${endpointId}/deliveries`}/${id}/replay`);

  it.each(['task', 'endpoint'] as const)('begins one more round at once, by way of its %s', async (by) => {
    const delivery = await add(1, delivered);
    expect(await replayOf(delivery, by)).toMatchObject({
      status: 200,
      body: { id: delivery.id, status: 'pending', replays: 1, receiver: HOOK_URL, delivered_at: null },
    });
    const lane = { kind: 'lane', laneId: endpointId, accountId };
    expect(door.relay.doorbells.sent).toMatchObject([{ queue: 'deliver', doorbell: lane, delayMs: 0 }]);
    expect(await door.relay.store.laneEntries(endpointId, 10)).toMatchObject([{ deliveryId: delivery.id, at: NOW }]);
  });

  it('of a delivery to an address of its own needs no endpoint', async () => {
    const delivery = await add(1, { ...delivered, laneId: 'url_1', url: OWN_URL });
    expect(await replayOf(delivery, 'task')).toMatchObject({ status: 200, body: { receiver: OWN_URL, replays: 1 } });
  });

  it('ends the pause of its receiver, and forgives it what it did before', async () => {
    const delivery = await add(1, delivered);
    const pausedUntil = NOW + 60_000;
    await door.relay.store.changeLane(endpointId, (lane) => ({ ...lane, strikes: 5, pausedUntil }));
    await replayOf(delivery);
    expect(await door.relay.store.loadLane(endpointId)).toMatchObject({ strikes: 0, ramp: 1 });
    expect(await door.relay.store.loadLane(endpointId)).not.toHaveProperty('pausedUntil');
  });

  it('is refused where the relay does not call the endpoint', async () => {
    const delivery = await add(1, delivered);
    const path = `/v1/webhook-endpoints/${endpointId}`;
    await door.call('PATCH', path, { body: { disabled: true } });
    for (const by of ['task', 'endpoint'] as const) {
      expect(await replayOf(delivery, by)).toMatchObject({
        status: 409,
        body: { error: 'The endpoint cannot be called', details: 'the endpoint is disabled; enable it first' },
      });
    }
    await door.call('DELETE', path);
    expect(await replayOf(delivery, 'task')).toMatchObject({
      status: 409,
      body: { error: 'The endpoint cannot be called', details: 'the endpoint was deleted' },
    });
    expect(await door.relay.store.loadDeliveries([delivery])).toEqual([delivery]);
  });

  it('is made on the newest version', async () => {
    let tries = 0;
    await open((store) => ({
      saveDelivery: async (before, after) => {
        tries += 1;
        // The lane's holder records its call first.
        if (tries === 1) await store.saveDelivery(before, { ...before, version: 2, attemptCount: 7 });
        return store.saveDelivery(before, after);
      },
    }));
    expect(await replayOf(await add(1, delivered))).toMatchObject({
      status: 200,
      body: { replays: 1, attempt_count: 7, status: 'pending' },
    });
    expect(tries).toBe(2);
  });

  it('is refused where others keep changing it, and not found where it goes', async () => {
    await open(() => ({ saveDelivery: async () => false }));
    const delivery = await add(1, delivered);
    expect(await replayOf(delivery)).toMatchObject({
      status: 409,
      body: { error: 'Changed by others', details: 'the delivery is being changed by others; try again' },
    });
    expect(door.relay.doorbells.sent).toEqual([]);
    let loads = 0;
    await open(() => ({
      saveDelivery: async () => false,
      loadDeliveries: async () => ((loads += 1) === 1 ? [delivery] : []),
    }));
    expect((await replayOf(delivery)).status).toBe(404);
  });
});
