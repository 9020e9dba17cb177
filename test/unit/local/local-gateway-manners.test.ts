// What the gateway answers in place of a function, byte by byte where fetch would not send or show it.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Gateway } from '../../../local/http/gateway.ts';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { StagePlan } from '../../../local/http/api-plan.ts';
import type { InvocationResult } from '../../../local/lambda/invocation.ts';

let gateway: Gateway | undefined;
afterEach(() => gateway?.close(100));

function echo(event: APIGatewayProxyEventV2): InvocationResult {
  return {
    kind: 'answered',
    payload: JSON.stringify({
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    }),
  };
}

interface Setting {
  readonly stage?: Partial<StagePlan>;
  readonly routes?: readonly string[];
  readonly answer?: (event: APIGatewayProxyEventV2) => InvocationResult;
}

async function open({ stage, routes = ['$default'], answer = echo }: Setting = {}): Promise<string> {
  gateway = new Gateway();
  const url = await gateway.takePort(0);
  gateway.open({
    routes: routes.map((routeKey) => ({ routeKey, functionName: 'f', timeoutMs: 1_000 })),
    stage: { name: '$default', routeThrottles: {}, ...stage },
    invoke: (_name, event) => Promise.resolve(answer(event as APIGatewayProxyEventV2)),
    onAnswered: () => {},
    answerLocal: (_method, { pathname }) => Promise.resolve({ status: 200, headers: {}, body: `local ${pathname}` }),
  });
  return url;
}

/** Sends the lines as they are, and reads until the other side closes. */
async function raw(url: string, lines: readonly string[]): Promise<{ status: number; type: string; body: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await once(socket, 'end');
  socket.destroy();
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [, type = ''] = /^content-type: (.*)$/im.exec(head) ?? [];
  return { status: Number(head.split(' ')[1]), type, body };
}

describe('requests that Node refuses before the gateway sees them', () => {
  it.each([
    ['a request that is none', ['NONSENSE'], 400, 'Bad Request'],
    ['a header without an end', ['GET / HTTP/1.1', 'host: x', 'bad header'], 400, 'Bad Request'],
    [
      'headers of more than ten kilobytes',
      ['GET / HTTP/1.1', `x: ${'y'.repeat(11_000)}`],
      431,
      'Request Header Fields Too Large',
    ],
    [
      'an expectation nobody has heard of',
      ['POST / HTTP/1.1', 'host: x', 'expect: a-miracle'],
      417,
      'Expectation Failed',
    ],
  ])('%s is answered with JSON', async (_what, lines, status, message) => {
    const answer = await raw(await open(), lines);
    expect({ ...answer, body: JSON.parse(answer.body) as unknown }).toEqual({
      status,
      type: 'application/json',
      body: { message },
    });
  });
});

describe('a target that is a whole address', () => {
  it('is served as its path, for the host that it names', async () => {
    const url = await open({ routes: ['GET /v1/{id}'] });
    const lines = ['GET http://relay.example:81/v1/7?a=1 HTTP/1.1', 'host: other', 'connection: close'];
    const { status, body } = await raw(url, lines);
    expect([status, JSON.parse(body)]).toMatchObject([
      200,
      { rawPath: '/v1/7', rawQueryString: 'a=1', requestContext: { domainName: 'relay.example:81' } },
    ]);
  });

  it('without a path is that of the root', async () => {
    const { body } = await raw(await open(), ['GET HTTP://relay.example?a=1 HTTP/1.1', 'host: x', 'connection: close']);
    expect(JSON.parse(body)).toMatchObject({ rawPath: '/', rawQueryString: 'a=1' });
  });
});

describe("the gateway's answers when Lambda gives none", () => {
  it('is a 503 where no execution was free', async () => {
    const response = await fetch(await open({ answer: () => ({ kind: 'throttled' }) }));
    expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }]);
  });

  it('is a 413 where the event is larger than a function takes, though the body is not', async () => {
    const response = await fetch(
      await open({ answer: () => ({ kind: 'failed', errorType: 'RequestEntityTooLargeException', text: 'large' }) }),
    );
    expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
  });

  it('is a 429 beyond the throttle, which all routes share except those with their own', async () => {
    const url = await open({
      routes: ['GET /a', 'GET /b', 'GET /own'],
      stage: {
        throttle: { ratePerSecond: 0.001, burstCount: 2 },
        routeThrottles: { 'GET /own': { ratePerSecond: 0.001, burstCount: 1 } },
      },
    });
    const statuses = [];
    for (const path of ['/a', '/b', '/a', '/own', '/own']) statuses.push((await fetch(url + path)).status);
    expect(statuses).toEqual([200, 200, 429, 200, 429]);
    expect(await (await fetch(`${url}/a`)).json()).toEqual({ message: 'Too Many Requests' });
  });
});

describe('the calls under /_local/', () => {
  it.each([
    ['a name that was made to lead here', 'host: evil.example'],
    ['a page of another origin', 'host: 127.0.0.1\r\norigin: https://evil.example'],
    ['a page of another port of this machine', 'host: 127.0.0.1:4300\r\norigin: http://127.0.0.1:3000'],
    ['a page that hides its origin', 'host: 127.0.0.1\r\norigin: null'],
  ])('is refused to %s, by its path and by its whole address', async (_what, headers) => {
    const url = await open();
    const { status, body } = await raw(url, ['PUT /_local/health HTTP/1.1', headers, 'connection: close']);
    expect([status, JSON.parse(body)]).toMatchObject([403, { code: 403 }]);
    const whole = ['GET http://evil.example/_local/health HTTP/1.1', headers, 'connection: close'];
    expect((await raw(url, whole)).status).toBe(403);
  });

  it.each(['127.0.0.1:4300', 'localhost', '[::1]:81'])('is open to programs and pages of %s', async (host) => {
    const url = await open();
    for (const origin of [[], [`origin: http://${host}`]]) {
      const lines = ['GET /_local/health HTTP/1.1', `host: ${host}`, ...origin, 'connection: close'];
      expect(await raw(url, lines)).toMatchObject({ status: 200, body: 'local /_local/health' });
    }
  });
});
