// What the calls about endpoints, secrets and the gate do when another writer is faster or the table fails, and what an
// endpoint's address is judged by. What they keep and answer otherwise is endpoint-calls.test.ts's.
import { beforeEach, describe, expect, it } from 'vitest';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import { NOW } from '../../support/sample-task.ts';
import type { DoorReply } from '../../support/api-door.ts';
import type { MemoryStore } from '../../support/memory/memory-store.ts';

const LIST = '/v1/webhook-endpoints';
const HOOK_URL = 'https://receiver.acme.org/hook';
const accountId = doorAccountId('client');

let door: ApiDoor;

async function open(overridesOf: (store: MemoryStore) => Partial<MemoryStore> = () => ({})): Promise<void> {
  const relay = new MemoryRelay();
  door = await ApiDoor.open({}, relay.withStore(overridesOf(relay.store)));
}

beforeEach(() => open());

async function create(): Promise<string> {
  const { body } = await door.call('POST', LIST, { body: { url: HOOK_URL } });
  return (body as { readonly id: string }).id;
}

function patch(id: string, body: object): Promise<DoorReply> {
  return door.call('PATCH', `${LIST}/${id}`, { body });
}

function isBusy(what: string): object {
  return { status: 409, body: { error: 'Changed by others', details: `the ${what} by others; try again` } };
}

describe('a change of an endpoint that another writer is faster than', () => {
  it('is made on the newest version', async () => {
    let tries = 0;
    await open((store) => ({
      saveEndpoint: async (endpoint, event) => {
        tries += 1;
        const before = await store.loadEndpoint(accountId, endpoint.id);
        if (tries === 1 && before) await store.saveEndpoint({ ...before, description: 'theirs', version: 2 });
        return store.saveEndpoint(endpoint, event);
      },
    }));
    const id = await create();
    await door.relay.clock.advance(1_000);
    expect(await patch(id, { rate_limit: 5 })).toMatchObject({
      status: 200,
      body: { description: 'theirs', rate_limit: 5, updated_at: new Date(NOW + 1_000).toISOString() },
    });
    expect(await door.relay.store.loadEndpoint(accountId, id)).toMatchObject({ version: 3, updatedAt: NOW + 1_000 });
  });

  it('is refused where others are faster every time, and so is a rotation', async () => {
    await open(() => ({ saveEndpoint: async () => false }));
    const id = await create();
    const busy = isBusy('endpoint is being changed');
    expect(await patch(id, { rate_limit: 5 })).toMatchObject(busy);
    expect(await door.call('POST', `${LIST}/${id}/rotate-secret`)).toMatchObject(busy);
    const since = new Date(NOW).toISOString();
    expect(await door.call('POST', `${LIST}/${id}/recover`, { body: { since } })).toMatchObject(busy);
  });

  it('is not found where they have deleted it', async () => {
    await open((store) => ({
      saveEndpoint: async ({ id }) => {
        await store.deleteEndpoint(accountId, id);
        return false;
      },
      deleteEndpoint: async (...asked) => (await store.deleteEndpoint(...asked)) && false,
    }));
    expect((await patch(await create(), { rate_limit: 5 })).status).toBe(404);
    expect((await door.call('DELETE', `${LIST}/${await create()}`)).status).toBe(404);
    expect(door.relay.doorbells.sent).toEqual([]);
  });
});

describe('an address whose name leads to where the relay does not call', () => {
  it('is refused with the reason, for a new endpoint and for a change, and nothing is kept', async () => {
    const id = await create();
    const judged: string[] = [];
    Object.assign(door.receivers, {
      judge: async (url: string) => {
        judged.push(url);
        return 'leads nowhere';
      },
    });
    const refused = { status: 400, body: { error: 'Invalid parameters', details: 'the url leads nowhere' } };
    expect(await door.call('POST', LIST, { body: { url: `${HOOK_URL}/2` } })).toMatchObject(refused);
    expect(await patch(id, { url: `${HOOK_URL}/3` })).toMatchObject(refused);
    expect((await patch(id, { description: 'x' })).status).toBe(200);
    expect(judged).toEqual([`${HOOK_URL}/2`, `${HOOK_URL}/3`]);
    expect(await door.relay.store.listEndpoints(accountId)).toMatchObject([{ url: HOOK_URL }]);
  });
});

describe('the secret of an account', () => {
  const rotate = (body: object = {}) => door.call('POST', '/v1/webhook-secret/rotate', { body });

  it('is shown by the first rotation, and signs beside the next one for as long as that asks', async () => {
    const first = await rotate();
    const day = new Date(NOW + 86_400_000).toISOString();
    expect(first).toMatchObject({ status: 200, body: { public_key: null, previous_valid_until: day } });
    const { secret } = first.body as { readonly secret: string };
    const second = await rotate({ overlap_seconds: 60 });
    const until = new Date(NOW + 60_000).toISOString();
    expect(second.body).toMatchObject({ previous_valid_until: until });
    const newest = (second.body as { readonly secret: string }).secret;
    const signing = await door.relay.store.loadSigning(accountId);
    expect(signing).toMatchObject({ accountId, version: 2 });
    expect(signing?.secrets.map((one) => [one.secret, one.retiresAt])).toEqual([
      [newest, undefined],
      [secret, NOW + 60_000],
    ]);
  });

  it('is rotated on its newest version, or refused where others are faster every time', async () => {
    let tries = 0;
    await open((store) => ({
      saveSigning: async (signing) => ((tries += 1) === 1 ? false : store.saveSigning(signing)),
    }));
    expect((await rotate()).status).toBe(200);
    await open(() => ({ saveSigning: async () => false }));
    expect(await rotate()).toMatchObject(isBusy('secret is being rotated'));
  });
});

describe('the gate that an operator steers', () => {
  const key = doorKey('operator');

  it('is shown as it is then', async () => {
    const paused = await door.call('POST', '/v1/gate/pause', { key });
    const operatorPause = { since: new Date(NOW).toISOString(), by: doorAccountId('operator') };
    expect(paused).toMatchObject({ status: 200, body: { id: 'default', operator_pause: operatorPause } });
    expect((await door.call('GET', '/v1/gate', { key })).body).toEqual(paused.body);
    expect(await door.call('POST', '/v1/gate/resume', { key })).toMatchObject({
      status: 200,
      body: { operator_pause: null },
    });
  });

  it('is refused with 409 while it changes too fast, and is a fault of the relay for any other reason', async () => {
    await open(() => ({ commit: async () => ({ kind: 'lost' }) as never }));
    const pausing = door.call('POST', '/v1/gate/pause', { key });
    await door.relay.clock.advance(60_000);
    expect(await pausing).toMatchObject({
      status: 409,
      body: { error: 'Changed by others', details: 'The gate is changing too fast to be steered; try again' },
    });
    await open(() => ({ commit: () => Promise.reject(new RelayError('store-unavailable', 'away')) }));
    expect((await door.call('POST', '/v1/gate/pause', { key })).status).toBe(500);
  });
});
