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

it('finds the endpoint that fails, shows its deliveries, switches it off and on again, and puts that on record', async () => {
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
  expect(await commands.json(['endpoints', 'enable', made.id])).toMatchObject({ disabled: false, failing_since: null });
  const audit = await commands.json<{ data: readonly object[] }>(['audit', '--action', 'endpoint.change']);
  expect(audit.data).toMatchObject([{ target: made.id }, { target: made.id, reason: 'customer asked' }]);
  expect(await commands.run(['endpoints', 'show', 'we_unknown'])).toMatchObject({ exitCode: 3 });
  await inbox.close();
});
