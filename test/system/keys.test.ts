// Keys on a running relay: made by the command line and by their account's owner, limited to their scopes, and refused
// soon after they are revoked, by every function that takes keys.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promptInput, RelayClient } from '../support/relay-client.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { startRelay } from '../support/relay-process.ts';
import type { PublicKey } from '../../core/http/public-key.ts';
import type { ErrorBody } from '../support/relay-client.ts';
import type { RelayCommands } from '../support/relay-commands.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const SUBMIT = '/v1/simulator/0/text-to-image';
/** What the contract allows after the answer of a call that revokes a key. */
const REFUSED_WITHIN_MS = 5_000;

type MadeKey = PublicKey & { readonly key: string };

let relay: RelayProcess;
let commands: RelayCommands;
let client: RelayClient;

beforeAll(async () => {
  relay = await startRelay();
  commands = relayCommands(relay.commandLineTarget);
  await commands.json(['accounts', 'create', 'studio']);
  const { key } = await commands.json<MadeKey>(['keys', 'create', 'studio']);
  client = new RelayClient(relay.url, key);
});
afterAll(() => relay.stop());

/** When the first of repeated calls was refused, counted from now. */
async function refusedAfterMs(path: string, key: string): Promise<number> {
  const startedAt = Date.now();
  for (;;) {
    const { status } = await client.call('GET', path, { key });
    if (status === 401) return Date.now() - startedAt;
    if (Date.now() - startedAt > 2 * REFUSED_WITHIN_MS) throw new Error(`${path} still answers ${status}`);
  }
}

describe('a key', () => {
  it('made by its owner does what its scopes allow, and is listed without its text', async () => {
    const made = await client.call<MadeKey>('POST', '/v1/keys', { body: { name: 'viewer', scopes: ['read'] } });
    expect(made).toMatchObject({ status: 201, body: { name: 'viewer', scopes: ['read'], last_used_at: null } });
    const { key } = made.body;
    expect(key).toMatch(/^sk_get3wrelay_[0-9A-Za-z]{55}$/);
    expect((await client.call('GET', '/v1/requests', { key })).status).toBe(200);
    expect(await client.call<ErrorBody>('POST', SUBMIT, { key, body: promptInput })).toMatchObject({
      status: 403,
      body: { code: 403, error: 'Missing scope', details: 'the key needs the scope submit' },
    });
    const { body } = await client.call<{ data: PublicKey[] }>('GET', '/v1/keys');
    const listed = body.data.find(({ id }) => id === made.body.id);
    expect(listed).toMatchObject({ hint: key.slice(0, 18), last_used_at: expect.stringMatching(/:00:00\.000Z$/) });
    expect(JSON.stringify(body)).not.toContain(key);
    const shown = await commands.run(['keys', 'list', 'studio']);
    expect(shown.stdout).toMatch(/viewer.* \d{4}-\d\d-\d\d \d\d:00Z, within the hour /);
  });

  it('made by the command line has the scopes and the end that it was given, for any account', async () => {
    const args = ['keys', 'create', 'studio', '--name', 'ci', '--scopes', 'submit,webhooks', '--expires', '30d'];
    const made = await commands.json<MadeKey>(args);
    expect(made).toMatchObject({
      name: 'ci',
      scopes: ['submit', 'webhooks'],
      created_by: expect.stringMatching(/^cli:/),
    });
    expect(Date.parse(made.expires_at ?? '') - Date.parse(made.created_at)).toBe(30 * 86_400_000);
    expect((await client.call('POST', SUBMIT, { key: made.key, body: promptInput })).status).toBe(200);
    const all = await commands.json<readonly MadeKey[]>(['keys', 'list']);
    expect(all.map(({ id }) => id)).toContain(made.id);
    const refused = await commands.run(['keys', 'create', 'studio', '--scopes', 'operate']);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("no operator's account") });
  });

  it('that its owner revokes is refused within five seconds', async () => {
    const { body } = await client.call<MadeKey>('POST', '/v1/keys', { body: {} });
    expect((await client.call('GET', '/v1/requests', { key: body.key })).status).toBe(200);
    expect((await client.call('DELETE', `/v1/keys/${body.id}`)).status).toBe(200);
    expect(await refusedAfterMs('/v1/requests', body.key)).toBeLessThan(REFUSED_WITHIN_MS);
  });

  it('that an operator revokes is refused within five seconds by each function that takes keys', async () => {
    await commands.json(['accounts', 'create', 'desk', '--operator']);
    const made = await commands.json<MadeKey>(['keys', 'create', 'desk', '--scopes', 'operate']);
    const paths = ['/v1/gate', '/v1/monitoring/alarms'];
    for (const path of paths) expect((await client.call('GET', path, { key: made.key })).status, path).toBe(200);
    await commands.json(['keys', 'revoke', 'desk', made.id]);
    for (const path of paths) expect(await refusedAfterMs(path, made.key), path).toBeLessThan(REFUSED_WITHIN_MS);
  });

  it('is one of ten good ones at most', async () => {
    const { body } = await client.call<{ data: PublicKey[] }>('GET', '/v1/keys');
    const good = body.data.filter(({ revoked_at }) => revoked_at === null).length;
    for (let count = good; count < 10; count += 1) {
      expect((await client.call('POST', '/v1/keys', { body: {} })).status).toBe(201);
    }
    expect(await client.call<ErrorBody>('POST', '/v1/keys', { body: {} })).toMatchObject({
      status: 409,
      body: { error: 'Too many' },
    });
  });
});
