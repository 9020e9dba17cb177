import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Gateway } from '../../../local/http/gateway.ts';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { RoutePlan, StagePlan } from '../../../local/http/api-plan.ts';
import type { InvocationResult } from '../../../local/lambda/invocation.ts';

let gateway: Gateway | undefined;
afterEach(() => gateway?.close(100));

interface Setting {
  readonly routes?: readonly Partial<RoutePlan>[];
  readonly stage?: Partial<StagePlan>;
  readonly answer?: (event: APIGatewayProxyEventV2) => InvocationResult | Promise<InvocationResult>;
}

function answered(value: unknown): InvocationResult {
  return { kind: 'answered', payload: JSON.stringify(value) };
}

function echo(event: APIGatewayProxyEventV2): InvocationResult {
  return answered({ statusCode: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(event) });
}

async function open({ routes = [{ routeKey: '$default' }], stage, answer = echo }: Setting = {}): Promise<string> {
  gateway = new Gateway();
  const url = await gateway.takePort(0);
  gateway.open({
    routes: routes.map((route) => ({ routeKey: '$default', functionName: 'f', timeoutMs: 1_000, ...route })),
    stage: { name: '$default', routeThrottles: {}, ...stage },
    invoke: async (_name, event, onStarted) => {
      onStarted?.();
      return answer(event as APIGatewayProxyEventV2);
    },
    onAnswered: () => {},
    answerLocal: async () => ({ status: 200, headers: {}, body: 'local' }),
  });
  return url;
}

async function eventOf(response: Response): Promise<APIGatewayProxyEventV2> {
  return (await response.json()) as APIGatewayProxyEventV2;
}

describe('the HTTP API on one machine', () => {
  it('hands a request over as payload format 2.0 has it', async () => {
    const url = await open({ routes: [{ routeKey: 'POST /v1/{vendor}/{model}' }] });
    const response = await fetch(`${url}/v1/acme/a%20b?x=1&x=2&y=%20`, {
      method: 'POST',
      headers: { 'X-Thing': 'One', cookie: 'a=1; b=2', 'content-type': 'application/json; charset=utf-8' },
      body: '{"prompt":"ü"}',
    });
    expect(await eventOf(response)).toMatchObject({
      version: '2.0',
      routeKey: 'POST /v1/{vendor}/{model}',
      rawPath: '/v1/acme/a b',
      rawQueryString: 'x=1&x=2&y=%20',
      queryStringParameters: { x: '1,2', y: ' ' },
      pathParameters: { vendor: 'acme', model: 'a b' },
      cookies: ['a=1', 'b=2'],
      headers: { 'x-thing': 'One' },
      body: '{"prompt":"ü"}',
      isBase64Encoded: false,
      requestContext: { http: { method: 'POST', path: '/v1/acme/a b', sourceIp: '127.0.0.1' }, stage: '$default' },
    });
  });

  it.each([
    ['application/json', false],
    ['text/plain', false],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
    [undefined, true],
  ])('a body of type %s comes in base64: %s', async (type, isBase64Encoded) => {
    const url = await open();
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    // Bytes, for which fetch sets no type of its own.
    const response = await fetch(url, { method: 'POST', headers, body: Buffer.from('a=1') });
    const event = await eventOf(response);
    expect(event).toMatchObject({ isBase64Encoded, body: isBase64Encoded ? 'YT0x' : 'a=1' });
  });

  it('the most specific route answers, and $default answers the rest', async () => {
    const routes = ['$default', 'GET /v1/{a}/{b}', 'GET /v1/requests/{id}', 'ANY /files/{rest+}'];
    const url = await open({ routes: routes.map((routeKey) => ({ routeKey })) });
    const keyOf = async (path: string, method = 'GET') => (await eventOf(await fetch(url + path, { method }))).routeKey;
    expect(await keyOf('/v1/requests/7')).toBe('GET /v1/requests/{id}');
    expect(await keyOf('/v1/other/7')).toBe('GET /v1/{a}/{b}');
    expect(await keyOf('/files/a/b/c', 'PUT')).toBe('ANY /files/{rest+}');
    expect(await keyOf('/v1/requests/7', 'DELETE')).toBe('$default');
    expect(await keyOf('/v1//7')).toBe('$default');
  });

  it('a request without a route is answered as API Gateway answers it', async () => {
    const url = await open({ routes: [{ routeKey: 'GET /here' }] });
    const response = await fetch(`${url}/there`);
    expect([response.status, await response.json()]).toEqual([404, { message: 'Not Found' }]);
  });

  it('answers what a function returns: status, headers, cookies and bytes', async () => {
    const url = await open({
      answer: () =>
        answered({
          statusCode: 201,
          headers: { 'X-Made': 1, 'content-type': 'image/png' },
          cookies: ['a=1', 'b=2'],
          body: Buffer.from([1, 2, 255]).toString('base64'),
          isBase64Encoded: true,
        }),
    });
    const response = await fetch(url);
    expect(response.status).toBe(201);
    expect(response.headers.get('x-made')).toBe('1');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 255]);
  });

  it('an answer without a status is the body of a 200', async () => {
    const url = await open({ answer: () => answered({ id: 7 }) });
    const response = await fetch(url);
    expect([response.status, await response.json()]).toEqual([200, { id: 7 }]);
  });

  it('a function that fails, or returns nonsense, is a 500', async () => {
    const failing = await open({ answer: () => ({ kind: 'failed', errorType: 'Error', text: 'secret' }) });
    const failed = await fetch(failing);
    expect([failed.status, await failed.json()]).toEqual([500, { message: 'Internal Server Error' }]);
    await gateway?.close(100);
    expect((await fetch(await open({ answer: () => answered({ statusCode: 'no' }) }))).status).toBe(500);
  });

  it('a function that takes longer than its route allows is a 503', async () => {
    const url = await open({ routes: [{ timeoutMs: 30 }], answer: () => new Promise(() => {}) });
    const response = await fetch(url);
    expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }]);
  });

  it('waiting in line for a sandbox counts for nothing', async () => {
    gateway = new Gateway();
    const url = await gateway.takePort(0);
    const run = Promise.withResolvers<InvocationResult>();
    let isWaiting = true;
    gateway.open({
      routes: [{ routeKey: '$default', functionName: 'f', timeoutMs: 20 }],
      stage: undefined,
      invoke: (_name, _event, onStarted) => {
        // Three times as long as the route allows, before it starts.
        setTimeout(() => {
          isWaiting = false;
          onStarted?.();
          run.resolve(answered({ statusCode: 200, body: 'done' }));
        }, 60);
        return run.promise;
      },
      onAnswered: () => {},
      answerLocal: async () => ({ status: 200, headers: {}, body: '' }),
    });
    const response = await fetch(url);
    expect([response.status, isWaiting]).toEqual([200, false]);
  });

  it('a body above ten megabytes is a 413, which the client gets to see', async () => {
    const url = await open();
    const response = await fetch(url, { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1) });
    expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
  });

  it('requests beyond the throttle of the stage are a 429', async () => {
    const url = await open({ stage: { throttle: { ratePerSecond: 0.001, burstCount: 2 } } });
    const statuses = [];
    for (let sent = 0; sent < 3; sent += 1) statuses.push((await fetch(url)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('before it is opened it answers 503, and what is under /_local/ is not routed', async () => {
    gateway = new Gateway();
    expect((await fetch(await gateway.takePort(0))).status).toBe(503);
    await gateway.close(100);
    expect(await (await fetch(`${await open()}/_local/health`)).text()).toBe('local');
  });

  it('a current request is answered while the gateway closes, and no new one is accepted', async () => {
    const called = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<InvocationResult>();
    const url = await open({
      answer: () => {
        called.resolve();
        return answer.promise;
      },
    });
    const underWay = fetch(url);
    await called.promise;
    const closed = gateway?.close(5_000);
    await expect(
      new Promise((resolve, reject) => request(url, resolve).on('error', reject).end()),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    answer.resolve(answered({ done: true }));
    expect(await (await underWay).json()).toEqual({ done: true });
    await closed;
  });
});
