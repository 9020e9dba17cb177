// The desk of an operator in the shell, on a running relay: finds the tasks that met a code, and exports them for a
// spreadsheet and for programs.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RelayClient } from '../support/relay-client.ts';
import { SignedInbox } from '../support/signed-inbox.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { startRelay } from '../support/relay-process.ts';
import type { PublicDelivery } from '../../core/http/public-webhook.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { RelayCommands } from '../support/relay-commands.ts';
import type { RelayProcess } from '../support/relay-process.ts';

interface DeliveryPage {
  readonly data: readonly PublicDelivery[];
  readonly next_cursor: string | null;
}

let relay: RelayProcess;
let commands: RelayCommands;
let client: RelayClient;

beforeAll(async () => {
  relay = await startRelay();
  commands = relayCommands(relay.commandLineTarget);
  client = new RelayClient(relay.url, relay.apiKey);
});
afterAll(() => relay.stop());

it('finds the tasks that met a code, and exports these only, as CSV and as NDJSON', async () => {
  const met = await client.submit('simulator/5004/text-to-image');
  const other = await client.submit('simulator/0/text-to-image');
  await Promise.all([client.ended(met), client.ended(other)]);
  const filter = ['--met', '5004', '--from', '1h'];
  const listed = async (): Promise<readonly string[]> =>
    (await commands.json<{ data: readonly PublicTask[] }>(['tasks', 'list', ...filter])).data.map(({ id }) => id);
  await expect.poll(listed, { timeout: 20_000 }).toEqual([met]);

  const csv = await commands.run(['tasks', 'export', ...filter]);
  expect([csv.exitCode, csv.stderr]).toEqual([0, '1 task\n']);
  const [head, row, ...rest] = csv.stdout.split('\r\n');
  expect(head).toMatch(/^id,account,model,status,/);
  expect(row).toMatch(new RegExp(`^${met},acc_[^,]*,simulator/5004/text-to-image,failed,failed,5004,`));
  expect(rest).toEqual(['']);

  const ndjson = await commands.run(['tasks', 'export', ...filter, '--format', 'ndjson']);
  expect(
    ndjson.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as PublicTask),
  ).toMatchObject([{ id: met, status: 'failed', code: 5004 }]);
  const all = await commands.run(['tasks', 'export', '--oldest', '--format', 'ndjson']);
  expect(all.stdout.trimEnd().split('\n')).toHaveLength(2);
});

it(
  'finds the endpoint that fails, shows its deliveries, switches it off and on again, and puts that on record',
  { timeout: 180_000 },
  async () => {
    const inbox = await SignedInbox.open(relay.webhookSecret);
    const body = { url: inbox.at('/broken', [500]), description: 'orders' };
    const { body: made } = await client.call<{ id: string; secret: string }>('POST', '/v1/webhook-endpoints', { body });
    inbox.trust('/broken', made.secret);
    const { body: well } = await client.call<{ id: string }>('POST', '/v1/webhook-endpoints', {
      body: { url: inbox.at('/well'), events: ['task.failed'] },
    });
    await client.ended(await client.submit('simulator/0/text-to-image'));

    interface Shown {
      readonly id: string;
      readonly failing_since: string | null;
      readonly disabled: boolean;
    }
    const troubled = async (): Promise<readonly Shown[]> =>
      (await commands.json<{ data: readonly Shown[] }>(['endpoints', 'list', '--troubled'])).data;
    await expect
      .poll(troubled, { timeout: 20_000 })
      .toMatchObject([{ id: made.id, disabled: false, failing_since: expect.any(String) }]);
    const listed = await commands.json<{ data: readonly Shown[] }>(['endpoints', 'list']);
    expect(listed.data.map(({ id }) => id).sort()).toEqual([made.id, well.id].sort());
    const deliveries = await commands.json<{ data: readonly PublicDelivery[] }>(['endpoints', 'deliveries', made.id]);
    expect(deliveries.data).toMatchObject([{ event_type: 'task.completed' }]);
    const [delivery] = deliveries.data;
    expect(delivery?.attempts[0]).toMatchObject({ http_status: 500 });

    expect(await commands.json(['endpoints', 'disable', made.id, '--reason', 'customer asked'])).toMatchObject({
      disabled: true,
      disabled_reason: 'owner',
    });
    expect(await commands.json(['endpoints', 'enable', made.id])).toMatchObject({
      disabled: false,
      failing_since: null,
    });
    const audit = await commands.json<{ data: readonly object[] }>(['audit', '--action', 'endpoint.change']);
    expect(audit.data).toMatchObject([{ target: made.id }, { target: made.id, reason: 'customer asked' }]);
    expect(await commands.run(['endpoints', 'show', 'we_unknown'])).toMatchObject({ exitCode: 3 });
    await inbox.close();
  },
);

it(
  'registers an endpoint, tests it, gives it a new secret, and removes it only when that is meant',
  { timeout: 180_000 },
  async () => {
    const inbox = await SignedInbox.open(relay.webhookSecret);
    const account = await commands.json<{ id: string }>(['accounts', 'create', 'shop']);
    const url = inbox.at('/careful', (call) => (call.isVerified ? 204 : 401));
    const create = ['endpoints', 'create', '--account', 'shop', '--url', url];
    const fields = ['--events', 'task.completed,task.failed', '--rate', '50', '--header', 'x-shop: one'];
    const made = await commands.json<{ id: string; secret: string }>([
      ...create,
      ...fields,
      '--reason',
      'new customer',
    ]);
    expect(made).toMatchObject({ account_id: account.id, url, rate_limit: 50, headers: { 'x-shop': 'one' } });
    inbox.trust('/careful', made.secret);
    for (const [option, expected] of [
      [['--events', 'task.lost'], /Events must be null or a list/],
      [['--rate', 'fast'], /Rate_limit must be null or calls a second/],
      [['--header', 'x-shop'], /has no name/],
      [['--url', 'http://10.0.0.1/'], /The url /],
    ] as const) {
      const refused = await commands.run(['endpoints', 'edit', made.id, ...option]);
      expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringMatching(expected)]);
    }

    expect(await commands.json(['endpoints', 'test', made.id])).toMatchObject({ passed: true, url });
    await commands.json(['endpoints', 'edit', made.id, '--url', inbox.at('/careless'), '--header', 'none']);
    const careless = await commands.run(['endpoints', 'test', made.id]);
    expect(careless.exitCode).toBe(1);
    expect(careless.stdout).toMatch(/bad-signature +refused +taken .*Verify the signature/);

    const rotated = await commands.json<{ secret: string }>(['endpoints', 'rotate', made.id, '--overlap', '0s']);
    expect(rotated.secret).not.toBe(made.secret);
    inbox.trust('/careful', rotated.secret);
    await commands.json(['endpoints', 'edit', made.id, '--url', url]);
    expect(await commands.json(['endpoints', 'test', made.id])).toMatchObject({ passed: true });
    expect(await commands.json(['endpoints', 'rotate', '--account', 'shop'])).toMatchObject({ id: account.id });

    const asked = await commands.run(['endpoints', 'delete', made.id]);
    expect([asked.exitCode, asked.stderr]).toEqual([2, expect.stringContaining('Add --yes')]);
    await commands.json(['endpoints', 'delete', made.id, '--yes', '--reason', 'moved away']);
    expect(await commands.run(['endpoints', 'show', made.id])).toMatchObject({ exitCode: 3 });
    const { data } = await commands.json<{ data: readonly { action: string; reason: string | null }[] }>([
      'audit',
      '--account',
      'shop',
    ]);
    const acts = data.map(({ action, reason }) => (reason === null ? action : `${action}: ${reason}`));
    expect(acts.slice(0, 2)).toEqual(['endpoint.delete: moved away', 'account.rotate-secret']);
    expect(acts).toContain('endpoint.create: new customer');
    await inbox.close();
  },
);

it(
  'sends a receiver again what it lost: one delivery, all that were given up, and what happened meanwhile',
  { timeout: 180_000 },
  async () => {
    const inbox = await SignedInbox.open(relay.webhookSecret);
    let status = 410;
    const url = inbox.at('/back', () => status);
    const create = ['endpoints', 'create', '--account', (await ownAccount()).id, '--url', url];
    const made = await commands.json<{ id: string; secret: string }>([...create, '--events', 'task.completed']);
    inbox.trust('/back', made.secret);
    const lost = await client.submit('simulator/0/text-to-image');
    const shown = ['endpoints', 'show', made.id];
    await expect.poll(() => commands.json(shown), { timeout: 20_000 }).toMatchObject({ disabled_reason: 'gone' });
    const meanwhile = await client.submit('simulator/0/text-to-image');
    await client.ended(meanwhile);
    const replay = ['endpoints', 'replay', made.id];
    expect((await commands.run([...replay, '--all-failed', '--yes'])).stderr).toContain('The endpoint is disabled');

    status = 204;
    const sentOf = (taskId: string) => inbox.received('/back').filter(({ body }) => body.data?.['id'] === taskId);
    await commands.json(['endpoints', 'enable', made.id]);
    expect(await commands.json([...replay, '--all-failed', '--since', '1h', '--dry-run'])).toMatchObject({ tasks: 1 });
    expect(await commands.json([...replay, '--all-failed', '--yes'])).toMatchObject({ status: 'done', done: 1 });
    await expect.poll(() => sentOf(lost).length, { timeout: 20_000 }).toBe(2);
    expect(await commands.json(['endpoints', 'recover', made.id, '--since', '1h'])).toMatchObject({ done: true });
    await expect.poll(() => sentOf(meanwhile).length, { timeout: 20_000 }).toBe(1);

    const list = ['endpoints', 'deliveries', made.id, '--since', '1h', '--limit', '1'];
    const met = await commands.json<DeliveryPage>([...list, '--code', '410']);
    expect(met.data).toMatchObject([{ request_id: lost, attempts: [{ http_status: 410 }, { http_status: 204 }] }]);
    expect((await commands.run([...list, '--code', 'lost'])).stderr).toMatch(/an HTTP status, or one of dns/);
    const delivered = [...list, '--status', 'delivered'];
    const page = await commands.json<DeliveryPage>(delivered);
    const second = await commands.json<DeliveryPage>([...delivered, '--cursor', page.next_cursor ?? '']);
    expect([...page.data, ...second.data].map(({ request_id: id }) => id).sort()).toEqual([lost, meanwhile].sort());
    const [delivery] = page.data;
    await commands.json([...replay, delivery?.id ?? '']);
    const calls = () => inbox.received('/back').filter(({ id }) => id === delivery?.event_id).length;
    await expect.poll(calls, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(inbox.received('/back').every(({ isVerified }) => isVerified)).toBe(true);
    expect(await commands.run([...replay])).toMatchObject({ exitCode: 2 });
    await inbox.close();
  },
);

async function ownAccount(): Promise<{ readonly id: string }> {
  return (await client.call<{ id: string }>('GET', '/v1/account')).body;
}
