// What every answer over HTTP has in common: one wide line in the log, and the id by which a client asks about it.
import { describe, expect, it } from 'vitest';
import { documentedFailure } from '../../../core/http/http-failure.ts';
import { wideLines } from '../../../core/contract/wide-lines.ts';
import { httpHandler } from '../../../core/middleware/http-handler.ts';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { Answer } from '../../../core/http/answer.ts';
import type { HttpRequest } from '../../../core/http/http-request.ts';

interface Logged {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** Calls a function with that answer; time passes by 40 ms from one reading of the clock to the next. */
async function call(
  serve: (request: HttpRequest) => Promise<Answer>,
  headers: Readonly<Record<string, string>> = {},
  event: Partial<APIGatewayProxyEventV2> = {},
) {
  const lines: Logged[] = [];
  const write = (level: string) => (message: string, fields?: object) => void lines.push({ ...fields, level, message });
  let now = 0;
  const ports = {
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    metrics: { emit: () => {} },
    clock: { now: () => (now += 40), sleep: () => Promise.resolve() },
  };
  const whole = {
    routeKey: 'POST /v1/{vendor}/{model}/{task}',
    requestContext: { requestId: 'gateway-1', http: { method: 'POST', path: '/v1/secret/path/x' } },
    headers,
    ...event,
  } as unknown as APIGatewayProxyEventV2;
  const answer = await httpHandler(ports, 'api', serve)(whole, {} as Context);
  return { answer, lines, request: lines.filter(({ message }) => message === wideLines.request.message) };
}

const done = { status: 200, body: { id: 't1' }, about: { taskId: 't1', model: 'a/b/c' } } as const;

describe('a request', () => {
  it('leaves one wide line, with everything that was learned of it', async () => {
    const { request } = await call(
      (one) => {
        one.note({ accountId: 'acc_one' });
        return Promise.resolve(done);
      },
      { 'x-request-id': 'order-4711-a' },
      { body: 'aGVsbG8=', isBase64Encoded: true },
    );
    expect(request).toEqual([
      {
        level: 'info',
        message: 'answered',
        requestId: 'gateway-1',
        correlationId: 'order-4711-a',
        accountId: 'acc_one',
        taskId: 't1',
        model: 'a/b/c',
        route: 'POST /v1/{vendor}/{model}/{task}',
        status: 200,
        bodyBytes: 5,
        tookMs: expect.any(Number) as number,
      },
    ]);
    const known = ['level', 'message', ...Object.keys(wideLines.request.fields)];
    expect(Object.keys(request[0] ?? {}).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('that is refused leaves one too, which still names the account', async () => {
    const { request, answer } = await call((one) => {
      one.note({ accountId: 'acc_one' });
      return Promise.reject(documentedFailure(429, 0, { 'retry-after': '3' }));
    });
    expect(request).toMatchObject([{ status: 429, accountId: 'acc_one', requestId: 'gateway-1' }]);
    expect(answer.headers).toMatchObject({ 'retry-after': '3', 'x-request-id': 'gateway-1' });
  });

  it('that meets a fault is followed by its ids from the fault to its line', async () => {
    const { lines, answer } = await call(() => Promise.reject(new Error('inside')), { 'x-request-id': 'order-4711-a' });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('inside');
    expect(lines).toMatchObject([
      { level: 'error', correlationId: 'order-4711-a', requestId: 'gateway-1' },
      { level: 'info', correlationId: 'order-4711-a', status: 500 },
    ]);
  });

  it('is answered with bytes as the gateway takes them, in base64', async () => {
    const { answer } = await call(() => Promise.resolve({ status: 200, body: Buffer.from('\x89PNG\xff', 'latin1') }));
    expect(answer).toMatchObject({ statusCode: 200, body: 'iVBOR/8=', isBase64Encoded: true });
  });

  it('is answered with the id that its client gave it, and with nothing of the line', async () => {
    const { answer } = await call(() => Promise.resolve(done), { 'x-request-id': 'order-4711-a' });
    expect(answer.headers).toMatchObject({ 'x-request-id': 'order-4711-a' });
    expect(answer.body).toBe('{"id":"t1"}');
  });
});
