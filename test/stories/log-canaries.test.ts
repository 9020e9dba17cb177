// What must never be in a log: prompts, keys, callback tokens, addresses of webhooks, what receivers answer. Each is
// given a unique text, sent through every path, and then searched for in everything that was logged.
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
  'request id that is none': 'zebrafinch-request/id',
  'trace parent': 'zebrafinch-traceparent',
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

/** Ids that a client gives its calls: the log is to be searched by them. */
function correlationIdOf(steps: string): string {
  return `kookaburra-${steps}`;
}

interface AttemptLine {
  readonly taskId: string;
  readonly attempt: number;
  readonly [field: string]: unknown;
}

function linesOf(message: string): readonly AttemptLine[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes(`"message":"${message}"`))
    .map((line) => JSON.parse(line) as AttemptLine);
}

function linesWith(text: string): readonly string[] {
  return log.split('\n').filter((line) => line.includes(text));
}

function filesOf(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

/** Tokens that were issued, as Get3W's stand-in received them. */
function callbackTokens(): string[] {
  return [
    ...new Set(
      [
        ...filesOf(join(dataDir, 'get3w')).matchAll(
          /callbacks(?:\/|%2F)get3w(?:\/|%2F)[\w-]+(?:\/|%2F)([\w.~-]{20,})/g,
        ),
      ].map(([, token]) => token ?? ''),
    ),
  ];
}

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

const steps = ['0', '1200', '400', '401.0', '429.0', '500.0', '5003.0', 'reset.0', 'lost', 'twice', 'silent', 'never'];

/** Attempts that each task ended with, by its id. */
const attemptCounts = new Map<string, number>();

async function sendThroughEveryPath(): Promise<void> {
  inbox.at(`/${canaries['endpoint path']}`, () => ({ status: 500, body: canaries['answer of a receiver'] }));
  const endpoint = await client.endpoint(inbox, `/${canaries['endpoint path']}`, {
    headers: { 'x-canary': canaries['endpoint header'] },
  });
  // Completed, failed, refused, in doubt, retried, cancelled: with a webhook whose address is a secret.
  const webhook = `${inbox.url}/${canaries['webhook path']}?token=${canaries['webhook query']}`;
  const query = `?webhook=${encodeURIComponent(webhook)}`;
  for (const step of steps) {
    const headers = {
      'idempotency-key': `${canaries['idempotency key']}-${step}`,
      'x-request-id': correlationIdOf(step),
    };
    taskIds.push(await client.submit(`simulator/${step}/text-to-image`, { query, body, headers }));
  }
  await callEverything(taskIds);
  await client.call('DELETE', `/v1/requests/${taskIds.at(-1)}`);
  for (const id of taskIds) {
    const { attempts } = await client.ended(id, 90_000);
    attemptCounts.set(id, attempts.filter(({ ended_at }) => ended_at !== null).length);
  }
  await until(() => inbox.received(`/${canaries['endpoint path']}`).length > 0, 20_000);
  const toWebhook = (): number =>
    inbox.received().filter(({ path }) => path.startsWith(`/${canaries['webhook path']}`)).length;
  await until(() => toWebhook() >= taskIds.length, 20_000);
  await client.call('POST', `/v1/webhook-endpoints/${endpoint.id}/test`);
  await client.call('DELETE', `/v1/webhook-endpoints/${endpoint.id}`);
}

/** Calls that are refused, and those that only read. */
async function callEverything([id]: readonly string[]): Promise<void> {
  const model = '/v1/google/nano-banana-pro/text-to-image';
  const strange = { 'x-request-id': canaries['request id that is none'], traceparent: canaries['trace parent'] };
  const answered = await client.call('GET', `/v1/requests/${id}`, { headers: strange });
  expect(answered.headers.get('x-request-id')).not.toContain('zebrafinch');
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
  const callbacks = new URL(relay.callbacksUrl).pathname;
  for (const one of [canaries['forged callback token'], token ?? '']) {
    const callback = { id: 'x', status: 'strange', error: canaries['body of a callback'] };
    await client.call('POST', `${callbacks}/${one}`, { body: callback, key: null });
    await client.call('POST', `${callbacks}/${one}`, { body: canaries['body of a callback'], key: null });
  }
}

describe.runIf(isLocalTarget)('the log', () => {
  it('has lines of every task by its id, and of every call', () => {
    expect(taskIds.length).toBeGreaterThan(10);
    for (const id of taskIds) expect(linesWith(id).length, id).toBeGreaterThan(0);
    expect(log).toContain('"message":"answered"');
    expect(log).toContain(`"route":"POST ${new URL(relay.callbacksUrl).pathname}/{token}"`);
  });

  it('has one wide line for each attempt that ended, by task, call and account, with where its time went', async () => {
    const attempts = linesOf('attempt ended');
    for (const [index, id] of taskIds.entries()) {
      const own = attempts.filter(({ taskId, isLate }) => taskId === id && isLate === undefined);
      const numbers = own.map(({ attempt }) => attempt);
      expect(numbers, id).toEqual([...new Set(numbers)]);
      expect(own.length, id).toBe(attemptCounts.get(id));
      for (const line of own) expect(line).toMatchObject({ correlationId: correlationIdOf(steps[index] ?? '') });
    }
    const fields = ['accountId', 'model', 'outcome', 'code', 'next', 'tookMs', 'sinceSubmitMs', 'rank'];
    for (const line of attempts) for (const field of fields) expect(line, String(line.taskId)).toHaveProperty(field);
    expect(attempts.some(({ backoffMs }) => Number(backoffMs) > 0)).toBe(true);
    expect(attempts.some(({ workMs, answerMs }) => Number(workMs) > 0 && Number(answerMs) >= 0)).toBe(true);
    expect(new Set(attempts.map(({ code }) => code))).toEqual(
      new Set(['task-0', 'task-1200', 'http-400', 'http-401', 'http-429', 'http-500', 'task-5003', 'transport-reset']),
    );
  });

  it('has one wide line for each call, with its account and task, and for each webhook', () => {
    const submits = linesOf('answered').filter(({ route }) => String(route).startsWith('POST /v1/{vendor}'));
    for (const [index, id] of taskIds.entries()) {
      const expected = { taskId: id, correlationId: correlationIdOf(steps[index] ?? ''), status: 200 };
      expect(submits).toContainEqual(expect.objectContaining(expected));
    }
    const webhooks = linesOf('webhook called');
    for (const id of taskIds)
      expect(
        webhooks.some(({ taskId }) => taskId === id),
        id,
      ).toBe(true);
    expect(webhooks.some(({ code, status }) => code === 'webhook-5xx' && status === 500)).toBe(true);
  });

  it.each(Object.entries(canaries))('never shows what was sent as %s', (_where, canary) => {
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

  it('never shows a callback token that was issued', () => {
    const tokens = callbackTokens();
    expect(tokens.length).toBeGreaterThan(5);
    for (const token of tokens) expect(linesWith(token)).toEqual([]);
    // Nor its secret part alone, which comes after the id of the task.
    for (const token of tokens) expect(linesWith(token.split('.').at(-1) ?? token)).toEqual([]);
  });
});
