// Money on a running relay: a budget is used up by tasks, its account hears of each threshold once, and is refused after;
// what a busy account's processes lease shows nowhere.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRuntimeFile } from '../../local/runtime-file.ts';
import { promptInput } from '../support/relay-client.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { startRelay } from '../support/relay-process.ts';
import { SignedInbox } from '../support/signed-inbox.ts';
import { WebhookClient } from '../support/webhook-client.ts';
import type { ErrorBody } from '../support/relay-client.ts';
import type { RelayCommands } from '../support/relay-commands.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const MODEL = 'simulator/0/text-to-image';
const PRICE_MICROS = 100_000;
/** A budget of one dollar. */
const TASKS = 10;

const folder = mkdtempSync(join(tmpdir(), 'relay-prices-'));
let relay: RelayProcess;
let commands: RelayCommands;
let inbox: SignedInbox;

beforeAll(async () => {
  const pricesFile = join(folder, 'prices.json');
  writeFileSync(pricesFile, JSON.stringify({ models: { [MODEL]: { micros: PRICE_MICROS } } }));
  relay = await startRelay({ environment: { RELAY_PRICES: pricesFile } });
  commands = relayCommands(relay.commandLineTarget);
  inbox = await SignedInbox.open(relay.webhookSecret);
});
afterAll(async () => {
  await inbox.close();
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('tells an account once of each threshold of its budget, by signed webhooks, and refuses it after', async () => {
  const { id } = await commands.json<{ id: string }>(['accounts', 'create', 'spender', '--budget-month', '1']);
  const { key } = await commands.json<{ key: string }>(['keys', 'create', 'spender']);
  const client = new WebhookClient(relay.url, key);
  await client.endpoint(inbox, '/budget', { events: ['budget.threshold'] });
  for (let count = 0; count < TASKS; count += 1) await client.submit(MODEL);
  for (let count = 0; count < 2; count += 1) {
    expect(await client.call<ErrorBody>('POST', `/v1/${MODEL}`, { body: promptInput })).toMatchObject({
      status: 403,
      body: { code: 403, error: 'Insufficient balance' },
    });
  }

  const received = () => inbox.received('/budget');
  await expect.poll(() => received().length, { timeout: 30_000 }).toBe(3);
  const told = received().map(({ body, isVerified }) => [body.type, body.data?.['percent'], isVerified]);
  expect(told.toSorted((a, b) => Number(a[1]) - Number(b[1]))).toEqual([
    ['budget.threshold', 50, true],
    ['budget.threshold', 80, true],
    ['budget.threshold', 100, true],
  ]);
  const limits = { budget: 'month', limit_micros: TASKS * PRICE_MICROS, reason: 'reached' };
  const events = (await client.events('')).data.filter(({ type }) => type === 'budget.threshold');
  expect(events.map(({ data }) => data)).toMatchObject([
    { ...limits, percent: 50, spent_micros: 500_000 },
    { ...limits, percent: 80, spent_micros: 800_000 },
    { ...limits, percent: 100, spent_micros: 1_000_000 },
  ]);
  expect(await commands.json(['accounts', 'show', id])).toMatchObject({ month_budget_micros: 1_000_000 });
});

it('shows what processes have leased of a busy account as not spent, over HTTP and in the commands', async () => {
  const { id } = await commands.json<{ id: string }>(['accounts', 'create', 'busy', '--balance', '1000']);
  const { key } = await commands.json<{ key: string }>(['keys', 'create', 'busy']);
  const client = new WebhookClient(relay.url, key);
  await Promise.all(Array.from({ length: TASKS }, () => client.submit(MODEL)));
  for (let count = 0; count < TASKS; count += 1) await client.submit(MODEL);
  const left = 1_000_000_000 - 2 * TASKS * PRICE_MICROS;
  expect(await leases(id)).toBeGreaterThan(0);

  const shown = await client.call<{ money: { balance_micros: number } }>('GET', '/v1/account');
  expect(shown.body.money.balance_micros).toBe(left);
  expect(await commands.json(['accounts', 'show', id])).toMatchObject({ balance_micros: left });
  const { stdout: list } = await commands.run(['accounts', 'list', '--json']);
  expect(JSON.parse(list)).toContainEqual(expect.objectContaining({ id, balance_micros: left }));
  const set = await commands.json(['accounts', 'set', id, '--weight', '2']);
  expect(set).toMatchObject({ balance_micros: left, weight: 2 });
  expect(await leases(id)).toBeGreaterThan(0);
});

/** Amounts that are set aside, as the table has them: no call shows them. */
async function leases(accountId: string): Promise<number> {
  const runtime = readRuntimeFile(relay.dataDir);
  if (!runtime) throw new Error('the relay does not run');
  const { endpoints, outputs, region } = runtime;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const dynamo = new DynamoDBClient({ endpoint: endpoints.dynamoDb, region, credentials });
  const query = new QueryCommand({
    TableName: outputs['TableName'],
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: `LEASES#${accountId}` } },
  });
  const { Items: rows = [] } = await dynamo.send(query);
  dynamo.destroy();
  return rows.reduce((sum, row) => sum + Number(row['leftMicros']?.N), 0);
}
