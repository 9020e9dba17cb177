// Incidents from what the shell shows first to their end, in the shell alone: the key at Get3W is revoked and replaced, a
// customer's endpoint fails, a message became a dead letter, a model dies with 600 tasks waiting, one account floods the relay.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadLetterMaker } from '../support/dead-letters.ts';
import { incidentModels, simulate, submitMany, submitOne } from '../support/incidents.ts';
import { RelayClient } from '../support/relay-client.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import { SignedInbox } from '../support/signed-inbox.ts';
import type { PublicGate } from '../../core/http/public-gate.ts';
import type { RelayCommands } from '../support/relay-commands.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const patience = { timeout: 60_000, interval: 500 };
const DEAD_MODEL_TASKS = 600;
const FLOOD_TASKS = 60;
const SLOTS = 5;

describe.runIf(isLocalTarget)('an incident in the shell', { timeout: 180_000 }, () => {
  let relay: RelayProcess;
  let commands: RelayCommands;
  let client: RelayClient;
  let accountId: string;

  beforeAll(async () => {
    relay = await startRelay();
    commands = relayCommands(relay.commandLineTarget);
    client = new RelayClient(relay.url, relay.apiKey);
    accountId = (await client.call<{ id: string }>('GET', '/v1/account')).body.id;
  });
  afterAll(() => relay.stop());

  const gate = () => commands.json<PublicGate>(['gate', 'show']);
  const waitingOf = async (isMeant: (queue: PublicGate['waiting'][number]) => boolean): Promise<number> =>
    (await gate()).waiting.filter(isMeant).reduce((sum, { tasks }) => sum + tasks, 0);
  const statusOf = async (id: string): Promise<string> => (await client.get(id)).status;

  it('ends when the key at Get3W is right again and the gate is resumed', async () => {
    await simulate(relay, { faults: { 401: 1 } });
    const id = await submitOne(relay, incidentModels.plain);
    await expect.poll(async () => (await gate()).pause, patience).toMatchObject({ http_status: 401 });
    const { stdout } = await commands.run(['doctor', '--no-task', '--json']);
    const { checks } = JSON.parse(stdout) as { checks: readonly object[] };
    expect(checks).toContainEqual(expect.objectContaining({ name: 'gate', status: 'failed' }));
    await commands.json(['simulator', 'set', '{"faults":{}}']);
    await commands.json(['gate', 'resume', '--reason', 'new key stored']);
    await expect.poll(() => statusOf(id), patience).toBe('completed');
    expect((await gate()).pause).toBeNull();
  });

  it("ends when a customer's endpoint has what it missed", async () => {
    const inbox = await SignedInbox.open(relay.webhookSecret);
    let status = 500;
    const create = [
      'endpoints',
      'create',
      '--account',
      accountId,
      '--url',
      inbox.at('/shop', (call) => (call.isVerified ? status : 401)),
    ];
    const { id, secret } = await commands.json<{ id: string; secret: string }>(create);
    inbox.trust('/shop', secret);
    const lost = await submitOne(relay, incidentModels.quick);
    const troubled = async () =>
      (await commands.json<{ data: readonly { id: string }[] }>(['endpoints', 'list', '--troubled'])).data;
    await expect.poll(troubled, patience).toMatchObject([{ id, last_answer: { http_status: 500 } }]);
    await commands.json(['endpoints', 'disable', id, '--reason', 'the customer mends it']);
    const missed = await submitOne(relay, incidentModels.quick);
    await client.ended(missed);
    status = 204;
    await commands.json(['endpoints', 'enable', id]);
    expect(await commands.json(['endpoints', 'test', id])).toMatchObject({ passed: true });
    await commands.json(['endpoints', 'recover', id, '--since', '1h', '--reason', 'mended']);
    const accepted = () => inbox.received('/shop').map(({ body }) => body.data?.['id']);
    await expect.poll(accepted, patience).toEqual(expect.arrayContaining([lost, missed]));
    await expect.poll(troubled, patience).toEqual([]);
    await commands.json(['endpoints', 'delete', id, '--yes']);
    await inbox.close();
  });

  it('ends when a dead letter is sent back, its cause being known', async () => {
    const letters = deadLetterMaker(relay.dataDir);
    const messageId = await letters.make('this is no doorbell');
    expect(await commands.json(['dead-letters', 'list'])).toMatchObject([
      { queue: 'dispatch', message_id: messageId, cause: { code: 'message-unreadable' } },
    ]);
    expect(await commands.json(['dead-letters', 'redrive', '--reason', 'deployed the mend'])).toMatchObject({
      total: 1,
    });
    expect(await commands.json(['dead-letters', 'list'])).toEqual([]);
    letters.close();
  });

  it('ends when the 600 waiting tasks of a dead model are cancelled, and no others', async () => {
    await commands.json(['simulator', 'set', JSON.stringify({ concurrency: SLOTS })]);
    const other = await submitOne(relay, incidentModels.slow.replace('text-to-image', 'other'));
    await submitMany(relay, incidentModels.slow, DEAD_MODEL_TASKS);
    const ofDeadModel = () => waitingOf(({ model }) => model === incidentModels.slow);
    await expect.poll(ofDeadModel, patience).toBeGreaterThan(DEAD_MODEL_TASKS / 2);
    const dead = ['tasks', 'cancel', '--model', 'simulator/never/text*', '--since', '1h'];
    await expect.poll(() => commands.json([...dead, '--dry-run']), patience).toMatchObject({ tasks: DEAD_MODEL_TASKS });
    const job = await commands.json([...dead, '--yes', '--reason', 'the model is dead']);
    expect(job).toMatchObject({ status: 'done', done: DEAD_MODEL_TASKS, failed: 0, reason: 'the model is dead' });
    expect(await ofDeadModel()).toBe(0);
    expect(await statusOf(other)).not.toBe('cancelled');
  });

  it('ends when the account that floods is suspended and its waiting tasks are cancelled, and no others', async () => {
    const flooder = await commands.json<{ id: string }>(['accounts', 'create', 'flooder']);
    const { key } = await commands.json<{ key: string }>(['keys', 'create', 'flooder']);
    await submitMany(relay, incidentModels.slow, FLOOD_TASKS, key);
    const other = await submitOne(relay, incidentModels.slow);
    const ofFlooder = () => waitingOf(({ account_id: account }) => account === flooder.id);
    await expect.poll(ofFlooder, patience).toBeGreaterThan(FLOOD_TASKS / 2);
    await commands.json(['accounts', 'suspend', 'flooder', '--reason', 'floods']);
    expect((await new RelayClient(relay.url, key).call('GET', '/v1/requests')).status).toBeGreaterThanOrEqual(401);
    const cancel = ['tasks', 'cancel', '--account', 'flooder', '--since', '1h', '--yes'];
    expect(await commands.json(cancel)).toMatchObject({ status: 'done', done: FLOOD_TASKS });
    expect(await ofFlooder()).toBe(0);
    expect(await statusOf(other)).not.toBe('cancelled');
    await commands.json(['accounts', 'resume', 'flooder']);
    const { data } = await commands.json<{ data: readonly { action: string; reason: string | null }[] }>(['audit']);
    expect(data.filter(({ reason }) => reason !== null).map(({ action, reason }) => `${action}: ${reason}`)).toEqual(
      expect.arrayContaining(['account.suspend: floods', 'job.create: the model is dead', 'endpoint.recover: mended']),
    );
  });
});
