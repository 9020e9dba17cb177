// The HTTP API on this machine: receives requests on loopback, finds their route, calls its function and answers with
// the result, with API Gateway's limits and, for its own refusals, API Gateway's texts. The runtime itself answers
// `/_local/…`.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { STATUS_CODES, createServer } from 'node:http';
import { FOREIGN_CALL_TEXT, isLoopbackCall } from '../../simulator/loopback-origin.ts';
import { EVENT_TOO_LARGE } from '../lambda/invocation.ts';
import { httpAnswer, httpEvent } from './http-event.ts';
import { RouteTable } from './route-table.ts';
import { TokenBucket } from './token-bucket.ts';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Invoke } from '../lambda/invocation.ts';
import type { RoutePlan, StagePlan } from './api-plan.ts';
import type { HttpAnswer } from './http-event.ts';

interface GatewayApi {
  readonly routes: readonly RoutePlan[];
  readonly stage: StagePlan | undefined;
  readonly invoke: Invoke;
  /** Called for every answer except those under `/_local/`. */
  readonly onAnswered: (answer: { readonly status: number; readonly latencyMs: number }) => void;
  /** Answers requests whose path begins with `/_local/`. */
  readonly answerLocal: (method: string, url: URL, body: Buffer) => Promise<HttpAnswer>;
}

/** API Gateway's limits. */
const BODY_BYTES_MAX = 10 * 1024 * 1024;
const HEADER_BYTES_MAX = 10_240;
const DRAINED_BYTES_MAX = 10 * BODY_BYTES_MAX;
// Longer than common clients keep a connection: the side that closes first sometimes cuts off a request.
const KEEP_ALIVE_MS = 75_000;

const LOCAL_PREFIX = '/_local/';

/** An answer in API Gateway's words, for a request that never reaches a function. */
function refusal(status: number, message: string): HttpAnswer {
  return jsonRefusal(status, { message });
}

function jsonRefusal(status: number, body: object): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** By error code of Node's parser; any other code means a request that it could not read. */
const parserRefusals: Readonly<Record<string, { readonly status: number; readonly message: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'Request Header Fields Too Large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'Request Timeout' },
};

/** The answer as text for the socket: when the parser gave up, there is no response object. */
function rawRefusal(code: string | undefined): string {
  const { status, message } = parserRefusals[code ?? ''] ?? { status: 400, message: 'Bad Request' };
  const body = JSON.stringify({ message });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

function sendRefusal(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  response
    .writeHead(status, {
      ...(headers as Record<string, string>),
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    })
    .end(body);
}

/**
 * A request target may be a whole address, as in requests to proxies; its host then replaces the header's.
 * @see RFC 9112, 3.2.2
 */
/** To HEAD the function itself may say how long the body would be that it has not read. */
function lengthTold({ method }: IncomingMessage, { headers, body }: HttpAnswer): string {
  const told = method === 'HEAD' ? headers['content-length'] : undefined;
  return typeof told === 'string' ? told : String(Buffer.byteLength(body));
}

function originForm(request: IncomingMessage): { readonly target: string; readonly headers: IncomingHttpHeaders } {
  const { url = '/', headers } = request;
  const [, host, rest = ''] = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url) ?? [];
  if (host === undefined) return { target: url, headers };
  return { target: rest.startsWith('/') ? rest : `/${rest}`, headers: { ...headers, host } };
}

export class Gateway {
  readonly #server: Server;
  #api: (GatewayApi & { readonly table: RouteTable }) | undefined;
  readonly #throttles = new Map<string, TokenBucket>();
  #openCount = 0;
  #drained: (() => void) | undefined;

  constructor() {
    this.#server = createServer(
      { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: KEEP_ALIVE_MS + 1_000, maxHeaderSize: HEADER_BYTES_MAX },
      (request, response) => void this.#serve(request, response),
    );
    // Node would refuse these with an empty body; they get an ordinary answer.
    this.#server.on('checkExpectation', (_request, response: ServerResponse) => {
      sendRefusal(response, refusal(417, 'Expectation Failed'));
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
      else socket.end(rawRefusal(error.code));
    });
  }

  /**
   * Listens on the port; requests are answered with 503 until `open` is called.
   * @throws the system's error: EADDRINUSE for a port that is taken.
   */
  async takePort(port: number): Promise<string> {
    this.#server.listen({ port, host: '127.0.0.1', backlog: 4_096 });
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  open(api: GatewayApi): void {
    this.#api = { ...api, table: new RouteTable(api.routes) };
  }

  /** Accepts no more requests, waits `graceMs` for those under way, and cuts off the rest. */
  async close(graceMs: number): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    if (this.#openCount > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        this.#drained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#openCount += 1;
    const startedAt = performance.now();
    try {
      const answer = await this.#answer(request);
      const body = request.method === 'HEAD' ? '' : answer.body;
      response.writeHead(answer.status, {
        ...(answer.headers as Record<string, string | string[]>),
        'content-length': lengthTold(request, answer),
        'apigw-requestid': randomUUID().slice(0, 13),
        // The unread rest of a body that is too large would be taken for the next request.
        ...(answer.status === 413 && { connection: 'close' }),
      });
      response.end(body);
      if (!originForm(request).target.startsWith(LOCAL_PREFIX)) {
        this.#api?.onAnswered({ status: answer.status, latencyMs: performance.now() - startedAt });
      }
    } catch {
      // The client went away while it was sending.
      request.socket.destroy();
    } finally {
      this.#openCount -= 1;
      if (this.#openCount === 0) this.#drained?.();
    }
  }

  async #answer(request: IncomingMessage): Promise<HttpAnswer> {
    const api = this.#api;
    if (api === undefined) return refusal(503, 'Service Unavailable');
    const { method = 'GET' } = request;
    const { target, headers } = originForm(request);
    if (target.startsWith(LOCAL_PREFIX)) {
      if (!isLoopbackCall(headers)) return jsonRefusal(403, { code: 403, error: FOREIGN_CALL_TEXT });
      const body = await readBody(request);
      if (body === undefined) return refusal(413, 'Request Entity Too Large');
      return api.answerLocal(method, new URL(target, 'http://127.0.0.1'), body);
    }
    const match = api.table.find(method, target.split('?')[0] ?? '/');
    if (match === undefined) return refusal(404, 'Not Found');
    if (!this.#admits(api.stage, match.route.routeKey)) return refusal(429, 'Too Many Requests');
    const body = await readBody(request);
    if (body === undefined) return refusal(413, 'Request Entity Too Large');
    const event = httpEvent(
      {
        method,
        target,
        headers,
        body,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        protocol: `HTTP/${request.httpVersion}`,
        at: Date.now(),
      },
      match,
    );
    return invokeWithin(match.route, (onStarted) => api.invoke(match.route.functionName, event, onStarted));
  }

  /** A route with a throttle of its own has its own bucket; all others share the stage's. */
  #admits(stage: StagePlan | undefined, routeKey: string): boolean {
    const own = stage?.routeThrottles[routeKey];
    const plan = own ?? stage?.throttle;
    if (plan === undefined) return true;
    const now = performance.now();
    const name = own ? routeKey : '';
    const bucket = this.#throttles.get(name) ?? new TokenBucket(plan, now);
    this.#throttles.set(name, bucket);
    return bucket.take(now);
  }
}

/**
 * Functions continue when the gateway gives up, here as in AWS. Time counts from when the function runs: a deployment
 * has no wait for a processor of this machine.
 */
async function invokeWithin(
  { timeoutMs }: RoutePlan,
  invoke: (onStarted: () => void) => ReturnType<Invoke>,
): Promise<HttpAnswer> {
  const { promise: tooLate, resolve } = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const result = await Promise.race([invoke(() => (timer = setTimeout(resolve, timeoutMs))), tooLate]);
  clearTimeout(timer);
  // Lambda's 429 stays between the two services: the client gets 503.
  if (!result || result.kind === 'throttled') return refusal(503, 'Service Unavailable');
  if (result.kind === 'failed' && result.errorType === EVENT_TOO_LARGE) return refusal(413, 'Request Entity Too Large');
  const answer = result.kind === 'answered' ? httpAnswer(result.payload) : undefined;
  return answer ?? refusal(500, 'Internal Server Error');
}

/**
 * Undefined for a body that is too large. It is still read to its end, up to a bound, and discarded: a client that is
 * answered while it sends sees a broken connection instead of the answer.
 */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
    else if (bytes > DRAINED_BYTES_MAX) return undefined;
  }
  return bytes <= BODY_BYTES_MAX ? Buffer.concat(chunks) : undefined;
}
