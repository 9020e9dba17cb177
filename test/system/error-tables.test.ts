// Every row of Get3W's two error tables, seen through the relay from outside: what the client gets, whether the
// task ends or is retried, what `attempts[]` shows of it, and the metric line of that code.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../core/domain/error-catalogue.ts';
import { eventually } from '../support/eventually.ts';
import { promptInput, RelayClient } from '../support/relay-client.ts';
import { isLocalTarget, startRelay } from '../support/relay-process.ts';
import type { ErrorEntry } from '../../core/domain/error-catalogue.ts';
import type { PublicTask } from '../../core/http/public-task.ts';
import type { ErrorBody } from '../support/relay-client.ts';
import type { RelayProcess } from '../support/relay-process.ts';

const MODEL = 'google/nano-banana-pro/text-to-image';

let relay: RelayProcess;
let client: RelayClient;

/** Task ids by script. All are submitted at once, so that each waits for its own backoffs and none for another's. */
const submitted = new Map<string, string>();

function scriptOf({ code, reaction, level }: ErrorEntry): string {
  if (reaction === 'end' || reaction === 'none') return String(code);
  return level === 'task' ? `${code}.${code}.0` : `${code}.0`;
}

function endedAfter(entry: ErrorEntry): Promise<PublicTask> {
  return client.ended(submitted.get(scriptOf(entry)) ?? '');
}

beforeAll(async () => {
  relay = await startRelay();
  client = new RelayClient(relay.url, relay.apiKey);
  // Those that Get3W refuses for the account would pause the gate for all: they have a test of their own.
  const scripts = errorCatalogue.filter(({ level, reaction }) => level !== 'transport' && reaction !== 'hold-account');
  for (const script of new Set(scripts.filter(({ key }) => key !== 'http-200').map(scriptOf))) {
    submitted.set(script, await client.submit(`simulator/${script}/text-to-image`));
  }
});
afterAll(() => relay.stop());

function submitWith(key: string | null, headers: Record<string, string> = {}, body: unknown = promptInput) {
  return client.call<ErrorBody>('POST', `/v1/${MODEL}`, { key, headers, body });
}

/** Sum of a metric over its whole life, by code. */
async function metricSum(name: string, code: string): Promise<number> {
  const reply = await fetch(`${relay.url}/_local/metrics?name=${name}&period=3600`);
  const { series } = (await reply.json()) as {
    series: { dimensions: Record<string, string>; datapoints: { sum: number }[] }[];
  };
  const own = series.filter(({ dimensions }) => dimensions['code'] === code && dimensions['model'] === undefined);
  return own.flatMap(({ datapoints }) => datapoints).reduce((sum, point) => sum + point.sum, 0);
}

/** Where metrics can be read as soon as they are made: a deployed relay's appear minutes later, if at all. */
function expectMetric(name: string, code: string): Promise<void> {
  return isLocalTarget ? eventually(() => metricSum(name, code)).toBeGreaterThan(0) : Promise.resolve();
}

describe('the HTTP errors that the relay answers in the place of Get3W', () => {
  it('200: accepts a task and answers as Get3W does', async () => {
    const reply = await client.call<object>('POST', `/v1/${MODEL}`, { body: promptInput });
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      status: 'created',
      estimated_duration: expect.any(Number) as number,
    });
    await expectMetric('ApiAnswers', 'http-200');
  });

  it.each([
    ['malformed JSON', '{"prompt": '],
    ['a list', '[]'],
    ['a string', '"a lighthouse"'],
    ['no body', ''],
    ['an empty object', '{}'],
  ])('400: refuses %s in exactly the words of Get3W, with the reason in details', async (_what, body) => {
    const reply = await submitWith(relay.apiKey, {}, body);
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({ code: 400, error: 'Invalid parameters', details: expect.any(String) });
    await expectMetric('ApiAnswers', 'http-400');
  });

  it('401: distinguishes a missing header, a malformed one and an unknown key', async () => {
    const missing = await submitWith(null);
    expect([missing.status, missing.body]).toEqual([401, { code: 401, error: 'Missing Authorization header' }]);
    const malformed = await submitWith(null, { authorization: `Token ${relay.apiKey}` });
    expect([malformed.status, malformed.body]).toEqual([
      401,
      { code: 401, error: 'Invalid Authorization format, expected: Bearer <api_key>' },
    ]);
    const refused = { code: 401, error: 'Invalid or revoked API key' };
    const unknown = await submitWith('sk_nobody_has_this_key');
    expect([unknown.status, unknown.body]).toEqual([401, refused]);
    const revoked = await submitWith(relay.keys.revoked);
    expect([revoked.status, revoked.body]).toEqual([401, { ...refused, details: 'the key was revoked' }]);
    await expectMetric('ApiAnswers', 'http-401');
  });

  it('403: refuses an account whose balance is used up', async () => {
    const reply = await submitWith(relay.keys.empty);
    expect(reply).toMatchObject({ status: 403, body: { code: 403, error: 'Insufficient balance' } });
    await expectMetric('ApiAnswers', 'http-403');
  });

  it.each([
    ['GET', '/v1/requests/0192a5f8-0000-7000-8000-000000000000'],
    ['GET', '/v1/requests/not-an-id'],
    ['GET', '/v1/nothing/here'],
    ['POST', '/v1/requests/a/b'],
    ['GET', '/nothing'],
  ])('404: %s %s is not found, in JSON', async (method, path) => {
    const reply = await client.call(method, path);
    expect([reply.status, reply.body]).toEqual([404, { code: 404, error: 'Not found' }]);
    expect(reply.headers.get('content-type')).toMatch(/^application\/json/);
    await expectMetric('ApiAnswers', 'http-404');
  });

  it('405: a known path with another method is refused in JSON that lists the methods allowed', async () => {
    const reply = await client.call('PUT', '/v1/requests/0192a5f8-0000-7000-8000-000000000000');
    expect([reply.status, reply.body]).toEqual([405, { code: 405, error: 'Method not allowed' }]);
    expect(reply.headers.get('allow')).toMatch(/DELETE/);
  });

  it.each(['/health', '/v1/requests', '/v1/requests/none', '/v1/monitoring/alarms', '/console'])(
    'HEAD %s is answered like GET, without a body',
    async (path) => {
      const headers = { authorization: `Bearer ${client.key}` };
      const [got, headed] = [
        await fetch(`${client.url}${path}`, { headers }),
        await fetch(`${client.url}${path}`, { headers, method: 'HEAD' }),
      ];
      expect([headed.status, headed.headers.get('content-type')]).toEqual([
        got.status,
        got.headers.get('content-type'),
      ]);
      expect([await headed.text(), (await got.text()).length > 0]).toEqual(['', true]);
    },
  );

  it('429: one unfinished task is all that an account limited to one may have', async () => {
    const limited = new RelayClient(relay.url, relay.keys.limited);
    const id = await limited.submit('simulator/never/text-to-image');
    const reply = await limited.call('POST', `/v1/${MODEL}`, { body: promptInput });
    const details = 'the account has as many unfinished tasks as it may have, 1';
    expect([reply.status, reply.body]).toEqual([429, { code: 429, error: 'Rate limit exceeded', details }]);
    expect((await limited.call('DELETE', `/v1/requests/${id}`)).status).toBe(200);
    const again = await limited.submit('simulator/0/text-to-image');
    expect((await limited.ended(again)).status).toBe('completed');
    await expectMetric('ApiAnswers', 'http-429');
  });
});

const http = errorCatalogue.filter(({ level, code }) => level === 'http' && code !== 200);
const task = errorCatalogue.filter(({ level }) => level === 'task');

describe('the HTTP errors that Get3W answers a submit of the relay', () => {
  it.each(http.filter(({ reaction }) => reaction === 'end').map((entry) => [entry.code, entry] as const))(
    '%s ends the task at once with the task code of the table',
    async (code, entry) => {
      const ended = await endedAfter(entry);
      expect(ended).toMatchObject({ status: 'failed', code: entry.finalCode, error: entry.texts[0], outputs: null });
      expect(ended.attempts).toHaveLength(1);
      expect(ended.attempts[0]).toMatchObject({
        attempt: 1,
        status: 'refused',
        level: 'http',
        code,
        error: entry.texts[0],
      });
      await expectMetric('AttemptsFailed', entry.key);
      await expectMetric('TasksEnded', `task-${entry.finalCode}`);
    },
  );

  it.each(http.filter(({ reaction }) => reaction === 'retry').map((entry) => [entry.code, entry] as const))(
    '%s is retried after a delay, and the task completes',
    async (code, entry) => {
      const ended = await endedAfter(entry);
      expect(ended).toMatchObject({ status: 'completed', code: 0, error: null });
      expect(ended.attempts).toMatchObject([
        { attempt: 1, status: 'refused', level: 'http', code, error: entry.texts[0], request_id: null },
        { attempt: 2, status: 'completed', code: 0, delay_ms: null },
      ]);
      expectDelayKept(ended.attempts);
      await expectMetric('AttemptsFailed', entry.key);
      await expectMetric('RetriesScheduled', entry.key);
    },
  );

  it.each(http.filter(({ reaction }) => reaction === 'doubt').map((entry) => [entry.code, entry] as const))(
    '%s leaves the attempt in doubt; it is submitted again only when the doubt is over',
    async (code, entry) => {
      const ended = await endedAfter(entry);
      expect(ended).toMatchObject({ status: 'completed', code: 0 });
      expect(ended.attempts[0]).toMatchObject({ level: 'http', code, doubt: { resolution: 'resubmitted' } });
      await expectMetric('DoubtsEntered', entry.key);
    },
  );
});

/** The next attempt did not start before the delay that the one before it was given. */
function expectDelayKept(
  attempts: readonly { delay_ms: number | null; ended_at: string | null; started_at: string }[],
): void {
  for (const [index, attempt] of attempts.slice(0, -1).entries()) {
    const next = attempts[index + 1];
    expect(attempt.delay_ms).toBeTypeOf('number');
    expect(Date.parse(next?.started_at ?? '')).toBeGreaterThanOrEqual(
      Date.parse(attempt.ended_at ?? '') + (attempt.delay_ms ?? 0),
    );
  }
}

describe('the task errors of Get3W', () => {
  it.each(task.filter(({ reaction }) => reaction === 'end').map((entry) => [entry.code, entry] as const))(
    '%s ends the task at once with its own code',
    async (code, entry) => {
      const ended = await endedAfter(entry);
      expect(ended).toMatchObject({ status: 'failed', code, outputs: null });
      expect(ended.error).toBeTruthy();
      expect(ended.attempts).toMatchObject([{ attempt: 1, status: 'failed', level: 'task', code, delay_ms: null }]);
      await expectMetric('TasksEnded', entry.key);
      await expectMetric('AttemptsFailed', entry.key);
    },
  );

  it.each(task.filter(({ reaction }) => reaction === 'retry').map((entry) => [entry.code, entry] as const))(
    '%s is submitted again as a new task of Get3W, and the task completes',
    async (code, entry) => {
      const ended = await endedAfter(entry);
      expect(ended).toMatchObject({ status: 'completed', code: 0 });
      expect(ended.attempts.map((attempt) => attempt.code)).toEqual([code, code, 0]);
      expect(new Set(ended.attempts.map((attempt) => attempt.request_id)).size).toBe(3);
      expectDelayKept(ended.attempts);
      await expectMetric('AttemptsFailed', entry.key);
      await expectMetric('RetriesScheduled', entry.key);
    },
  );

  it('0 completes with outputs that can be fetched', async () => {
    const ended = await client.ended(submitted.get('0') ?? '');
    const [output] = ended.outputs as [string];
    const picture = await fetch(output);
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect(
      Buffer.from(await picture.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    await expectMetric('TasksEnded', 'task-0');
  });
});

describe('401 and 403 from Get3W are attributed to the account, not the task', () => {
  it.each([401, 403])(
    '%s pauses the gate, keeps the task, and a probe brings it to its end',
    { timeout: 60_000 },
    async (code) => {
      const id = await client.submit(`simulator/${code}.0/text-to-image`);
      const held = await client.reached(id, ({ attempts }) => attempts.length > 0 && attempts[0]?.ended_at !== null);
      expect(held.attempts[0]).toMatchObject({ status: 'refused', level: 'http', code, delay_ms: null });
      expect(held.status).toBe('created');
      const bystander = await client.submit('simulator/0/text-to-image');
      const ended = await client.ended(id);
      expect(ended).toMatchObject({ status: 'completed', code: 0 });
      expect((await client.ended(bystander)).attempts).toHaveLength(1);
      await expectMetric('AttemptsFailed', `http-${code}`);
    },
  );
});
