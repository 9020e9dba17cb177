// An operator on a running relay: the tasks, endpoints and deliveries of all accounts, page by page, through the API and
// the command line.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RelayClient } from '../support/relay-client.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { startRelay } from '../support/relay-process.ts';
import { SignedInbox } from '../support/signed-inbox.ts';
import type { PublicDelivery, PublicEndpoint } from '../../core/http/public-webhook.ts';
import type { PublicAuditEntry } from '../../core/http/public-audit.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { RelayCommands } from '../support/relay-commands.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const MODEL = 'simulator/0/text-to-image';
/** More than one page of either account, and more than the hundred at which the command line once stopped. */
const TASKS_OF_EACH = 60;
const AT_ONCE = 6;

interface Page<Row> {
  readonly data: readonly Row[];
  readonly next_cursor: string | null;
}

let relay: RelayProcess;
let commands: RelayCommands;
let operator: RelayClient;
let clients: readonly { readonly accountId: string; readonly client: RelayClient }[];

beforeAll(async () => {
  relay = await startRelay();
  commands = relayCommands(relay.commandLineTarget);
  operator = new RelayClient(relay.url, relay.apiKey);
  clients = await Promise.all(['north', 'south'].map(opened));
});
afterAll(() => relay.stop());

async function opened(name: string) {
  const { id: accountId } = await commands.json<{ id: string }>(['accounts', 'create', name]);
  const { key } = await commands.json<{ key: string }>(['keys', 'create', name]);
  return { accountId, client: new RelayClient(relay.url, key) };
}

async function everyPage(path: string): Promise<readonly PublicTask[]> {
  const rows: PublicTask[] = [];
  let cursor: string | null = null;
  do {
    const suffix: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { body } = await operator.call<Page<PublicTask>>('GET', `${path}${suffix}`);
    rows.push(...body.data);
    cursor = body.next_cursor;
  } while (cursor !== null);
  return rows;
}

describe('an operator', () => {
  it('pages through the tasks of all accounts, by the API and by the command line', async () => {
    const submitted = new Map<string, string>();
    for (const { accountId, client } of clients) {
      for (let count = 0; count < TASKS_OF_EACH; count += AT_ONCE) {
        const ids = await Promise.all(Array.from({ length: AT_ONCE }, () => client.submit(MODEL)));
        for (const id of ids) submitted.set(id, accountId);
      }
    }
    const countAll = async (): Promise<number> => (await everyPage('/v1/requests?account=*&limit=100')).length;
    await expect.poll(countAll, { timeout: 20_000 }).toBe(submitted.size);
    const listed = await everyPage('/v1/requests?account=*&limit=50');
    expect(new Map(listed.map(({ id, account }) => [id, account]))).toEqual(submitted);
    expect(listed.map(({ id }) => id)).toEqual([...submitted.keys()].sort().reverse());

    const names = clients.map(({ accountId }) => accountId);
    const { body: accounts } = await operator.call<Page<{ readonly id: string }>>('GET', '/v1/accounts?limit=100');
    expect(accounts.data.map(({ id }) => id)).toEqual(expect.arrayContaining(names));

    const typed: string[] = [];
    let cursor: readonly string[] = [];
    do {
      const page = await commands.json<Page<PublicTask>>(['tasks', 'list', '--limit', '100', ...cursor]);
      typed.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor === null ? [] : ['--cursor', page.next_cursor];
    } while (cursor.length > 0);
    expect(typed).toEqual(listed.map(({ id }) => id));
  });

  it('cancels a task, sees and replays a delivery, and recovers an endpoint of another account', async () => {
    const inbox = await SignedInbox.open(relay.webhookSecret);
    const { accountId, client } = clients[0] ?? (await opened('spare'));
    const made = await client.call<PublicEndpoint>('POST', '/v1/webhook-endpoints', { body: { url: inbox.url } });
    const path = `/v1/webhook-endpoints/${made.body.id}`;
    const id = await client.submit('simulator/never/text-to-image');
    expect(await operator.call('DELETE', `/v1/requests/${id}`)).toMatchObject({
      status: 200,
      body: { account: accountId },
    });
    const firstDelivery = async (): Promise<PublicDelivery | undefined> =>
      (await operator.call<Page<PublicDelivery>>('GET', `${path}/deliveries`)).body.data[0];
    await expect.poll(firstDelivery, { timeout: 20_000 }).toMatchObject({ request_id: id, account: accountId });
    await expect.poll(async () => (await firstDelivery())?.status, { timeout: 20_000 }).toBe('delivered');
    const delivery = await firstDelivery();
    const replayed = await operator.call('POST', `${path}/deliveries/${delivery?.id}/replay`);
    expect(replayed).toMatchObject({ status: 200, body: { account: accountId, replays: 1 } });
    const since = new Date(Date.now() - 3_600_000).toISOString();
    expect((await operator.call('POST', `${path}/recover`, { body: { since } })).status).toBe(200);
    const listed = await operator.call<Page<PublicEndpoint>>('GET', '/v1/webhook-endpoints?account=*');
    expect(listed.body.data).toMatchObject([{ id: made.body.id, account: accountId }]);
    await inbox.close();
  });

  it('reads why a task waits, in the words that its owner reads, by the API and by the command line', async () => {
    const { client } = clients[0] ?? (await opened('spare'));
    await operator.call('POST', '/v1/gate/pause?reason=maintenance');
    const id = await client.submit(MODEL);
    const waits = async () => (await client.call<PublicTask>('GET', `/v1/requests/${id}?explain=true`)).body.waits;
    await expect.poll(waits, { timeout: 10_000 }).toMatchObject({ reason: 'operator_pause', until: null });
    const text = (await waits())?.text ?? '';
    expect(text).toMatch(/^an operator paused all submits since 20\d\d-/);
    expect((await commands.json<PublicTask>(['tasks', 'show', id])).waits?.text).toBe(text);
    expect((await commands.run(['tasks', 'show', id])).stdout).toContain(text);
    // Clients that poll do not pay for the reads.
    expect((await client.call<PublicTask>('GET', `/v1/requests/${id}`)).body).not.toHaveProperty('waits');
    await operator.call('POST', '/v1/gate/resume');
    await expect.poll(waits, { timeout: 20_000 }).toBeNull();
    expect((await client.call('GET', `/v1/requests/${id}?explain=maybe`)).status).toBe(400);
  });

  it('goes from what fails to just those tasks, by the API and by the command line', async () => {
    const [{ accountId, client }] = clients as [(typeof clients)[number]];
    const model = 'simulator/5003.0/text-to-image';
    const ids = await Promise.all([client.submit(model), client.submit(model)]);
    for (const id of ids) await client.ended(id);

    interface Groups {
      readonly failures: readonly { readonly key: string; readonly model: string; readonly count: number }[];
    }
    const groups = async () => (await operator.call<Groups>('GET', `/v1/failures?account=${accountId}`)).body.failures;
    await expect.poll(groups, { timeout: 10_000 }).toMatchObject([{ model, count: 2, account: accountId }]);
    const [group] = await groups();
    const found = await operator.call<Page<PublicTask>>(
      'GET',
      `/v1/requests?account=*&met=${group?.key ?? ''}&model=${model}&count=true`,
    );
    expect(found.body).toMatchObject({ count: { tasks: 2, at_least: false } });
    expect(found.body.data.map(({ id }) => id).sort()).toEqual([...ids].sort());

    const shown = await commands.json<Groups>(['failures', '--from', '1h', '--account', 'north']);
    expect(shown.failures).toMatchObject([{ key: group?.key, model, count: 2, muted: null }]);
    const about = [group?.key ?? '', '--model', model, '--account', 'north'];
    const reason = 'the vendor is told';
    await commands.json(['failures', 'mute', ...about, '--for', '2h', '--reason', reason]);
    expect(await groups()).toMatchObject([{ model, muted: { reason, by: { kind: 'command-line' } } }]);
    const { stdout } = await commands.run(['failures', '--account', 'north']);
    expect(stdout).toContain(reason);
    // The hint is a whole command: it lists the tasks of the group, of this account and relay.
    const [, hint = ''] = /npm run relay -- (tasks list .*)/.exec(stdout) ?? [];
    expect(hint).toContain(`--account ${accountId}`);
    const words = hint.split(' ').map((word) => word.replaceAll("'", ''));
    const hinted = await commands.json<{ data: readonly unknown[] }>(words.slice(0, words.indexOf('--data')));
    expect(hinted.data).toHaveLength(2);
    expect((await client.call<Groups>('GET', '/v1/failures')).body.failures).toMatchObject([{ model, muted: null }]);
    await commands.json(['failures', 'unmute', ...about]);
    expect(await groups()).toMatchObject([{ model, muted: null }]);
    const log = await operator.call<{ data: readonly object[] }>('GET', '/v1/audit?action=failures.mute');
    expect(log.body.data).toMatchObject([{ outcome: 'done', account: accountId, reason }]);
    const typed = await commands.json<Page<PublicTask>>(['tasks', 'list', '--met', group?.key ?? '', '--model', model]);
    expect(typed.data.map(({ id }) => id).sort()).toEqual([...ids].sort());
  });

  it('registers, changes, tests, rotates and deletes an endpoint of another account, and rotates its secret', async () => {
    const inbox = await SignedInbox.open(relay.webhookSecret);
    const { accountId, client } = await opened('west');
    const made = await operator.call<PublicEndpoint & { secret: string }>(
      'POST',
      `/v1/webhook-endpoints?account=${accountId}&reason=asked+for`,
      { body: { url: `${inbox.url}/of-west`, events: ['task.completed'] } },
    );
    expect(made).toMatchObject({ status: 201, body: { account: accountId } });
    inbox.trust('/of-west', made.body.secret);
    const id = await client.submit(MODEL);
    await expect.poll(() => inbox.received('/of-west').length, { timeout: 20_000 }).toBe(1);
    expect(inbox.received('/of-west')[0]).toMatchObject({ isVerified: true, body: { data: { id } } });

    const path = `/v1/webhook-endpoints/${made.body.id}`;
    expect((await operator.call('PATCH', `${path}?reason=slow`, { body: { rate_limit: 5 } })).status).toBe(200);
    expect((await operator.call('POST', `${path}/test?reason=slow`)).status).toBe(200);
    expect((await operator.call('POST', `${path}/rotate-secret?reason=leaked`)).status).toBe(200);
    const secret = `/v1/webhook-secret/rotate?account=${accountId}&reason=leaked`;
    expect(await operator.call('POST', secret)).toMatchObject({
      status: 200,
      body: { secret: expect.stringMatching(/^whsec_/) as string },
    });
    expect((await operator.call('DELETE', `${path}?reason=done`)).status).toBe(200);
    expect((await client.call('POST', secret)).status).toBe(200);
    expect((await clients[0]?.client.call('POST', secret))?.status).toBe(403);

    const { body } = await operator.call<Page<PublicAuditEntry>>('GET', `/v1/audit?account=${accountId}`);
    // Made at the command line: the account and its first key.
    const acts = body.data.slice(0, 7).map(({ action, reason, outcome }) => [action, reason, outcome]);
    expect(acts).toEqual([
      ['account.rotate-secret', 'leaked', 'done'],
      ['endpoint.delete', 'done', 'done'],
      ['account.rotate-secret', 'leaked', 'done'],
      ['endpoint.rotate-secret', 'leaked', 'done'],
      ['endpoint.test', 'slow', 'done'],
      ['endpoint.change', 'slow', 'done'],
      ['endpoint.create', 'asked for', 'done'],
    ]);
    await inbox.close();
  });

  it('finds what people did in the audit log, by the API and by the command line', async () => {
    const { accountId, client } = clients[1] ?? (await opened('other'));
    await commands.json(['gate', 'pause', '--reason', 'the bill']);
    await operator.call('POST', '/v1/gate/resume?reason=paid');
    const id = await client.submit('simulator/never/text-to-image');
    expect((await operator.call('DELETE', `/v1/requests/${id}?reason=no+end`)).status).toBe(200);
    const made = await client.call<{ id: string }>('POST', '/v1/keys', { body: { scopes: ['read'] } });
    await commands.json(['keys', 'revoke', 'south', made.body.id, '--reason', 'leaked']);

    const { body } = await operator.call<Page<PublicAuditEntry>>('GET', '/v1/audit?limit=5');
    const atCommandLine = { kind: 'command-line', principal: expect.stringContaining('@') as string };
    expect(body.data).toMatchObject([
      { action: 'key.revoke', target: made.body.id, account: accountId, reason: 'leaked', actor: atCommandLine },
      { action: 'key.create', target: made.body.id, account: accountId, actor: { kind: 'key', account: accountId } },
      { action: 'task.cancel', target: id, account: accountId, reason: 'no end', outcome: 'done' },
      { action: 'gate.resume', target: 'default', reason: 'paid', actor: { kind: 'key' } },
      { action: 'gate.pause', target: 'default', reason: 'the bill', actor: atCommandLine },
    ]);
    const typed = await commands.json<Page<PublicAuditEntry>>(['audit', '--limit', '5']);
    expect(typed.data).toEqual(body.data);
    const ofSouth = await commands.json<Page<PublicAuditEntry>>([
      'audit',
      '--account',
      'south',
      '--action',
      'task.cancel',
    ]);
    expect(ofSouth.data.map(({ target }) => target)).toEqual([id]);
    expect((await client.call('GET', '/v1/audit')).status).toBe(403);
  });
});
