// Keys through the API: what a key may give and take, which calls its scopes open, and when it stops being good.
import { beforeEach, describe, expect, it } from 'vitest';
import { routeScopes } from '../../../core/contract/route-scopes.ts';
import { routes } from '../../../core/contract/routes.ts';
import { keyHintOf, newKeyText, scopes } from '../../../core/domain/api-key.ts';
import { limits } from '../../../core/domain/limits.ts';
import { sha256Hex } from '../../../core/domain/sha256-hex.ts';
import { DAY_MS, HOUR_MS } from '../../../core/domain/time-ms.ts';
import { newKeySchema } from '../../../core/http/schemas/key-schemas.ts';
import { readKeyFields } from '../../../functions/api/key-calls.ts';
import { ApiDoor, doorAccountId, doorKey } from '../../support/api-door.ts';
import { NOW } from '../../support/sample-task.ts';
import type { CheckedRoute } from '../../../core/contract/query-parameters.ts';
import type { PublicKey } from '../../../core/http/public-key.ts';
import type { ApiKey, Scope } from '../../../core/domain/api-key.ts';
import type { DoorAccount } from '../../support/api-door.ts';

let door: ApiDoor;

beforeEach(async () => {
  door = await ApiDoor.open();
});

/** Puts a key of an account in, as the command line does. */
async function keyWith(given: readonly Scope[], account: DoorAccount = 'client', more: Partial<ApiKey> = {}) {
  const text = newKeyText(() => door.relay.randomSource.secret());
  const accountId = doorAccountId(account);
  const stored = { digest: sha256Hex(text), accountId, hint: keyHintOf(text), createdAt: NOW, scopes: given, ...more };
  await door.accounts.createKey(stored);
  return text;
}

async function made(body: object, key = doorKey('client')) {
  const reply = await door.call('POST', '/v1/keys', { key, body });
  return { ...reply, body: reply.body as PublicKey & { key: string; error: string; details: string } };
}

function pathOf(name: CheckedRoute): string {
  return routes[name].path.replace(/\{id\}|\{delivery\}/g, 'x').replace(/\{\w+\}\/\{\w+\}\/\{\w+\}/, 'a/b/c');
}

const scoped = (Object.keys(routeScopes) as CheckedRoute[]).flatMap((name) => {
  const scope: Scope | null = routeScopes[name];
  return scope === null ? [] : [[name, scope] as const];
});

describe('a call', () => {
  it.each(scoped)('%s is refused without the scope %s, and let in with it', async (name, scope) => {
    const others = scopes.filter((one) => one !== scope);
    const { method } = routes[name];
    const refused = await door.call(method, pathOf(name), { key: await keyWith(others, 'operator') });
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 403, error: 'Missing scope', details: `the key needs the scope ${scope}` },
    });
    const admitted = await door.call(method, pathOf(name), { key: await keyWith([scope], 'operator') });
    expect(admitted.status).not.toBe(403);
  });

  it('with a key of before there were scopes may do all that its account may', async () => {
    expect(await door.call('GET', '/v1/gate', { key: doorKey('operator') })).toMatchObject({ status: 200 });
    expect(await door.call('GET', '/v1/gate')).toMatchObject({ status: 403, body: { error: 'Missing scope' } });
  });

  it('with an operator’s key that may not operate sees its own account alone', async () => {
    const made = await door.call('POST', '/v1/a/b/c', { body: { prompt: 'a cat' } });
    const { id } = made.body as { id: string };
    const path = `/v1/requests/${id}`;
    expect((await door.call('GET', path, { key: await keyWith(['read'], 'operator') })).status).toBe(404);
    expect((await door.call('GET', path, { key: await keyWith(['read', 'operate'], 'operator') })).status).toBe(200);
  });
});

describe('a new key', () => {
  it('has the scopes of the one that makes it but for operate, is shown once, and works', async () => {
    const { status, body } = await made({ name: 'ci' }, doorKey('operator'));
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'ci', scopes: ['submit', 'read', 'webhooks'], expires_at: null });
    expect(body.created_by).toBe(`key:${sha256Hex(doorKey('operator')).slice(0, 12)}`);
    expect((await door.call('GET', '/v1/requests', { key: body.key })).status).toBe(200);
    const listed = await door.call('GET', '/v1/keys', { key: doorKey('operator') });
    expect(listed.text).toContain(body.id);
    expect(listed.text).not.toContain(body.key);
    expect(await door.accounts.findKey(sha256Hex(body.key))).toMatchObject({ hint: body.hint });
  });

  it('never has a scope that its maker lacks', async () => {
    const reader = await keyWith(['read']);
    expect(await made({ scopes: ['read', 'submit'] }, reader)).toMatchObject({
      status: 403,
      body: { error: 'Missing scope', details: 'the key cannot give submit: it lacks it' },
    });
    expect(await made({}, reader)).toMatchObject({ status: 201, body: { scopes: ['read'] } });
    expect(await made({}, await keyWith(['operate'], 'operator'))).toMatchObject({ status: 403 });
    expect(await made({ scopes: ['operate'] }, doorKey('operator'))).toMatchObject({ status: 400 });
  });

  it('ends no later than its maker', async () => {
    const [soon, later] = [NOW + DAY_MS, NOW + 2 * DAY_MS].map((at) => new Date(at).toISOString());
    const passing = await keyWith(['read'], 'client', { expiresAt: NOW + DAY_MS });
    expect(await made({}, passing)).toMatchObject({ status: 201, body: { expires_at: soon } });
    expect(await made({ expires_at: later }, passing)).toMatchObject({ status: 400 });
    expect(await made({ expires_at: later })).toMatchObject({ status: 201, body: { expires_at: later } });
    expect(await made({ expires_at: '2001-01-01' })).toMatchObject({ status: 400 });
  });

  it('is refused once the account has ten good ones, until one is revoked or ends', async () => {
    for (let count = 1; count < limits.liveKeysMax; count += 1) expect((await made({})).status).toBe(201);
    expect(await made({})).toMatchObject({ status: 409, body: { error: 'Too many' } });
    const { body } = await door.call('GET', '/v1/keys');
    const [, second] = (body as { data: PublicKey[] }).data;
    await door.call('DELETE', `/v1/keys/${second?.id}`);
    expect((await made({ expires_at: new Date(NOW + HOUR_MS).toISOString() })).status).toBe(201);
    expect((await made({})).status).toBe(409);
    await door.relay.clock.advance(2 * HOUR_MS);
    expect((await made({})).status).toBe(201);
  });

  it('makes room for itself among those that are no longer good', async () => {
    for (let count = 0; count < limits.keptKeysMax + 5; count += 1) {
      await door.relay.clock.advance(1);
      const { body } = await made({});
      await door.call('DELETE', `/v1/keys/${body.id}`);
    }
    const keys = await door.accounts.listKeys(doorAccountId('client'));
    expect(keys).toHaveLength(limits.keptKeysMax);
    expect(keys[0]?.digest).toBe(sha256Hex(doorKey('client')));
  });

  it.each([
    '{}',
    '{"name":"x","scopes":["read"],"expires_at":"2030-01-01"}',
    '{"name":null,"scopes":null,"expires_at":null}',
    '{"name":""}',
    `{"name":"${'x'.repeat(101)}"}`,
    '{"scopes":[]}',
    '{"scopes":["operate"]}',
    '{"scopes":"read"}',
    '{"expires_at":1}',
    '{"expires":"2030-01-01"}',
  ])('is described by a body that the schema takes exactly when the relay does: %s', (text) => {
    const isTaken = (): boolean => {
      try {
        readKeyFields(text);
        return true;
      } catch {
        return false;
      }
    };
    expect(newKeySchema.safeParse(JSON.parse(text)).success).toBe(isTaken());
  });
});

describe('a key that is revoked', () => {
  it('is refused from the next request on, and says why', async () => {
    const { body } = await made({});
    expect((await door.call('DELETE', `/v1/keys/${body.id}`, { key: body.key })).status).toBe(200);
    expect(await door.call('GET', '/v1/requests', { key: body.key })).toMatchObject({
      status: 401,
      body: { error: 'Invalid or revoked API key', details: 'the key was revoked' },
    });
  });

  it('may do no more than the one that revokes it', async () => {
    const reader = await keyWith(['read']);
    const { body } = await made({ scopes: ['submit', 'read'] });
    const refused = await door.call('DELETE', `/v1/keys/${body.id}`, { key: reader });
    expect(refused).toMatchObject({
      status: 403,
      body: { details: 'the key to be revoked has submit, which yours lacks' },
    });
    expect((await door.call('GET', '/v1/requests', { key: body.key })).status).toBe(200);
  });

  it('is not found among those of another account', async () => {
    const { body } = await made({});
    expect((await door.call('DELETE', `/v1/keys/${body.id}`, { key: doorKey('other') })).status).toBe(404);
  });
});

describe('a key', () => {
  it('that has expired is refused', async () => {
    const passing = await keyWith(['read'], 'client', { expiresAt: NOW + HOUR_MS });
    expect((await door.call('GET', '/v1/requests', { key: passing })).status).toBe(200);
    await door.relay.clock.advance(HOUR_MS);
    expect(await door.call('GET', '/v1/requests', { key: passing })).toMatchObject({
      status: 401,
      body: { details: 'the key has expired' },
    });
  });

  it('with a wrong checksum is refused without a read', async () => {
    const { body } = await made({});
    const wrong = body.key.slice(0, -1) + (body.key.endsWith('0') ? '1' : '0');
    let reads = 0;
    const { findKey } = door.accounts;
    door.accounts.findKey = (digest) => {
      reads += 1;
      return findKey.call(door.accounts, digest);
    };
    expect((await door.call('GET', '/v1/requests', { key: wrong })).status).toBe(401);
    expect(reads).toBe(0);
  });

  it('shows the hour of its last use, which is written once an hour', async () => {
    let writes = 0;
    const { noteKeyUse } = door.accounts;
    door.accounts.noteKeyUse = (digest, hourAt) => {
      writes += 1;
      return noteKeyUse.call(door.accounts, digest, hourAt);
    };
    for (let request = 0; request < 20; request += 1) await door.call('GET', '/v1/requests');
    expect(writes).toBe(1);
    await door.relay.clock.advance(HOUR_MS);
    const { body } = await door.call('GET', '/v1/keys');
    expect(writes).toBe(2);
    const hourAt = Math.floor((NOW + HOUR_MS) / HOUR_MS) * HOUR_MS;
    expect((body as { data: PublicKey[] }).data[0]?.last_used_at).toBe(new Date(hourAt).toISOString());
  });

  it('is accepted also where its use cannot be recorded', async () => {
    door.accounts.noteKeyUse = () => Promise.reject(new Error('no table'));
    expect((await door.call('GET', '/v1/requests')).status).toBe(200);
  });
});
