// Accounts on a running relay: what they see of themselves, the headers of their rate, and how a suspended one is refused
// while its tasks go on or are cancelled.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promptInput, RelayClient } from '../support/relay-client.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { startRelay } from '../support/relay-process.ts';
import type { PublicAccount } from '../../core/http/public-account.ts';
import type { ErrorBody } from '../support/relay-client.ts';
import type { RelayCommands } from '../support/relay-commands.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const SUBMIT = '/v1/simulator/0/text-to-image';

let relay: RelayProcess;
let commands: RelayCommands;
let operator: RelayClient;

beforeAll(async () => {
  relay = await startRelay();
  commands = relayCommands(relay.commandLineTarget);
  operator = new RelayClient(relay.url, relay.apiKey);
});
afterAll(() => relay.stop());

async function opened(name: string, ...traits: string[]): Promise<RelayClient> {
  await commands.json(['accounts', 'create', name, ...traits]);
  const { key } = await commands.json<{ key: string }>(['keys', 'create', name]);
  return new RelayClient(relay.url, key);
}

describe('an account', () => {
  it('sees its limits and its use, and its rate in the headers of each answer', async () => {
    const client = await opened('seen', '--limit', '5', '--requests', '20', '--weight', '3');
    await client.submit('simulator/never/text-to-image');
    const reply = await client.call<PublicAccount>('GET', '/v1/account');
    expect(reply).toMatchObject({
      status: 200,
      body: {
        name: 'seen',
        limits: { unfinished_tasks: 5, requests_per_second: 20, weight: 3 },
        use: { unfinished_tasks: 1, keys: 1 },
      },
    });
    expect(reply.headers.get('ratelimit-policy')).toBe('"requests";q=20;w=1');
    expect(reply.headers.get('ratelimit')).toMatch(/^"requests";r=\d+;t=1$/);
    const refused = await client.call('GET', '/v1/requests/unknown');
    expect([refused.status, refused.headers.get('ratelimit-policy')]).toEqual([404, '"requests";q=20;w=1']);
    expect((await operator.call('GET', '/v1/account')).headers.get('ratelimit')).toBeNull();
  });

  it('sees what it used lately by day, model and code, up to a time that the answer names', async () => {
    const client = await opened('used');
    for (const model of ['simulator/0/text-to-image', 'simulator/1200/text-to-image']) {
      await client.ended(await client.submit(model));
    }
    const path = `/v1/account?account=${(await client.call<PublicAccount>('GET', '/v1/account')).body.id}`;
    const seen = async () => (await operator.call<PublicAccount>('GET', path)).body.use.recent;
    // Ends are counted once they are ten seconds old.
    await expect.poll(seen, { timeout: 30_000, interval: 500 }).toMatchObject({ by_day: [{ ends: 2 }] });
    const recent = await seen();
    expect(recent.by_code.map(({ code, ends }) => `${code}: ${ends}`).toSorted()).toEqual(['0: 1', '1200: 1']);
    expect(recent.by_model.map(({ model }) => model).toSorted()).toEqual([
      'simulator/0/text-to-image',
      'simulator/1200/text-to-image',
    ]);
    expect(Date.parse(recent.reaches)).toBeLessThan(Date.now());
    expect(await commands.json(['accounts', 'show', 'used'])).toMatchObject({ recent: { by_day: recent.by_day } });
  });

  it('that is suspended is refused within five seconds; its tasks go on, and it is accepted again', async () => {
    const client = await opened('paused');
    const id = await client.submit('simulator/5003.0/text-to-image');
    await commands.json(['accounts', 'suspend', 'paused', '--reason', 'unpaid']);
    const suspendedAt = Date.now();
    let refused = await client.call<ErrorBody>('POST', SUBMIT, { body: promptInput });
    while (refused.status !== 401 && Date.now() - suspendedAt < 10_000) {
      refused = await client.call<ErrorBody>('POST', SUBMIT, { body: promptInput });
    }
    expect(Date.now() - suspendedAt).toBeLessThan(5_000);
    expect(refused).toMatchObject({
      status: 401,
      body: { code: 401, error: 'Invalid or revoked API key', details: 'the account is suspended' },
    });
    expect((await operator.ended(id)).status).toBe('completed');
    const again = await commands.run(['accounts', 'suspend', 'paused']);
    expect(again.stdout).toMatch(/^Suspended already, since /);
    await commands.json(['accounts', 'resume', 'paused']);
    const acts = await commands.json<{ data: readonly { outcome: string }[] }>(['audit', '--account', 'paused']);
    expect(acts.data.slice(0, 3).map(({ outcome }) => outcome)).toEqual(['done', 'unchanged', 'done']);
    expect((await client.call('GET', `/v1/requests/${id}`)).status).toBe(200);
  });

  it('is found, limited, charged up, suspended and given another key by an operator over HTTP, as the shell sees it', async () => {
    const client = await opened('over http');
    const { body: found } = await operator.call<{ data: readonly PublicAccount[] }>(
      'GET',
      '/v1/accounts?name=Over%20H',
    );
    expect(found.data).toMatchObject([{ name: 'over http', suspended_at: null, money: null }]);
    const id = found.data[0]?.id ?? '';
    const path = `/v1/accounts/${id}`;
    const set = { unfinished_tasks: 2, weight: 5, balance_micros: 9_000_000, reason: 'a trial' };
    expect((await operator.call('PATCH', path, { body: set })).status).toBe(200);
    const { body: added } = await operator.call<PublicAccount>('PATCH', path, { body: { add_micros: 1_000_000 } });
    const { body: shown } = await operator.call<PublicAccount>('GET', `/v1/account?account=${id}`);
    expect(shown).toMatchObject({ limits: { unfinished_tasks: 2, weight: 5 }, money: added.money });
    expect(added.money?.balance_micros).toBe(10_000_000);
    expect(await commands.json(['accounts', 'show', 'over http'])).toMatchObject({
      concurrent_tasks_max: 2,
      weight: 5,
      balance_micros: added.money?.balance_micros,
    });
    expect(await operator.call('PATCH', path, { body: { endpoints: 51 } })).toMatchObject({
      status: 400,
      body: { details: 'endpoints must be a whole number, from 1 to 50, or null to remove it' },
    });

    await operator.call('POST', `${path}/suspend`, { body: { reason: 'unpaid' } });
    expect(await client.call('GET', '/v1/account')).toMatchObject({ status: 401 });
    await operator.call('POST', `${path}/resume`);
    const made = await operator.call<{ id: string; key: string }>('POST', `/v1/keys?account=${id}`, { body: {} });
    const renewed = new RelayClient(relay.url, made.body.key);
    expect(await renewed.call('GET', '/v1/account')).toMatchObject({ status: 200, body: { id, use: { keys: 2 } } });
    await operator.call('DELETE', `/v1/keys/${made.body.id}?account=${id}`);
    expect(await renewed.call('GET', '/v1/account')).toMatchObject({ status: 401 });
    expect(await renewed.call('PATCH', path, { key: client.key, body: set })).toMatchObject({ status: 403 });

    await commands.run([
      'accounts',
      'set',
      id,
      '--limit',
      'none',
      '--balance',
      '2.50',
      '--operator',
      '--reason',
      'ours',
    ]);
    const told = await commands.run(['audit', '--account', id, '--action', 'account.change']);
    expect(told.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'unfinished tasks removed, balance $2.50, is operator true · ours',
    );
    const log = await commands.json<{
      data: readonly { action: string; reason: string | null; changes: object | null }[];
    }>(['audit', '--account', id]);
    expect(log.data[0]?.changes).toEqual({ unfinished_tasks: null, balance_micros: 2_500_000, is_operator: true });
    expect(log.data.map(({ action, reason }) => [action, reason]).toReversed()).toEqual([
      ['account.create', null],
      ['key.create', null],
      ['account.change', 'a trial'],
      ['account.change', null],
      ['account.suspend', 'unpaid'],
      ['account.resume', null],
      ['key.create', null],
      ['key.revoke', null],
      ['account.change', 'ours'],
    ]);
  });

  it('that is the last operator is not suspended in the shell, until there is another', async () => {
    const { body: own } = await operator.call<{ id: string }>('GET', '/v1/account');
    await commands.run(['accounts', 'set', 'over http', '--no-operator']);
    const suspend = ['accounts', 'suspend', own.id];
    expect(await commands.run(suspend)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('No other operator would be left'),
    });
    expect((await operator.call('GET', '/v1/account')).status).toBe(200);
    await commands.json(['accounts', 'create', 'stand-in', '--operator']);
    expect((await commands.run(suspend)).exitCode).toBe(0);
    await commands.json(['accounts', 'resume', own.id]);
    await expect.poll(async () => (await operator.call('GET', '/v1/account')).status, { timeout: 10_000 }).toBe(200);
  });

  it('can be removed once its tasks were cancelled with its suspension', async () => {
    const client = await opened('leaver');
    const ids = [
      await client.submit('simulator/never/text-to-image'),
      await client.submit('simulator/never/text-to-image'),
    ];
    const busy = await commands.run(['accounts', 'delete', 'leaver', '--yes']);
    expect(busy).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--cancel-tasks') });
    const suspended = ['accounts', 'suspend', 'leaver', '--cancel-tasks'];
    expect(await commands.json(suspended)).toMatchObject({ cancelled_tasks: 2, suspended_at: expect.any(String) });
    for (const id of ids) expect((await operator.get(id)).status).toBe('cancelled');
    await commands.json(['accounts', 'delete', 'leaver', '--yes']);
    expect((await client.call('GET', '/v1/account')).status).toBe(401);
  });
});
