// What the calls about webhook endpoints keep, change and answer, through the door; who may make them is
// door-guards.test.ts's, and each field of their bodies read-endpoint.test.ts's.
import { beforeEach, describe, expect, it } from 'vitest';
import { readEventCursor, writeEventCursor } from '../../../core/http/event-cursor.ts';
import { ApiDoor, doorAccountId } from '../../support/api-door.ts';
import { NOW } from '../../support/sample-task.ts';
import type { PublicEndpoint } from '../../../core/http/public-webhook.ts';
import type { DoorReply } from '../../support/api-door.ts';

const LIST = '/v1/webhook-endpoints';
const HOOK_URL = 'https://receiver.acme.org/hook';
const full = {
  url: HOOK_URL,
  description: 'for the shop',
  events: ['task.completed'],
  rate_limit: 5,
  headers: { 'x-key': 'a' },
};

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

type Shown = PublicEndpoint & { readonly secret: string };

async function create(body: object = { url: HOOK_URL }): Promise<Shown> {
  const reply = await door.call('POST', LIST, { body });
  expect(reply.status).toBe(201);
  return reply.body as Shown;
}

function patch(id: string, body: object): Promise<DoorReply> {
  return door.call('PATCH', `${LIST}/${id}`, { body });
}

function doorbellsOf(id: string) {
  return door.relay.doorbells.sent.filter((sent) => JSON.stringify(sent).includes(id));
}

describe('a new endpoint', () => {
  it('has what it was given, a secret that is shown once, and defaults for the rest', async () => {
    const { secret, ...shown } = await create(full);
    expect(secret).toMatch(/^whsec_/);
    const given = { shape: 'event', signatures: ['v1'], public_key: null, disabled: false };
    expect(shown).toMatchObject({ ...full, ...given });
    expect((await door.call('GET', `${LIST}/${shown.id}`)).body).toEqual(shown);
    expect((await door.call('GET', LIST)).body).toEqual({ data: [shown], next_cursor: null });
  });

  it('needs a url that may be called', async () => {
    const missing = await door.call('POST', LIST, { body: {} });
    expect(missing).toMatchObject({ status: 400, body: { details: 'url is missing' } });
  });

  it('is refused beyond the number that an account may have, with the number', async () => {
    const { shares } = door.relay.settings;
    door = await ApiDoor.open({ shares: { ...shares, endpointsMax: 1 } });
    await create();
    expect(await door.call('POST', LIST, { body: { url: HOOK_URL } })).toMatchObject({
      status: 409,
      body: { error: 'Too many', details: 'an account has 1 webhook endpoints at most' },
    });
  });

  it('signs in both schemes, or is disabled, on request', async () => {
    const made = await create({ url: HOOK_URL, signatures: ['v1', 'v1a'], disabled: true });
    expect(made).toMatchObject({ signatures: ['v1', 'v1a'], disabled: true, disabled_reason: 'owner' });
    expect(made.public_key).toMatch(/^whpk_/);
    expect(made.disabled_at).toBe(new Date(NOW).toISOString());
  });
});

describe('a change of an endpoint', () => {
  it('leaves fields that it does not name', async () => {
    const { secret: _secret, ...made } = await create(full);
    const { body } = await patch(made.id, { description: 'for the other shop' });
    expect(body).toEqual({ ...made, description: 'for the other shop' });
  });

  it('removes fields that are null', async () => {
    const made = await create(full);
    const { body } = await patch(made.id, { description: null, events: null, rate_limit: null, headers: null });
    expect(body).toMatchObject({ description: null, events: null, rate_limit: null, headers: {}, url: HOOK_URL });
  });

  it('adds and removes the asymmetric scheme, and keeps a secret where nothing changes', async () => {
    const { id } = await create();
    const [both, again, one] = [['v1', 'v1a'], ['v1a', 'v1'], ['v1']].map((signatures) => ({ signatures }));
    const added = (await patch(id, both ?? {})).body as PublicEndpoint;
    expect(added.signatures).toEqual(['v1', 'v1a']);
    expect((await patch(id, again ?? {})).body).toMatchObject({ public_key: added.public_key });
    expect((await patch(id, one ?? {})).body).toMatchObject({ signatures: ['v1'], public_key: null });
  });

  it('keeps when and why it was disabled, until it is enabled', async () => {
    const { id } = await create({ url: HOOK_URL, disabled: true });
    await door.relay.clock.advance(60_000);
    expect((await patch(id, { disabled: true })).body).toMatchObject({ disabled_at: new Date(NOW).toISOString() });
    expect((await patch(id, { disabled: false })).body).toMatchObject({ disabled: false, disabled_at: null });
  });

  it.each<[string, object, object, number]>([
    ['forgives and sends a doorbell where the address is another', {}, { url: `${HOOK_URL}/2` }, 1],
    ['forgives and sends a doorbell where it is enabled', { disabled: true }, { disabled: false }, 1],
    ['leaves alone where the address is the same', {}, { url: HOOK_URL }, 0],
    ['leaves alone where it stays disabled', { disabled: true }, { description: 'x' }, 0],
    ['leaves its lane alone where it was and is enabled', {}, { disabled: false }, 0],
  ])('treats the lane of a changed endpoint: %s', async (_what, before, change, doorbells) => {
    const { id } = await create({ url: HOOK_URL, ...before });
    await door.accounts.claimLane({ laneId: id, accountId: doorAccountId('client'), holderId: 'gone', leaseMs: 0 });
    await door.accounts.changeLane(id, (lane) => ({ ...lane, failingSince: NOW - 1, pausedUntil: NOW + 60_000 }));
    const { body } = await patch(id, change);
    expect(doorbellsOf(id)).toHaveLength(doorbells);
    expect((body as PublicEndpoint).paused_until === null).toBe(doorbells === 1);
  });

  it('is answered with 404 for an endpoint that is not there', async () => {
    expect((await patch('we_unknown', { description: 'x' })).status).toBe(404);
    expect((await door.call('DELETE', `${LIST}/we_unknown`)).status).toBe(404);
  });
});

describe('an endpoint that is deleted', () => {
  it('is shown once more, then gone, and its lane gets a doorbell', async () => {
    const { secret: _secret, ...made } = await create();
    expect(await door.call('DELETE', `${LIST}/${made.id}`)).toMatchObject({ status: 200, body: made });
    expect((await door.call('GET', `${LIST}/${made.id}`)).status).toBe(404);
    expect(doorbellsOf(made.id)).toHaveLength(1);
  });
});

describe('a rotation', () => {
  const rotate = (id: string, body: object = {}) => door.call('POST', `${LIST}/${id}/rotate-secret`, { body });

  it('returns a new secret, and until when the old one signs', async () => {
    const { id, secret } = await create();
    const reply = await rotate(id, { overlap_seconds: 60 });
    const until = new Date(NOW + 60_000).toISOString();
    expect(reply).toMatchObject({ status: 200, body: { public_key: null, previous_valid_until: until } });
    expect((reply.body as Shown).secret).toMatch(/^whsec_/);
    expect((reply.body as Shown).secret).not.toBe(secret);
    const { secrets } = (await door.call('GET', `${LIST}/${id}`)).body as PublicEndpoint;
    expect(secrets.map(({ retires_at: retires }) => retires)).toEqual([null, until]);
  });

  it('renews both schemes of an endpoint that has them', async () => {
    const made = await create({ url: HOOK_URL, signatures: ['v1', 'v1a'] });
    const { body } = await rotate(made.id, { overlap_seconds: 0 });
    const { secret, public_key: key } = body as Shown;
    expect([secret === made.secret, key === made.public_key]).toEqual([false, false]);
    expect(key).toMatch(/^whpk_/);
    const { secrets } = (await door.call('GET', `${LIST}/${made.id}`)).body as PublicEndpoint;
    expect(secrets).toHaveLength(2);
  });

  it('is refused while too many secrets overlap, unless it asks for no overlap', async () => {
    const { id } = await create();
    const statuses: number[] = [];
    for (let count = 0; count < 8; count += 1) statuses.push((await rotate(id)).status);
    expect(statuses).toContain(409);
    expect(await rotate(id)).toMatchObject({
      body: { error: 'Too many', details: 'too many secrets still overlap; wait, or rotate with overlap_seconds 0' },
    });
    expect((await rotate(id, { overlap_seconds: 0 })).status).toBe(200);
  });
});

describe('a cursor of events', () => {
  it('is returned as it was written', () => {
    for (const place of [
      { position: 0, id: '' },
      { position: NOW, id: 'ev_1-x' },
    ]) {
      expect(readEventCursor(writeEventCursor(place))).toEqual(place);
    }
  });

  it('is the beginning where it is missing, and a moment where it is one', () => {
    expect([readEventCursor(undefined), readEventCursor('')]).toEqual(Array(2).fill({ position: 0, id: '' }));
    expect(readEventCursor(new Date(NOW).toISOString())).toEqual({ position: NOW, id: '' });
  });

  it.each([
    'no base64 of ours',
    ...[
      {},
      ['e2', 1, ''],
      ['e1', -1, ''],
      ['e1', 0.5, ''],
      ['e1', '1', ''],
      ['e1', 1, 7],
      ['e1', 1, 'a b'],
      ['e1', 1],
    ].map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url')),
  ])('is refused where it is %s', (cursor) => {
    expect(() => readEventCursor(cursor)).toThrow(expect.objectContaining({ status: 400 }) as Error);
  });
});
