// packages/client over a fetch of the test's own: what is sent, what is sent again and with which key, how each call ends,
// and which class each error has. That it works with a relay, checks/clients proves on Node 20.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RelayClient } from '../../../packages/client/source/relay-client.ts';
import * as errors from '../../../packages/client/source/relay-errors.ts';
import type { Task } from '../../../packages/client/source/api-messages.ts';
import type { RelayClientOptions } from '../../../packages/client/source/relay-client.ts';

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

type Reply = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> };

const LOST = 'lost';
const NEVER = 'never';

/** A relay that gives these answers one after the other, the last one for ever. */
function clientOf(replies: readonly (Reply | typeof LOST | typeof NEVER)[], options: Partial<RelayClientOptions> = {}) {
  const sent: Sent[] = [];
  const fetch: typeof globalThis.fetch = (url, init = {}) => {
    const reply = replies[Math.min(sent.length, replies.length - 1)];
    sent.push({
      method: init.method ?? 'GET',
      url: url instanceof Request ? url.url : url.toString(),
      headers: init.headers as Record<string, string>,
      body: init.body as string | undefined,
    });
    if (reply === NEVER || reply === undefined) {
      return new Promise((_, reject) =>
        init.signal?.addEventListener('abort', () => reject(new DOMException('ended', 'AbortError'))),
      );
    }
    if (reply === LOST) return Promise.reject(new TypeError('fetch failed'));
    return Promise.resolve(
      Response.json('body' in reply ? reply.body : {}, { status: reply.status, headers: reply.headers ?? {} }),
    );
  };
  const client = new RelayClient({ baseUrl: 'https://relay.test/', apiKey: 'sk_1', fetch, retries: 2, ...options });
  return { client, sent };
}

function task(fields: Partial<Task> = {}): Task {
  return {
    id: 't',
    model: 'a/b/c',
    status: 'created',
    code: null,
    outputs: null,
    error: null,
    created_at: '2026-01-01T00:00:00.000Z',
    completed_at: null,
    updated_at: '2026-01-01T00:00:00.000Z',
    next_attempt_at: null,
    money: null,
    phase: 'queued',
    attempts: [],
    ...fields,
  };
}

afterEach(() => {
  vi.useRealTimers();
});

const accepted: Reply = { status: 200, body: { id: 't', status: 'created', estimated_duration: 3 } };
const quickly = { pollFirstMs: 1, pollMaxMs: 2 };

describe('a submit', () => {
  it('is a POST to the model with the key, the input and what is wished', async () => {
    const { client, sent } = clientOf([accepted]);
    await client.submit('a/b/c', { prompt: 'x' }, { webhook: 'https://app.test/hook?a=1', priority: 5 });
    expect(sent).toMatchObject([
      {
        method: 'POST',
        url: 'https://relay.test/v1/a/b/c?webhook=https%3A%2F%2Fapp.test%2Fhook%3Fa%3D1&priority=5',
        headers: { authorization: 'Bearer sk_1', 'content-type': 'application/json' },
        body: '{"prompt":"x"}',
      },
    ]);
  });

  it('is sent again with one and the same key after a lost answer, a 429 and a 500', async () => {
    for (const first of [LOST, { status: 429 }, { status: 500 }] as const) {
      const { client, sent } = clientOf([first, accepted]);
      expect(await client.submit('a/b/c', { prompt: 'x' })).toMatchObject({ id: 't' });
      const keys = sent.map(({ headers }) => headers['idempotency-key']);
      expect(keys).toEqual([keys[0], keys[0]]);
      expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  it('has another key each time, or the one that is given', async () => {
    const { client, sent } = clientOf([accepted]);
    await client.submit('a/b/c', { prompt: 'x' });
    await client.submit('a/b/c', { prompt: 'x' });
    await client.submit('a/b/c', { prompt: 'x' }, { idempotencyKey: 'order-1' });
    const keys = sent.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe('order-1');
  });

  it('of something that is no model is refused before it is sent', async () => {
    const { client, sent } = clientOf([accepted]);
    await expect(client.submit('a/b', {})).rejects.toBeInstanceOf(errors.InvalidRequestError);
    await expect(client.submit('a/b/c/d', {})).rejects.toBeInstanceOf(errors.InvalidRequestError);
    expect(sent).toEqual([]);
  });
});

describe('a call', () => {
  it.each([
    [400, errors.InvalidRequestError],
    [401, errors.InvalidKeyError],
    [403, errors.ForbiddenError],
    [404, errors.NotFoundError],
    [409, errors.ConflictError],
    [415, errors.InvalidRequestError],
    [429, errors.RateLimitedError],
    [500, errors.ServerError],
    [503, errors.ServerError],
  ])('that is answered %i ends with the class of that status', async (status, type) => {
    const body = { code: status, error: 'Words', details: 'why' };
    const { client } = clientOf([{ status, body, headers: { 'x-request-id': 'r1' } }], { retries: 0 });
    const error = await client.get('t').catch((one: unknown) => one);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ code: status, details: 'why', correlationId: 'r1', message: 'Words: why' });
  });

  it('is not sent again after a status that would come again', async () => {
    for (const status of [400, 401, 403, 404, 409]) {
      const { client, sent } = clientOf([{ status }]);
      await expect(client.get('t')).rejects.toMatchObject({ code: status });
      expect(sent).toHaveLength(1);
    }
  });

  it('is sent as often as retries say, then ends with the last error', async () => {
    const { client, sent } = clientOf([LOST], { retries: 2 });
    await expect(client.get('t')).rejects.toBeInstanceOf(errors.ConnectionError);
    expect(sent).toHaveLength(3);
  });

  it('that puts a task back is sent again after a 429, and never after a lost answer', async () => {
    const refused = clientOf([{ status: 429 }, { status: 200, body: task() }]);
    expect(await refused.client.retry('t')).toMatchObject({ id: 't' });
    expect(refused.sent).toHaveLength(2);
    const lost = clientOf([LOST, { status: 200, body: task() }]);
    await expect(lost.client.retry('t')).rejects.toBeInstanceOf(errors.ConnectionError);
    expect(lost.sent).toHaveLength(1);
  });

  it('waits at least as long as the relay asks', async () => {
    vi.useFakeTimers();
    const { client, sent } = clientOf([
      { status: 429, headers: { 'retry-after': '30' } },
      { status: 200, body: task() },
    ]);
    const call = client.get('t');
    await vi.advanceTimersByTimeAsync(29_900);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(700);
    expect(sent).toHaveLength(2);
    expect(await call).toMatchObject({ id: 't' });
  });

  it('ends with the 429 when its own time is up before', async () => {
    const { client } = clientOf([{ status: 429, headers: { 'retry-after': '30' } }], { timeoutMs: 20 });
    const error = await client.get('t').catch((one: unknown) => one);
    expect(error).toBeInstanceOf(errors.RateLimitedError);
    expect(error).toMatchObject({ retryAfterMs: 30_000 });
  });

  it('ends by its own time, and by the signal of its caller', async () => {
    const { client } = clientOf([NEVER]);
    await expect(client.get('t', { timeoutMs: 10 })).rejects.toBeInstanceOf(errors.TimedOutError);
    const controller = new AbortController();
    const call = client.get('t', { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toBeInstanceOf(errors.AbortedError);
    await expect(client.get('t', { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(errors.AbortedError);
  });

  it('is not answered by what is not JSON', async () => {
    const fetch = () => Promise.resolve(new Response('<html>', { status: 200 }));
    const { client } = clientOf([], { fetch, retries: 0 });
    await expect(client.get('t')).rejects.toMatchObject({ name: 'ConnectionError', code: 'answer' });
  });
});

describe('an answer that is JSON but not a message of a relay', () => {
  const odd = [null, [], 'ok', 7, {}, { data: 'x' }, { status: 'completed' }, { status: 'created', attempts: 'none' }];
  const inRows = (bodies: readonly unknown[]): (readonly [unknown])[] => bodies.map((body) => [body]);

  it.each(inRows(odd))('%j ends each call with a RelayError, or with what it is', async (body) => {
    const { client } = clientOf([{ status: 200, body }], { retries: 0 });
    const wait = { ...quickly, timeoutMs: 20 };
    const calls = [client.get('t'), client.cancel('t'), client.wait('t', wait), client.list().next()];
    for (const result of await Promise.allSettled(calls)) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(errors.RelayError);
      else expect(result.value).toBeTypeOf('object');
    }
  });

  it.each(inRows([null, [], 'ok', 7]))('%j is not a task', async (body) => {
    const { client } = clientOf([{ status: 200, body }], { retries: 0 });
    await expect(client.get('t')).rejects.toMatchObject({ name: 'ConnectionError', code: 'answer' });
  });

  it('is not a page of a list either', async () => {
    const { client } = clientOf([{ status: 200, body: { data: 'x' } }], { retries: 0 });
    await expect(client.list().next()).rejects.toMatchObject({ name: 'ConnectionError', code: 'answer' });
  });

  it.each(inRows([null, [], 'busy', { error: 7 }]))('%j of status 500 is an error of its status', async (body) => {
    const { client } = clientOf([{ status: 500, body }], { retries: 0 });
    await expect(client.get('t')).rejects.toMatchObject({ name: 'ServerError', code: 500, message: 'HTTP 500' });
  });
});

describe('a wait', () => {
  const done = task({ status: 'completed', phase: 'completed', code: 0, outputs: ['https://x.test/1.png'] });

  it('ends with the task and its outputs', async () => {
    const { client, sent } = clientOf([
      { status: 200, body: task() },
      { status: 200, body: done },
    ]);
    expect(await client.wait('t', quickly)).toMatchObject({ outputs: ['https://x.test/1.png'] });
    expect(sent).toHaveLength(2);
  });

  it('tells each state once', async () => {
    const running = task({ status: 'processing', phase: 'running' });
    const replies = [task(), task(), running, running, done].map((body) => ({ status: 200, body }));
    const { client } = clientOf(replies);
    const seen: string[] = [];
    await client.subscribe('t', ({ phase }) => seen.push(phase), quickly);
    expect(seen).toEqual(['queued', 'running', 'completed']);
  });

  it.each([
    [{ status: 'failed', code: 1401 }, errors.TaskRefusedError, 1401],
    [{ status: 'failed', code: 5003 }, errors.TaskUnavailableError, 5003],
    [{ status: 'cancelled' }, errors.TaskCancelledError, 'cancelled'],
  ] as const)('for a task that ends as %j ends with the class of its code', async (fields, type, code) => {
    const { client } = clientOf([{ status: 200, body: task(fields) }]);
    const error = await client.wait('t', quickly).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ code, task: { id: 't' } });
  });

  it('outlives an outage of the relay', async () => {
    const { client } = clientOf([LOST, { status: 503 }, { status: 200, body: done }], { retries: 0 });
    expect(await client.wait('t', quickly)).toMatchObject({ status: 'completed' });
  });

  it('for a task that is not known ends at once', async () => {
    const { client, sent } = clientOf([{ status: 404 }]);
    await expect(client.wait('t', quickly)).rejects.toBeInstanceOf(errors.NotFoundError);
    expect(sent).toHaveLength(1);
  });

  it('ends by its own time, and by the signal of its caller', async () => {
    const { client } = clientOf([{ status: 200, body: task() }]);
    await expect(client.wait('t', { ...quickly, timeoutMs: 10 })).rejects.toBeInstanceOf(errors.TimedOutError);
    const hung = clientOf([NEVER]).client;
    await expect(hung.wait('t', { ...quickly, timeoutMs: 10 })).rejects.toBeInstanceOf(errors.TimedOutError);
    const controller = new AbortController();
    const waiting = client.subscribe('t', () => controller.abort(), { ...quickly, signal: controller.signal });
    await expect(waiting).rejects.toBeInstanceOf(errors.AbortedError);
  });
});

describe('a list', () => {
  it('goes on page after page, and asks for no page that is not read', async () => {
    const pages = [
      { status: 200, body: { data: [task({ id: '1' }), task({ id: '2' })], next_cursor: 'c/1' } },
      { status: 200, body: { data: [], next_cursor: 'c2' } },
      { status: 200, body: { data: [task({ id: '3' })], next_cursor: null } },
    ];
    const whole = clientOf(pages);
    const ids: string[] = [];
    for await (const { id } of whole.client.list({ status: 'failed' })) ids.push(id);
    expect(ids).toEqual(['1', '2', '3']);
    expect(whole.sent.map(({ url }) => url.split('?')[1])).toEqual([
      'status=failed&limit=100',
      'status=failed&limit=100&cursor=c%2F1',
      'status=failed&limit=100&cursor=c2',
    ]);
    const part = clientOf(pages);
    for await (const { id } of part.client.list()) if (id === '2') break;
    expect(part.sent).toHaveLength(1);
  });
});
