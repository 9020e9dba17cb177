// What must never stand in a log: prompts, keys, callback tokens, addresses of webhooks, what receivers answer. Each is
// given a text that nothing else has, sent through every path there is, and then looked for in all that was logged.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import { SignedInbox } from '../support/signed-inbox.ts';
import { until } from '../support/until.ts';
import { WebhookClient } from '../support/webhook-client.ts';
import type { RelayProcess } from '../support/relay-process.ts';

/** Where each comes from, and the text of it. None is a word of ours. */
const canaries = {
  prompt: 'zebrafinch-prompt',
  'field of the body': 'zebrafinch-field',
  'malformed body': 'zebrafinch-malformed',
  'unknown key': 'sk_zebrafinchunknownkey',
  'idempotency key': 'zebrafinch-idempotency',
  'path of a call': 'zebrafinch-path',
  'query of a call': 'zebrafinch-query',
  'webhook path': 'zebrafinch-webhook-path',
  'webhook query': 'zebrafinch-webhook-query',
  'endpoint path': 'zebrafinch-endpoint-path',
  'endpoint header': 'zebrafinch-endpoint-header',
  'answer of a receiver': 'zebrafinch-receiver-answer',
  'forged callback token': 'zebrafinch-forged-token',
  'body of a callback': 'zebrafinch-callback-body',
} as const;

const body = {
  prompt: canaries.prompt,
  channel: 'economy',
  image: `https://images.example/${canaries['field of the body']}`,
};

let dataDir: string;
let relay: RelayProcess;
let inbox: SignedInbox;
let client: WebhookClient;
/** Everything that was logged, once the relay has ended. */
let log: string;
const taskIds: string[] = [];

const linesWith = (text: string): readonly string[] => log.split('\n').filter((line) => line.includes(text));

const filesOf = (folder: string): string =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

/** Tokens that were given out, as Get3W's stand-in was told them. */
const callbackTokens = (): string[] => [
  ...new Set(
    [...filesOf(join(dataDir, 'get3w')).matchAll(/callbacks(?:\/|%2F)get3w(?:\/|%2F)([\w.~-]{20,})/g)].map(
      ([, token]) => token ?? '',
    ),
  ),
];

beforeAll(async () => {
  if (!isLocalTarget) return;
  dataDir = mkdtempSync(join(tmpdir(), 'relay-canaries-'));
  relay = await startRelay({ dataDir });
  inbox = await SignedInbox.open(relay.webhookSecret);
  client = new WebhookClient(relay.url, relay.apiKey);
  await sendThroughEveryPath();
  await relay.stop();
  log = filesOf(join(dataDir, 'logs'));
}, 120_000);

afterAll(async () => {
  await inbox?.close();
  if (dataDir) rmSync(dataDir, { recursive: true, force: true });
});

const sendThroughEveryPath = async (): Promise<void> => {
  inbox.at(`/${canaries['endpoint path']}`, () => ({ status: 500, body: canaries['answer of a receiver'] }));
  const endpoint = await client.endpoint(inbox, `/${canaries['endpoint path']}`, {
    headers: { 'x-canary': canaries['endpoint header'] },
  });
  // Completed, failed, refused, in doubt, retried, cancelled: with a webhook whose address is somebody's secret.
  const webhook = `${inbox.url}/${canaries['webhook path']}?token=${canaries['webhook query']}`;
  const query = `?webhook=${encodeURIComponent(webhook)}`;
  for (const steps of [
    '0',
    '1200',
    '400',
    '401.0',
    '429.0',
    '500.0',
    '5003.0',
    'reset.0',
    'lost',
    'twice',
    'silent',
    'never',
  ]) {
    const headers = { 'idempotency-key': `${canaries['idempotency key']}-${steps}` };
    taskIds.push(await client.submit(`simulator/${steps}/text-to-image`, { query, body, headers }));
  }
  await callEverything(taskIds);
  await client.call('DELETE', `/v1/requests/${taskIds.at(-1)}`);
  for (const id of taskIds) await client.ended(id, 90_000);
  await until(() => inbox.received(`/${canaries['endpoint path']}`).length > 0, 20_000);
  await client.call('POST', `/v1/webhook-endpoints/${endpoint.id}/test`);
  await client.call('DELETE', `/v1/webhook-endpoints/${endpoint.id}`);
};

/** Calls that are refused, and those that only read. */
const callEverything = async ([id]: readonly string[]): Promise<void> => {
  const model = '/v1/google/nano-banana-pro/text-to-image';
  await client.call('POST', model, { body: `{"prompt": "${canaries['malformed body']}` });
  await client.call('POST', model, { body, key: canaries['unknown key'] });
  await client.call('POST', `${model}?sync=true&x=${canaries['query of a call']}`, { body });
  await client.call('GET', `/v1/requests/${canaries['path of a call']}?cursor=${canaries['query of a call']}`);
  await client.call('GET', `/v1/requests?cursor=${canaries['query of a call']}`);
  await client.call('PUT', `/${canaries['path of a call']}/x`, { body });
  await client.call('GET', `/v1/requests/${id}/deliveries`);
  await client.call('POST', `/v1/requests/${id}/retry`);
  await client.call('GET', `/v1/monitoring/metrics?name=${canaries['query of a call']}`);
  await client.call('GET', '/v1/gate', { key: canaries['unknown key'] });
  const [token] = callbackTokens();
  for (const one of [canaries['forged callback token'], token ?? '']) {
    const callback = { id: 'x', status: 'strange', error: canaries['body of a callback'] };
    await client.call('POST', `/callbacks/get3w/${one}`, { body: callback, key: null });
    await client.call('POST', `/callbacks/get3w/${one}`, { body: canaries['body of a callback'], key: null });
  }
};

describe.runIf(isLocalTarget)('the log', () => {
  it('tells of every task by its id, and of every call', () => {
    expect(taskIds.length).toBeGreaterThan(10);
    for (const id of taskIds) expect(linesWith(id).length, id).toBeGreaterThan(0);
    expect(log).toContain('"message":"answered"');
    expect(log).toContain('"route":"POST /callbacks/get3w/{token}"');
  });

  it.each(Object.entries(canaries))('never shows what came as %s', (_where, canary) => {
    expect(linesWith(canary)).toEqual([]);
  });

  it('never shows a key: of a client, of Get3W, of webhooks', () => {
    const keys = [relay.apiKey, ...Object.values(relay.keys), relay.webhookSecret, 'sk_local_simulator'];
    for (const key of keys) {
      expect(key.length).toBeGreaterThan(10);
      expect(linesWith(key)).toEqual([]);
      expect(linesWith(encodeURIComponent(key))).toEqual([]);
    }
    expect(log).not.toMatch(/\b(sk|whsec)_[\w+/=-]{8,}/);
  });

  it('never shows a callback token that was given out', () => {
    const tokens = callbackTokens();
    expect(tokens.length).toBeGreaterThan(5);
    for (const token of tokens) expect(linesWith(token)).toEqual([]);
    // Nor its secret part alone, which comes after the id of the task.
    for (const token of tokens) expect(linesWith(token.split('.').at(-1) ?? token)).toEqual([]);
  });
});
