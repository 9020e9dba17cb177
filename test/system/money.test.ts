// Money on a running relay: a budget is used up by tasks, its account hears of each threshold once, and is refused after.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
