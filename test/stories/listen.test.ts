// `relay listen`: a developer's receiver on this machine gets the events of a running relay, signed as its webhooks are. The
// receiver verifies each with the libraries that receivers use.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RelayClient } from '../support/relay-client.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import { SignedInbox } from '../support/signed-inbox.ts';
import type { RelayCommands } from '../support/relay-commands.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const patience = { timeout: 60_000, interval: 100 };

let relay: RelayProcess;
let commands: RelayCommands;
let client: RelayClient;
let inbox: SignedInbox;

beforeAll(async () => {
  relay = await startRelay();
  commands = relayCommands(relay.commandLineTarget);
  client = new RelayClient(relay.url, relay.apiKey);
  inbox = await SignedInbox.open(relay.webhookSecret);
});
afterAll(async () => {
  await inbox.close();
  await relay.stop();
});

function received(path: string) {
  return inbox.received(path).map(({ id, isVerified, body }) => ({ id, isVerified, task: body.data?.['id'] }));
}

it.runIf(isLocalTarget)(
  'forwards each event once, signed, tries again what the receiver refuses, outlives the relay, and ends by Ctrl-C',
  { timeout: 240_000 },
  async () => {
    const before = await client.submit('simulator/0/text-to-image');
    await client.ended(before);
    const listening = commands.start(['listen', '--forward-to', inbox.at('/mine', [500, 204, 200]), '--json']);
    const told = commands.start(['listen', '--since', '1h', '--forward-to', inbox.at('/since')]);
    await expect.poll(told.stderr, patience).toContain("signed with the account's webhook secret");
    await expect.poll(() => received('/since').map(({ task }) => task), patience).toContain(before);

    const first = await client.submit('simulator/0/text-to-image');
    await expect.poll(() => received('/mine').length, patience).toBe(2);
    const [refused, taken] = received('/mine');
    expect([refused, taken]).toMatchObject([{ task: first, isVerified: true }, { isVerified: true }]);
    expect(taken?.id).toBe(refused?.id);

    told.interrupt();
    const ended = await told.ended;
    expect([ended.exitCode, ended.stderr]).toEqual([0, expect.stringMatching(/Ended. --after \S+ goes on from here/)]);
    expect(ended.stdout).toMatch(/task\.completed {2}evt_\S+ {2}200 in \d+ ms/);

    await relay.kill9();
    relay = await relay.restart();
    const second = await client.submit('simulator/1403/text-to-image');
    await expect.poll(() => received('/mine').map(({ task }) => task), patience).toContain(second);
    listening.interrupt();
    const { exitCode, stdout } = await listening.ended;
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { id: refused?.id, try: 1, http_status: 500, type: 'task.completed' },
      { id: refused?.id, try: 2, http_status: 204 },
      { type: 'task.failed', try: 1, http_status: 200, cause: null },
      { after: expect.any(String) },
    ]);
  },
);

it('goes on from a cursor, for an endpoint in its shape with its secret, and for a key without credentials', async () => {
  const create = [
    'endpoints',
    'create',
    '--account',
    (await client.call<{ id: string }>('GET', '/v1/account')).body.id,
  ];
  const made = await commands.json<{ id: string; secret: string }>([
    ...[...create, '--url', inbox.at('/elsewhere'), '--shape', 'get3w', '--events', 'task.failed'],
  ]);
  inbox.trust('/shaped', made.secret);
  const task = await client.submit('simulator/1403/text-to-image');
  await client.ended(task);
  const shaped = ['listen', '--endpoint', made.id, '--since', '1h', '--forward-to', inbox.at('/shaped')];
  const listening = commands.start(shaped);
  const bodies = () => inbox.received('/shaped').map(({ body, isVerified }) => ({ id: body['id'], isVerified }));
  await expect.poll(bodies, patience).toContainEqual({ id: task, isVerified: true });
  listening.interrupt();
  const cursor = /--after (\S+) goes on/.exec((await listening.ended).stderr)?.[1] ?? '';

  const later = await client.submit('simulator/0/text-to-image');
  await client.ended(later);
  process.env['RELAY_KEY'] = relay.apiKey;
  try {
    const byKey = ['listen', '--url', relay.url, '--secret', relay.webhookSecret, '--after', cursor];
    const running = relayCommands([]).start([...byKey, '--forward-to', inbox.at('/by-key')]);
    await expect.poll(() => received('/by-key').map(({ task: id }) => id), patience).toContain(later);
    running.interrupt();
    expect((await running.ended).exitCode).toBe(0);
  } finally {
    delete process.env['RELAY_KEY'];
  }
  expect(received('/by-key').every(({ isVerified }) => isVerified)).toBe(true);
});

it('refuses to send what tasks made to another machine in the clear, and a cursor that is none', async () => {
  const open = await commands.run(['listen', '--forward-to', 'http://10.0.0.1/hooks']);
  expect([open.exitCode, open.stderr]).toEqual([2, expect.stringContaining('add --allow-http')]);
  const wrong = await commands.run(['listen', '--forward-to', inbox.at('/mine'), '--after', 'nonsense']);
  expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringContaining('The relay answers 400')]);
});
