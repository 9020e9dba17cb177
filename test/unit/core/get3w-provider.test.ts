// The adapter that decides who pays twice: every status with every kind of body, broken off at every moment, over real
// sockets; and a key that is refused or cannot be read.
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { makeGet3wProvider, sortPollAnswer, sortSubmitAnswer } from '../../../core/adapters/get3w-provider.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { RelayErrorCode } from '../../../core/domain/relay-error.ts';
import type { Secret } from '../../../core/adapters/secrets.ts';

const NOW = Date.parse('2026-11-28T00:00:00Z');

const bodies = {
  'its own words': '{"code":7,"error":"as Get3W says"}',
  'a task': '{"id":"g3_1","status":"created","estimated_duration":4}',
  'a page of a gateway': '<html><h1>Bad Gateway</h1></html>',
  'half a task': '{"id":"g3_1","sta',
  'words of somebody else': '{"message":"Internal Server Error"}',
  'a code that is a text': '{"code":"7","error":"as somebody says"}',
  'an error that is no text': '{"code":7,"error":{}}',
  'an empty object': '{}',
  'a list': '[{"id":"g3_1","status":"created"}]',
  null: 'null',
  'a number': '500',
  nothing: '',
} as const;
type BodyName = keyof typeof bodies;
const bodyNames = Object.keys(bodies) as BodyName[];

const documentedRefusals = [400, 401, 403, 404, 429];
const otherRefusals = [402, 405, 406, 409, 410, 413, 415, 418, 422, 425, 431, 451, 499];
const successes = [200, 201, 202];
const nobodyKnows = [204, 206, 299, 300, 301, 302, 307, 308, 304, 408, 501, 502, 503, 504, 505, 520, 524, 599];

function sort(status: number, body: BodyName) {
  return sortSubmitAnswer({ status, text: bodies[body], retryAfter: undefined }, NOW);
}

function pairs(statuses: readonly number[], of: readonly BodyName[] = bodyNames) {
  return statuses.flatMap((status) => of.map((body) => [status, body] as const));
}

function without(...left: readonly BodyName[]) {
  return bodyNames.filter((name) => !left.includes(name));
}

describe('the answer to a POST', () => {
  it.each(pairs(successes, ['a task']))('made a task where it is %i with %s', (status, body) => {
    expect(sort(status, body)).toEqual({
      kind: 'accepted',
      upstreamId: 'g3_1',
      estimatedMs: 4_000,
      outcome: undefined,
    });
  });

  it.each(pairs(successes, without('a task')))('leaves it in doubt where it is %i with %s', (status, body) => {
    expect(sort(status, body)).toMatchObject({ kind: 'doubted', failure: { level: 'transport', code: 'unreadable' } });
  });

  it.each(pairs([...documentedRefusals, ...otherRefusals]))('made none where it is %i with %s', (status, body) => {
    expect(sort(status, body)).toMatchObject({ kind: 'refused', failure: { level: 'http', code: status } });
  });

  it("made none where it is a 500 in Get3W's own words, and no other", () => {
    expect(sort(500, 'its own words')).toMatchObject({ kind: 'refused', failure: { text: 'as Get3W says' } });
    for (const body of without('its own words')) expect(sort(500, body), body).toMatchObject({ kind: 'doubted' });
  });

  it.each(pairs(nobodyKnows, without('a task')))('leaves it in doubt where it is %i with %s', (status, body) => {
    expect(sort(status, body)).toMatchObject({ kind: 'doubted' });
  });

  it('below 200 is no answer to anything', () => {
    expect(sort(199, 'a task')).toEqual({
      kind: 'doubted',
      failure: { level: 'transport', code: 'unreadable', text: 'HTTP 199 is not documented by Get3W' },
    });
  });

  it.each([
    ['30', 30_000],
    ['12.5', 12_500],
    ['86400', 3_600_000],
    ['-1', undefined],
    ['1764281000', undefined],
    [undefined, undefined],
  ])('with Retry-After: %s leads to a wait of %s ms', (retryAfter, retryAfterMs) => {
    const answer = { status: 429, text: bodies['its own words'], retryAfter };
    expect(sortSubmitAnswer(answer, NOW)).toMatchObject({ kind: 'refused', retryAfterMs });
  });
});

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** Answers each request with what `answer` gives, on raw sockets. */
async function listen(answer: (socket: Socket, request: string) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => answer(socket, chunk.toString()));
  });
  closing.push(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const steady: Secret = { read: async () => 'sk_1', reread: async () => 'sk_1' };
const clock = { now: () => Date.now() };

function providerAt(baseUrl: string, secret = steady, timeoutMs: number = 2_000) {
  return makeGet3wProvider({ baseUrl, secret, timeoutMs, clock });
}

const submit = { model: 'acme/sketch/text-to-image', input: '{"prompt":"x"}', requestId: 'task_1' };

function wire(status: number, body: string, headers = ''): string {
  return `HTTP/1.1 ${status} Some Reason\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

describe('the answer to a poll', () => {
  const poll = (status: number, text: string) => sortPollAnswer({ status, text, retryAfter: undefined });

  it('gives the state of the task where it is 200 with a task', () => {
    expect(poll(200, bodies['a task'])).toEqual({ kind: 'running' });
    expect(poll(200, '{"id":"g3_1","status":"completed","outputs":["a"]}')).toEqual({
      kind: 'ended',
      outcome: { kind: 'succeeded', outputs: ['a'] },
    });
  });

  it.each(without('a task'))('gives nothing where it is 200 with %s', (body) => {
    const failure = { level: 'transport', code: 'unreadable', text: 'HTTP 200 without a task in its body' };
    expect(poll(200, bodies[body])).toEqual({ kind: 'unknown', failure });
  });

  it.each([
    [404, '{"code":404,"error":"as Get3W says"}', 'as Get3W says'],
    [418, '', 'HTTP 418'],
    [201, bodies['a task'], 'HTTP 201'],
  ])('gives no outcome where it is %i with %j, and records: %s', (status, body, text) => {
    expect(poll(status, body)).toEqual({ kind: 'unknown', failure: { level: 'http', code: status, text } });
  });
});

describe('a call', () => {
  const listenOnce = async (answer: string) => {
    const requests: string[] = [];
    const url = await listen((socket, request) => {
      requests.push(request);
      if (answer === '') return void socket.resetAndDestroy();
      socket.write(answer);
    });
    return { requests, url };
  };

  it('of a submit carries key, id, input and the address of its callback', async () => {
    const { requests, url } = await listenOnce(wire(200, bodies['a task']));
    await providerAt(url).submit({ ...submit, callbackUrl: 'https://relay.example/callback?a=b&c' });
    const [request = ''] = requests;
    const callback = 'https%3A%2F%2Frelay.example%2Fcallback%3Fa%3Db%26c';
    expect(request).toContain(`POST /v1/acme/sketch/text-to-image?webhook=${callback} HTTP/1.1`);
    expect(request).toMatch(/authorization: Bearer sk_1\r\n/i);
    expect(request).toMatch(/content-type: application\/json\r\n/i);
    expect(request).toMatch(/x-request-id: task_1\r\n/i);
    expect(request.endsWith('\r\n\r\n{"prompt":"x"}')).toBe(true);
  });

  it('of a submit has no query without callbacks', async () => {
    const { requests, url } = await listenOnce(wire(200, bodies['a task']));
    await providerAt(url).submit(submit);
    expect(requests[0]).toContain('POST /v1/acme/sketch/text-to-image HTTP/1.1');
  });

  it('of a poll names the task in its path, and is made once on a connection of its own', async () => {
    const { requests, url } = await listenOnce('');
    const failure = { level: 'transport', code: 'reset', text: 'The connection to Get3W broke: ECONNRESET' };
    expect(await providerAt(url).poll('g3/1 ?')).toEqual({ kind: 'unknown', failure });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toContain('GET /v1/requests/g3%2F1%20%3F HTTP/1.1');
  });

  it('that is not answered in time is a timeout', async () => {
    const url = await listen(() => undefined);
    const failure = { level: 'transport', code: 'timeout', text: 'Get3W gave no answer in time' };
    expect(await providerAt(url, steady, 60).submit(submit)).toEqual({ kind: 'doubted', failure });
    expect(await providerAt(url, steady, 60).poll('g3_1')).toEqual({ kind: 'unknown', failure });
  });

  it('that is answered with something other than HTTP is unreadable', async () => {
    const { url } = await listenOnce('SSH-2.0-OpenSSH_9.6\r\n');
    const text = 'What Get3W answered is not HTTP: HPE_INVALID_CONSTANT';
    expect(await providerAt(url).submit(submit)).toEqual({
      kind: 'doubted',
      failure: { level: 'transport', code: 'unreadable', text },
    });
  });
});

describe('an answer that breaks off', () => {
  const moments = {
    'before its first byte': () => 0,
    'within its status': () => 10,
    'after its status line': (text: string) => text.indexOf('\r\n') + 2,
    'within its headers': (text: string) => text.indexOf('content-length') + 9,
    'before its body': (text: string) => text.indexOf('\r\n\r\n') + 4,
    'within its body': (text: string) => text.length - 5,
    'before its last byte': (text: string) => text.length - 1,
  } as const;
  const cases = Object.keys(moments).flatMap((moment) =>
    [200, 400, 401, 429, 500, 503].flatMap((status) =>
      (['rst', 'fin'] as const).map((end) => [moment as keyof typeof moments, status, end] as const),
    ),
  );

  it.each(cases)('%s, of status %i, by %s, leaves the POST in doubt', async (moment, status, end) => {
    const text = wire(status, status === 200 ? bodies['a task'] : bodies['its own words']);
    const url = await listen((socket) => {
      const part = text.slice(0, moments[moment](text));
      if (part === '') return void (end === 'rst' ? socket.resetAndDestroy() : socket.end());
      socket.write(part, () => (end === 'rst' ? setImmediate(() => socket.resetAndDestroy()) : socket.end()));
    });
    const answer = await providerAt(url).submit(submit);
    expect(answer).toMatchObject({ kind: 'doubted', failure: { level: 'transport', code: 'reset' } });
  });

  it.each([
    [200, 'accepted'],
    [400, 'refused'],
    [500, 'refused'],
    [503, 'doubted'],
  ])('after its last byte, of status %i, counts as it is: %s', async (status, kind) => {
    const text = wire(status, status === 200 ? bodies['a task'] : bodies['its own words']);
    const url = await listen((socket) => socket.write(text, () => socket.end()));
    expect(await providerAt(url).submit(submit)).toMatchObject({ kind });
  });

  it('before there is a connection sent nothing: the POST may go out again', async () => {
    const url = await listen(() => undefined);
    closing.splice(0).forEach((close) => close());
    expect(await providerAt(url).submit(submit)).toEqual({
      kind: 'refused',
      failure: { level: 'transport', code: 'unreachable', text: 'No connection to Get3W: ECONNREFUSED' },
    });
  });

  it('of more than a megabyte is unreadable, and never an exception', async () => {
    const url = await listen((socket) => void socket.write(wire(200, `{"id":"g3_1","x":"${'x'.repeat(1_100_000)}"}`)));
    expect(await providerAt(url).submit(submit)).toMatchObject({ kind: 'doubted', failure: { code: 'unreadable' } });
  });
});

describe('a key that Get3W refuses', () => {
  const refusing = (goodKey: string) => {
    const keys: string[] = [];
    const url = listen((socket, request) => {
      const [, key = ''] = /authorization: Bearer (\S+)/i.exec(request) ?? [];
      keys.push(key);
      const body = key === goodKey ? bodies['a task'] : '{"code":401,"error":"Invalid or revoked API key"}';
      socket.write(wire(key === goodKey ? 200 : 401, body));
    });
    return { keys, url };
  };
  const rotated: Secret = { read: async () => 'sk_old', reread: async () => 'sk_new' };

  it('is read again, and the POST is repeated with the new key, before anything is paused', async () => {
    const { keys, url } = refusing('sk_new');
    expect(await providerAt(await url, rotated).submit(submit)).toMatchObject({ kind: 'accepted' });
    expect(keys).toEqual(['sk_old', 'sk_new']);
  });

  it('is read again for a poll too', async () => {
    const { keys, url } = refusing('sk_new');
    expect(await providerAt(await url, rotated).poll('g3_1')).toEqual({ kind: 'running' });
    expect(keys).toEqual(['sk_old', 'sk_new']);
  });

  it.each([
    ['the new one is refused as well', rotated, 2],
    ['the secret holds no other', steady, 1],
    ['the secret cannot be read', { ...steady, reread: () => Promise.reject(new Error('down')) }, 1],
  ])('is an account that is refused where %s', async (_why, secret, calls) => {
    const { keys, url } = refusing('sk_nobody_has');
    expect(await providerAt(await url, secret).submit(submit)).toMatchObject({
      kind: 'refused',
      failure: { level: 'http', code: 401, text: 'Invalid or revoked API key' },
    });
    expect(keys).toHaveLength(calls);
  });
});

describe('a key that cannot be read', () => {
  const failing = (code: RelayErrorCode, fault: string): Secret => {
    const fail = () => Promise.reject(new RelayError(code, 'as the adapter says', { fault }));
    return { read: fail, reread: fail };
  };

  it.each([
    ['secret-empty', 'empty', 'The relay has no Get3W key yet'],
    ['secret-empty', 'missing', 'The relay has no Get3W key yet: its secret does not exist, or has no value'],
    ['secret-malformed', 'malformed', 'The secret with the Get3W key holds JSON that cannot be read'],
    [
      'secret-denied',
      'denied',
      'The relay may not read the secret with the Get3W key, or may not use the KMS key that encrypts it',
    ],
    ['secret-denied', 'undecryptable', 'The KMS key that encrypts the secret with the Get3W key cannot be used'],
    ['secret-denied', 'refused', 'The secret with the Get3W key cannot be read'],
  ] as const)('for %s (%s) holds the account and says why', async (code, fault, text) => {
    const provider = providerAt('http://127.0.0.1:1', failing(code, fault));
    expect(await provider.submit(submit)).toEqual({ kind: 'refused', failure: { level: 'http', code: 401, text } });
    expect(await provider.poll('g3_1')).toEqual({ kind: 'unknown', failure: { level: 'http', code: 401, text } });
  });

  it('during an outage of the service is retried later', async () => {
    const provider = providerAt('http://127.0.0.1:1', failing('secret-unavailable', 'throttled'));
    const failure = {
      level: 'transport',
      code: 'unreachable',
      text: 'The secret with the Get3W key could not be read',
    };
    expect(await provider.submit(submit)).toEqual({ kind: 'refused', failure });
    expect(await provider.poll('g3_1')).toEqual({ kind: 'unknown', failure });
  });
});
