// What a client is answered about a task whose row cannot be: what is known of it, and that an operator has to end it.
// How such rows are found and closed is test/contract's and the command line's.
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiDoor, doorKey } from '../../support/api-door.ts';
import { NOW } from '../../support/sample-task.ts';

const SUBMIT = '/v1/acme/sketch/text-to-image';
const request = { headers: { 'idempotency-key': 'a key' }, body: { prompt: 'a cat' } };

let door: ApiDoor;
let id: string;
let marker: object;

beforeEach(async () => {
  door = await ApiDoor.open();
  ({ id } = (await door.call('POST', SUBMIT, request)).body as { id: string });
  // Ended, says one field, and still queued, says another.
  door.relay.store.damage(id, { endedAt: NOW });
  const list = (await door.call('GET', '/v1/requests')).body as { data: readonly object[] };
  marker = list.data[0] ?? {};
});

describe('a task whose row is damaged', () => {
  it('is shown as lists show it, to its owner and to operators alone', async () => {
    expect(marker).toMatchObject({ id, status: 'damaged', error: expect.stringContaining('is damaged') });
    for (const key of [doorKey('client'), doorKey('operator')]) {
      expect(await door.call('GET', `/v1/requests/${id}`, { key })).toMatchObject({ status: 200, body: marker });
    }
    const foreign = await door.call('GET', `/v1/requests/${id}`, { key: doorKey('other') });
    expect(foreign).toMatchObject({ status: 404, body: { code: 404, error: 'Not found' } });
  });

  it('is answered the same way to a repeat of its submit, waiting or not', async () => {
    for (const query of ['', '?sync=true']) {
      const reply = await door.call('POST', `${SUBMIT}${query}`, request);
      expect(reply).toMatchObject({ status: 200, body: { id, status: 'damaged' } });
    }
  });

  it.each([
    ['DELETE', ''],
    ['POST', '/retry'],
  ])('is not changed by %s %s, which is answered with the reason', async (method, path) => {
    const before = await door.relay.store.loadDamaged(id);
    expect(await door.call(method, `/v1/requests/${id}${path}`)).toMatchObject({
      status: 409,
      body: {
        code: 409,
        error: "The relay's record of the task is damaged",
        details: expect.stringContaining('an operator has to end it'),
      },
    });
    expect(await door.call(method, `/v1/requests/${id}${path}`, { key: doorKey('other') })).toMatchObject({
      status: 404,
    });
    expect(await door.relay.store.loadDamaged(id)).toEqual(before);
  });

  it('has its webhooks shown like any other', async () => {
    expect(await door.call('GET', `/v1/requests/${id}/deliveries`)).toMatchObject({ status: 200, body: { data: [] } });
    const foreign = await door.call('GET', `/v1/requests/${id}/deliveries`, { key: doorKey('other') });
    expect(foreign.status).toBe(404);
  });
});
