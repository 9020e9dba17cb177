// How the calls of the API answer beyond their contents: HEAD, doubled slashes, spellings of ids, repeats.
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { sampleTask } from '../../support/sample-task.ts';
import type { PublicTask } from '../../../core/http/public-task.ts';
import type { DoorReply, DoorRequest } from '../../support/api-door.ts';

const SUBMIT = '/v1/acme/sketch/text-to-image';
const own = sampleTask({ accountId: doorAccountId('client') });

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

describe('HEAD', () => {
  it.each([
    '/health',
    '/v1/requests',
    `/v1/requests/${own.id}`,
    '/v1/events',
    '/v1/webhook-endpoints',
    '/v1/gate',
    '/v1/monitoring/alarms',
  ])('%s is answered as GET is', async (path) => {
    await door.relay.put(own);
    const key = doorKey('operator');
    const [head, get] = [await door.call('HEAD', path, { key }), await door.call('GET', path, { key })];
    expect([head.status, head.headers['content-type'], head.text]).toEqual([
      200,
      get.headers['content-type'],
      get.text,
    ]);
  });

  it('is refused as GET is, and does not bypass the key', async () => {
    expect(await door.call('HEAD', '/v1/requests', { key: null })).toMatchObject({ status: 401 });
    expect(await door.call('HEAD', '/v1/gate')).toMatchObject({ status: 403 });
    expect((await door.call('HEAD', '/v1/requests/unknown')).status).toBe(404);
  });

  it('is among the methods that a path allows, where GET is', async () => {
    expect(await door.call('PUT', `/v1/requests/${own.id}`)).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, DELETE' },
    });
    expect(await door.call('PUT', '/v1/gate/pause')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  });
});

describe('a path with a slash too many', () => {
  it('is answered as it is meant', async () => {
    await door.relay.put(own);
    expect(await door.call('GET', `//v1/requests/${own.id}`)).toMatchObject({ status: 200, body: { id: own.id } });
    expect(await door.call('GET', '/v1//requests')).toMatchObject({ status: 200, body: { data: [{ id: own.id }] } });
    expect(await door.call('POST', `/${SUBMIT}?priority=5`, { body: { prompt: 'a cat' } })).toMatchObject({
      status: 200,
    });
  });

  it('is explained where another function would have to answer', async () => {
    const reply = await door.call('GET', '//v1/monitoring/alarms', { key: doorKey('operator') });
    expect(reply).toMatchObject({
      status: 404,
      body: { error: 'Not found', details: expect.stringContaining('/v1/monitoring/alarms') },
    });
  });

  it('needs a key like any other, and is one of the methods it allows', async () => {
    expect((await door.call('GET', `//v1/requests/${own.id}`, { key: null })).status).toBe(401);
    expect((await door.call('PUT', '//v1/requests')).status).toBe(405);
    expect((await door.call('GET', '//v1/nothing/here')).status).toBe(404);
  });
});

describe('an id in upper case', () => {
  it('is found as in lower case', async () => {
    await door.relay.put(own);
    const { body } = await door.call('GET', `/v1/requests/${own.id.toUpperCase()}`);
    expect(body).toMatchObject({ id: own.id });
    const made = await door.call('POST', '/v1/webhook-endpoints', { body: { url: 'https://app.example.com/hook' } });
    const { id } = made.body as { id: string };
    expect(await door.call('GET', `/v1/webhook-endpoints/${id.toUpperCase()}`)).toMatchObject({
      status: 200,
      body: { id },
    });
    expect((await door.call('DELETE', `/v1/webhook-endpoints/${id.toUpperCase()}`)).status).toBe(200);
    expect((await door.call('GET', `/v1/webhook-endpoints/${id}`)).status).toBe(404);
  });
});

describe('a second DELETE', () => {
  const cancel = (id: string): Promise<DoorReply> => door.call('DELETE', `/v1/requests/${id}`);

  it('of a cancelled task is answered with the task, which stays as it is', async () => {
    await door.relay.put(own);
    const first = await cancel(own.id);
    expect(first).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    await door.relay.clock.advance(5_000);
    expect(await cancel(own.id)).toMatchObject({ status: 200, body: first.body as object });
    expect(door.relay.sumOf('TasksEnded')).toBe(1);
  });

  it('of a task that ended otherwise is refused', async () => {
    const failed = sampleTask({
      ...own,
      status: 'failed',
      ends: 1,
      endedAt: own.createdAt,
      result: { code: 1200, error: 'no', outputs: null },
    });
    const { due: _due, ...ended } = failed;
    await door.relay.put(ended);
    expect(await cancel(own.id)).toMatchObject({ status: 409, body: { error: 'The task has already ended' } });
  });
});

describe('a repeated submit with the same Idempotency-Key', () => {
  const submit = (request: DoorRequest = {}, query = ''): Promise<DoorReply> =>
    door.call('POST', `${SUBMIT}${query}`, {
      body: '{"prompt":"a cat","seed":7}',
      headers: { 'idempotency-key': 'order-1' },
      ...request,
    });

  it('is answered with the current task', async () => {
    const first = await submit();
    const { id } = first.body as { id: string };
    expect(first.body).toEqual({ id, status: 'created', estimated_duration: expect.any(Number) });
    expect(await submit()).toMatchObject({
      status: 200,
      headers: { 'idempotent-replayed': 'true' },
      body: { id, status: 'created', attempts: [] },
    });
    await door.call('DELETE', `/v1/requests/${id}`);
    const again = await submit();
    expect(again.body).toMatchObject({ id, status: 'cancelled', estimated_duration: 0 });
    expect((again.body as PublicTask).completed_at).not.toBeNull();
  });

  it('is the same request when only white space or the order of fields differ', async () => {
    const { id } = (await submit()).body as { id: string };
    expect(await submit({ body: '{\n  "seed": 7,\n  "prompt": "a cat"\n}' })).toMatchObject({
      status: 200,
      body: { id },
    });
  });

  it.each([
    ['body', { body: '{"prompt":"a cat","seed":8}' }, ''],
    ['webhook', {}, '?webhook=https%3A%2F%2Fapp.example.com%2Fhook'],
    ['wish to keep its outputs', {}, '?keep=true'],
  ])('and another %s is refused with 409', async (_what, request, query) => {
    await submit();
    expect(await submit(request, query)).toMatchObject({
      status: 409,
      body: { code: 409, error: 'Idempotency-Key was used with another request' },
    });
    expect(door.relay.store.allTasks()).toHaveLength(1);
  });

  it('may ask to wait, or for another priority: neither makes it another request', async () => {
    const { id } = (await submit()).body as { id: string };
    await door.call('DELETE', `/v1/requests/${id}`);
    const [reply] = await Promise.all([submit({}, '?sync=true&priority=5'), door.relay.clock.advance(60_000)]);
    expect(reply).toMatchObject({ status: 200, body: { id, status: 'cancelled' } });
  });
});

describe('an endpoint’s headers', () => {
  it('are removed by null', async () => {
    const made = await door.call('POST', '/v1/webhook-endpoints', {
      body: { url: 'https://app.example.com/hook', headers: { 'x-team': 'seven' } },
    });
    const { id, headers } = made.body as { id: string; headers: object };
    expect(headers).toEqual({ 'x-team': 'seven' });
    const path = `/v1/webhook-endpoints/${id}`;
    expect(await door.call('PATCH', path, { body: { headers: null } })).toMatchObject({
      status: 200,
      body: { headers: {} },
    });
  });
});

describe('the price of a task that is put back', () => {
  it.each(['client', 'operator'] as const)(
    'is charged to its owner’s balance when the %s requests it',
    async (asker) => {
      door.relay.priceTable = { unknown: 1, models: {} };
      for (const name of ['client', 'operator'] as const) {
        await door.accounts.updateAccount(doorAccountId(name), { balanceMicros: 10 });
      }
      const { due: _due, ...failed } = sampleTask({
        ...own,
        status: 'failed',
        ends: 1,
        endedAt: own.createdAt,
        result: { code: 5003, error: 'Service Unavailable', outputs: null },
      });
      await door.relay.put(failed);
      expect((await door.call('POST', `/v1/requests/${own.id}/retry`, { key: doorKey(asker) })).status).toBe(200);
      expect(await door.accounts.loadAccount(doorAccountId('client'))).toMatchObject({ balanceMicros: 9 });
      expect(await door.accounts.loadAccount(doorAccountId('operator'))).toMatchObject({ balanceMicros: 10 });
    },
  );

  it('is not charged where its owner has no balance, even if the operator who requests it has one', async () => {
    door.relay.priceTable = { unknown: 1, models: {} };
    await door.accounts.updateAccount(doorAccountId('operator'), { balanceMicros: 0 });
    const { due: _due, ...failed } = sampleTask({
      ...own,
      status: 'failed',
      ends: 1,
      endedAt: own.createdAt,
      result: { code: 5003, error: 'Service Unavailable', outputs: null },
    });
    await door.relay.put(failed);
    expect((await door.call('POST', `/v1/requests/${own.id}/retry`, { key: doorKey('operator') })).status).toBe(200);
    expect(await door.accounts.loadAccount(doorAccountId('operator'))).toMatchObject({ balanceMicros: 0 });
  });
});
