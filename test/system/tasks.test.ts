// The calls about tasks, from outside: sync, listing, cancel, putting back, idempotency, callbacks and limits.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promptInput, RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { ErrorBody, Submitted } from '../support/relay-client.ts';
import type { RelayProcess } from '../support/relay-process.ts';

let relay: RelayProcess;
let client: RelayClient;

beforeAll(async () => {
  relay = await startRelay();
  client = new RelayClient(relay.url, relay.apiKey);
});
afterAll(() => relay.stop());

interface Ledger {
  readonly tasks: Record<string, { accepted: number; charged: number; refunded: number }>;
}

async function paidFor(id: string): Promise<number> {
  const { tasks } = (await (await fetch(`${relay.simulatorUrl}/_simulator/ledger`)).json()) as Ledger;
  const entry = tasks[id];
  return entry ? entry.charged - entry.refunded : 0;
}

interface Page {
  readonly data: readonly PublicTask[];
  readonly next_cursor: string | null;
}

describe('a submit with ?sync=true', () => {
  it('answers the finished task, retries included', async () => {
    const reply = await client.call<PublicTask>('POST', '/v1/simulator/5003.5003.0/text-to-image?sync=true', {
      body: promptInput,
    });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ status: 'completed', code: 0, model: 'simulator/5003.5003.0/text-to-image' });
    expect(reply.body.attempts.map(({ code }) => code)).toEqual([5003, 5003, 0]);
    expect(await paidFor(reply.body.id)).toBe(1);
  });

  it('answers the current task when it takes longer than the wait', { timeout: 40_000 }, async () => {
    const started = Date.now();
    const reply = await client.call<PublicTask>('POST', '/v1/simulator/never/text-to-image?sync=true', {
      body: promptInput,
    });
    expect(reply.body).toMatchObject({ status: 'processing', completed_at: null });
    expect(Date.now() - started).toBeLessThan(29_000);
    expect((await client.get(reply.body.id)).status).toBe('processing');
    await client.call('DELETE', `/v1/requests/${reply.body.id}`);
  });
});

describe('an idempotency key', () => {
  const submit = (key: string, body: unknown) =>
    client.call<Submitted & ErrorBody>('POST', '/v1/simulator/0/text-to-image', {
      body,
      headers: { 'idempotency-key': key },
    });

  it('answers the same task for the same request, also when both come at once', async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => submit('order-17', promptInput)));
    expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    const [first] = replies;
    await client.ended(first?.body.id ?? '');
    expect(await paidFor(first?.body.id ?? '')).toBe(1);
  });

  it('answers 409 for another body', async () => {
    await submit('order-18', promptInput);
    const other = await submit('order-18', { ...promptInput, prompt: 'another lighthouse' });
    expect([other.status, other.body.code]).toEqual([409, 409]);
  });

  it('belongs to one account: the same key of another account is another key', async () => {
    const { body } = await submit('order-19', promptInput);
    const limited = new RelayClient(relay.url, relay.keys.limited);
    const id = await limited.submit('simulator/0/text-to-image', { headers: { 'idempotency-key': 'order-19' } });
    expect(id).not.toBe(body.id);
    await limited.ended(id);
  });
});

describe('the list of tasks', () => {
  it("shows the account's tasks newest first, page by page, each once", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.push(await client.submit('simulator/1200/list-me'));
    await Promise.all(ids.map((id) => client.ended(id)));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await client.call<Page>('GET', `/v1/requests?model=simulator/1200/list-me&limit=2${query}`);
      expect(body.data.length).toBeLessThanOrEqual(2);
      seen.push(...body.data.map(({ id }) => id));
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual(ids.toReversed());
  });

  it('is filtered by status and code', async () => {
    const id = await client.submit('simulator/1402/filter-me');
    await client.ended(id);
    const failed = await client.call<Page>('GET', '/v1/requests?status=failed&code=1402');
    expect(failed.body.data.map((task) => task.id)).toContain(id);
    expect(failed.body.data.every((task) => task.code === 1402)).toBe(true);
    const completed = await client.call<Page>('GET', '/v1/requests?status=completed&model=simulator/1402/filter-me');
    expect(completed.body.data).toEqual([]);
  });

  it("never shows another account's tasks", async () => {
    const id = await client.submit('simulator/0/private');
    const limited = new RelayClient(relay.url, relay.keys.limited);
    const { body } = await limited.call<Page>('GET', '/v1/requests?model=simulator/0/private');
    expect(body.data).toEqual([]);
    expect((await limited.call('GET', `/v1/requests/${id}`)).status).toBe(404);
    expect((await limited.call('DELETE', `/v1/requests/${id}`)).status).toBe(404);
  });

  it.each(['limit=0', 'limit=1000', 'limit=x', 'status=lost', 'code=abc', 'cursor=nonsense'])(
    'refuses %s and says what is allowed',
    async (query) => {
      const { status, body } = await client.call<ErrorBody>('GET', `/v1/requests?${query}`);
      expect(status).toBe(400);
      expect(body).toMatchObject({
        error: 'Invalid parameters',
        details: expect.stringContaining(query.split('=')[0] ?? ''),
      });
    },
  );
});

describe('a cancel', () => {
  it('ends a running task, and a second one is answered with the task', async () => {
    const id = await client.submit('simulator/never/text-to-image');
    await client.reached(id, ({ phase }) => phase === 'running');
    const cancelled = await client.call<PublicTask>('DELETE', `/v1/requests/${id}`);
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled']);
    const again = await client.call<PublicTask>('DELETE', `/v1/requests/${id}`);
    expect([again.status, again.body.status]).toEqual([200, 'cancelled']);
  });

  it('records a success that comes all the same as unused, and stays a cancel', async () => {
    const settings = (durationMs: number) =>
      fetch(`${relay.simulatorUrl}/_simulator/settings`, { method: 'PUT', body: JSON.stringify({ durationMs }) });
    await settings(2_000);
    const id = await client.submit('simulator/0/slow');
    await client.reached(id, ({ phase }) => phase === 'running');
    await client.call('DELETE', `/v1/requests/${id}`);
    await settings(200);
    const unused = await client.reached(id, ({ attempts }) => attempts[0]?.unused_success === true);
    expect(unused.status).toBe('cancelled');
    expect(unused.outputs).toBeNull();
  });
});

describe('putting a failed task back', () => {
  it('goes on with the same task', async () => {
    const id = await client.submit('simulator/1403.0/text-to-image');
    expect((await client.ended(id)).code).toBe(1403);
    const again = await client.call<PublicTask>('POST', `/v1/requests/${id}/retry`);
    expect([again.status, again.body.id]).toEqual([200, id]);
    const ended = await client.ended(id);
    expect(ended).toMatchObject({ status: 'completed', code: 0 });
    expect(ended.attempts).toHaveLength(2);
  });

  it('is refused for a task that has not failed', async () => {
    const id = await client.submit('simulator/0/text-to-image');
    await client.ended(id);
    expect((await client.call('POST', `/v1/requests/${id}/retry`)).status).toBe(409);
  });
});

describe("Get3W's webhook", () => {
  it.each(['nonsense', `0192a5f8-0000-7000-8000-000000000000.1.${'x'.repeat(32)}`])(
    'is answered 404 for a token that was never issued: %s',
    async (token) => {
      const forged = await client.call('POST', `${new URL(relay.callbacksUrl).pathname}/${token}`, {
        key: null,
        body: { id: 'x', status: 'completed', outputs: [] },
      });
      expect([forged.status, forged.body]).toEqual([404, { code: 404, error: 'Not found' }]);
    },
  );

  it('has a path of its own in each relay, that nobody guesses', () => {
    const [, segment] = /\/callbacks\/get3w\/([^/]+)$/.exec(relay.callbacksUrl) ?? [];
    expect(segment).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('reaches no function on the path of another relay', async () => {
    const other = '/callbacks/get3w/0192a5f8-0000-4000-8000-000000000000';
    const answer = await client.call('POST', `${other}/${'x'.repeat(60)}`, { key: null, body: {} });
    // The api's own answer to a path that it does not have: settle, which callbacks keep busy, was not asked.
    expect([answer.status, answer.body]).toEqual([404, { code: 404, error: 'Not found' }]);
  });

  it.each(['lost', 'silent', 'twice', 'early'])('%s: the task completes, and is paid once', async (step) => {
    const id = await client.submit(`simulator/${step}/text-to-image`);
    expect((await client.ended(id)).status).toBe('completed');
    expect(await paidFor(id)).toBe(1);
  });

  it('reset: nothing was made, so it is made after the doubt, once', async () => {
    const id = await client.submit('simulator/reset.0/text-to-image');
    const ended = await client.ended(id);
    expect(ended.attempts[0]).toMatchObject({
      level: 'transport',
      code: 'reset',
      doubt: { resolution: 'resubmitted' },
    });
    expect(await paidFor(id)).toBe(1);
  });
});

describe('input beyond the limits', () => {
  it('is refused with the limit named', async () => {
    const huge = await client.call<ErrorBody>('POST', '/v1/a/b/c', { body: { prompt: 'x'.repeat(5_000_000) } });
    expect(huge.status).toBe(400);
    expect(huge.body.details).toMatch(/5000000/);
    const hook = await client.call<ErrorBody>('POST', '/v1/a/b/c?webhook=ftp://example.com', { body: promptInput });
    expect(hook.body.details).toMatch(/webhook must be/);
    const priority = await client.call<ErrorBody>('POST', '/v1/a/b/c?priority=9999', { body: promptInput });
    expect(priority.body.details).toMatch(/3600/);
  });

  it('takes a body just below the limit, letters beyond ASCII included', async () => {
    const body = { prompt: `灯台 ${'ü'.repeat(170_000)}` };
    const id = await client.submit('simulator/0/text-to-image', { body });
    expect((await client.ended(id)).status).toBe('completed');
  });
});

// The emulator of the deploy test takes this path for its own.
describe.skipIf(!isLocalTarget)('the health call', () => {
  it('needs no key and shows only the version', async () => {
    const { status, body } = await client.call<object>('GET', '/health', { key: null });
    expect(status).toBe(200);
    expect(Object.keys(body).toSorted()).toEqual(['status', 'version']);
  });
});
