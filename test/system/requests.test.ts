// What a client may send over the wire, and how it is answered: encodings, queries, methods, spellings, repeats. Each
// rule has its table in test/unit/functions/request-*.test.ts; this checks that it holds behind a real gateway.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promptInput, RelayClient } from '../support/relay-client.ts';
import { startRelay } from '../support/relay-process.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { ErrorBody, Submitted } from '../support/relay-client.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const SUBMIT = '/v1/simulator/0/text-to-image';
const root = join(import.meta.dirname, '..', '..');

let relay: RelayProcess;
let client: RelayClient;

beforeAll(async () => {
  relay = await startRelay();
  client = new RelayClient(relay.url, relay.apiKey);
});
afterAll(() => relay.stop());

/** Sends bytes as they are; fetch would make a text of a text. */
async function send(path: string, body: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${relay.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${relay.apiKey}`, 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: response.status, body: (await response.json()) as Submitted & ErrorBody };
}

function bytes(...parts: (string | readonly number[])[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)))),
  );
}

describe('the OpenAPI document', () => {
  it('is served without a key, and is the one of the documentation', async () => {
    const response = await fetch(`${relay.url}/openapi.json`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(await response.json()).toEqual(JSON.parse(await readFile(join(root, 'docs', 'openapi.json'), 'utf8')));
    expect((await fetch(`${relay.url}/openapi.json`, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('the body of a submit', () => {
  it('that is not UTF-8 is refused, whatever its content type says', async () => {
    for (const type of ['application/json', 'application/octet-stream', 'application/x-www-form-urlencoded']) {
      const reply = await send(SUBMIT, bytes('{"prompt":"', [0xff, 0xfe], '"}'), { 'content-type': type });
      expect(reply).toMatchObject({
        status: 400,
        body: { code: 400, error: 'Invalid parameters', details: expect.stringContaining('UTF-8') },
      });
    }
  });

  it('that is compressed is answered 415', async () => {
    const reply = await send(SUBMIT, new Uint8Array(gzipSync(JSON.stringify(promptInput))), {
      'content-encoding': 'gzip',
    });
    expect(reply).toMatchObject({ status: 415, body: { code: 415, details: expect.stringContaining('gzip') } });
  });

  it('may begin with a byte order mark', async () => {
    const reply = await send(SUBMIT, bytes([0xef, 0xbb, 0xbf], JSON.stringify(promptInput)));
    expect(reply.status).toBe(200);
    expect((await client.ended(reply.body.id)).status).toBe('completed');
  });
});

describe('a query', () => {
  it('is read as intended, or refused by name', async () => {
    const waited = await client.call<PublicTask>('POST', `${SUBMIT}?sync=True`, { body: promptInput });
    expect(waited.body).toMatchObject({ status: 'completed', code: 0 });
    for (const [query, name] of [
      ['sync=yes', 'sync'],
      ['webhok=https://app.example', 'webhok'],
      ['priority=5&priority=6', 'priority is given twice'],
    ] as const) {
      const reply = await client.call<ErrorBody>('POST', `${SUBMIT}?${query}`, { body: promptInput });
      expect(reply).toMatchObject({ status: 400, body: { details: expect.stringContaining(name) } });
    }
  });
});

describe('a path', () => {
  it('with a slash too many, an id in upper case, HEAD and a second DELETE are answered as they are meant', async () => {
    const id = await client.submit('simulator/never/text-to-image');
    expect((await client.call<PublicTask>('GET', `//v1/requests/${id}`)).body.id).toBe(id);
    expect((await client.get(id.toUpperCase())).id).toBe(id);
    for (const path of [`/v1/requests/${id}`, '/v1/requests', '/health', '/console']) {
      const response = await fetch(`${relay.url}${path}`, {
        method: 'HEAD',
        headers: { authorization: `Bearer ${relay.apiKey}` },
      });
      expect([response.status, await response.text()], path).toEqual([200, '']);
    }
    const [first, second] = [
      await client.call<PublicTask>('DELETE', `/v1/requests/${id}`),
      await client.call<PublicTask>('DELETE', `/v1/requests/${id}`),
    ];
    expect([first.status, second.status, second.body.status]).toEqual([200, 200, 'cancelled']);
  });
});

describe('a repeated submit', () => {
  it('answers the current task, even with other white space, and 409 for another webhook', async () => {
    const headers = { 'idempotency-key': 'requests-1' };
    const id = await client.submit('simulator/0/text-to-image', { headers, body: '{"prompt":"a cat","seed":1}' });
    await client.ended(id);
    const again = await client.call<PublicTask>('POST', SUBMIT, { headers, body: '{ "seed": 1, "prompt": "a cat" }' });
    expect(again).toMatchObject({ status: 200, body: { id, status: 'completed', code: 0 } });
    const hooked = await client.call<ErrorBody>('POST', `${SUBMIT}?webhook=https%3A%2F%2Fapp.example.com%2Fhook`, {
      headers,
      body: '{"prompt":"a cat","seed":1}',
    });
    expect(hooked).toMatchObject({ status: 409, body: { code: 409 } });
  });
});

describe('a client that reads errors of both forms', () => {
  it('understands the relay and the gateway before it, with the function of docs/errors.md', async () => {
    const script = join(root, 'checks', 'clients', 'either-error.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [script, relay.url, relay.apiKey]);
    expect(JSON.parse(stdout)).toEqual({
      ofRelay: { code: 400, text: 'Invalid parameters', details: 'the body is not valid JSON' },
      ofGateway: { code: 413, text: 'Request Entity Too Large' },
    });
    const [page, source] = await Promise.all([
      readFile(join(root, 'docs', 'errors.md'), 'utf8'),
      readFile(script, 'utf8'),
    ]);
    const shown = /```js\n([\s\S]+?)```/.exec(page)?.[1] ?? 'nothing';
    expect(source).toContain(shown);
  });
});
