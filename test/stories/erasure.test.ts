// Erasing from outside: a prompt, its outputs and what a receiver answered are found in the table or the bucket before, and afterwards in
// no row, no object, no queue and no log; the id is answered 410.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countMessages } from '../../core/adapters/sqs-dead-letters.ts';
import { readRuntimeFile } from '../../local/runtime-file.ts';
import { relayCommands } from '../support/relay-commands.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import { SignedInbox } from '../support/signed-inbox.ts';
import { until } from '../support/until.ts';
import { WebhookClient } from '../support/webhook-client.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const PROMPT = 'hoopoe-prompt';
const ANSWER = 'hoopoe-answer';
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

let relay: RelayProcess;
let runtime: RuntimeFile;
let inbox: SignedInbox;
let client: WebhookClient;

async function wholeTable(): Promise<string> {
  const { endpoints, outputs, region } = runtime;
  const dynamo = new DynamoDBClient({ endpoint: endpoints.dynamoDb, region, credentials });
  const rows: unknown[] = [];
  let from: Record<string, never> | undefined;
  do {
    const scan = new ScanCommand({ TableName: outputs['TableName'], ConsistentRead: true, ExclusiveStartKey: from });
    const page = await dynamo.send(scan);
    rows.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey as Record<string, never> | undefined;
  } while (from);
  dynamo.destroy();
  return JSON.stringify(rows);
}

function wholeBucket(): string {
  const folder = join(relay.dataDir, 'objects');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
}

/** Messages in every queue, dead letters too. */
async function messages(): Promise<number> {
  const { outputs, endpoints, region } = runtime;
  const sqs = new SQSClient({ endpoint: endpoints.sqs, region, credentials, useQueueUrlAsEndpoint: false });
  const urls = Object.entries(outputs).flatMap(([name, url]) => (/(Queue|DeadLetters)Url$/.test(name) ? [url] : []));
  expect(urls.length).toBeGreaterThan(3);
  const counts = await Promise.all(urls.map((url) => countMessages(sqs, url)));
  sqs.destroy();
  return counts.reduce((sum, count) => sum + count, 0);
}

function logs(): string {
  const folder = join(relay.dataDir, 'logs');
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

describe.runIf(isLocalTarget)('erasing a task', () => {
  beforeAll(async () => {
    relay = await startRelay();
    const found = readRuntimeFile(relay.dataDir);
    if (!found) throw new Error('the relay does not run');
    runtime = found;
    inbox = await SignedInbox.open(relay.webhookSecret);
    client = new WebhookClient(relay.url, relay.apiKey);
  });
  afterAll(async () => {
    await inbox.close();
    await relay.stop();
  });

  it.each([
    ['small, in its row', {}],
    ['large, in the bucket', { filler: 'x'.repeat(20_000) }],
  ])('leaves nothing of it: an input that is %s', async (_name, more) => {
    const path = `/${Object.keys(more).length}`;
    inbox.at(path, () => ({ status: 500, body: ANSWER }));
    const endpoint = await client.endpoint(inbox, path);
    const query = `?webhook=${encodeURIComponent(`${inbox.url}${path}`)}`;
    const id = await client.submit('simulator/5003.0/text-to-image', { query, body: { prompt: PROMPT, ...more } });
    const { outputs } = await client.ended(id);
    const [output = 'none'] = outputs as readonly string[];
    expect(output).toMatch(/^http/);
    await until(async () => (await wholeTable()).split(ANSWER).length > 2, 20_000);
    const before = (await wholeTable()) + wholeBucket();
    for (const mark of [PROMPT, output, ANSWER]) expect(before).toContain(mark);

    const erase = () => client.call<{ status: string }>('POST', `/v1/requests/${id}/erase`);
    await until(async () => (await erase()).status === 200, 40_000);
    const after = (await wholeTable()) + wholeBucket();
    for (const mark of [PROMPT, output, ANSWER]) expect(after).not.toContain(mark);
    for (const mark of [PROMPT, output, ANSWER]) expect(logs()).not.toContain(mark);

    expect(await erase()).toMatchObject({ status: 200, body: { id, status: 'erased' } });
    for (const call of ['', '/deliveries']) {
      const gone = await client.call('GET', `/v1/requests/${id}${call}`);
      expect([gone.status, gone.body]).toMatchObject([410, { code: 410, error: 'Gone' }]);
    }
    await client.call('DELETE', `/v1/webhook-endpoints/${endpoint.id}`);
    await expect.poll(messages, { timeout: 20_000 }).toBe(0);
  });

  it('is done for a whole account from the command line, which names what it left', async () => {
    const commands = relayCommands(relay.commandLineTarget);
    await commands.json(['accounts', 'create', 'leaving']);
    const { key } = await commands.json<{ key: string }>(['keys', 'create', 'leaving']);
    const leaving = new WebhookClient(relay.url, key);
    const ended = [await leaving.submit('simulator/0/text-to-image'), await leaving.submit('simulator/1401/x')];
    for (const id of ended) await leaving.ended(id);
    const running = await leaving.submit('simulator/never/text-to-image');

    const unsure = await commands.run(['tasks', 'erase', '--account', 'leaving']);
    expect([unsure.exitCode, unsure.stderr]).toEqual([1, expect.stringContaining('--yes')]);
    await until(async () => {
      await commands.run(['tasks', 'erase', '--account', 'leaving', '--yes']);
      const { stdout } = await commands.run(['tasks', 'erase', ...ended, running, '--json']);
      const { erased, left } = JSON.parse(stdout) as { readonly erased: string[]; readonly left: object };
      return erased.length === 2 && Object.keys(left).join() === running;
    }, 40_000);
    for (const id of ended) expect(await leaving.call('GET', `/v1/requests/${id}`)).toMatchObject({ status: 410 });
    await leaving.call('DELETE', `/v1/requests/${running}`);
  });

  it('is refused while the task has not ended, and a repeated submit of an erased one pays nothing', async () => {
    const running = await client.submit('simulator/never/text-to-image');
    expect(await client.call('POST', `/v1/requests/${running}/erase`)).toMatchObject({
      status: 409,
      body: { error: 'The task has not ended' },
    });
    await client.call('DELETE', `/v1/requests/${running}`);

    const request = { headers: { 'idempotency-key': 'erased-later' }, body: { prompt: 'a cat' } };
    const id = await client.submit('simulator/0/text-to-image', request);
    await client.ended(id);
    await until(async () => (await client.call('POST', `/v1/requests/${id}/erase`)).status === 200, 40_000);
    for (const query of ['', '?sync=true']) {
      const again = await client.call('POST', `/v1/simulator/0/text-to-image${query}`, request);
      expect(again.status).toBe(410);
    }
    expect(await client.call('GET', `/v1/requests/${id}`)).toMatchObject({ status: 410 });
  });
});
