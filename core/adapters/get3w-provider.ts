// Get3W over HTTP: submits and polls, and sorts every answer into accepted, refused or in doubt.
// A failed call is an answer here, never an exception; when to try again is decided in the domain.
// node:https rather than fetch: the first POST costs 12 ms instead of 50, and redirects are not followed.
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { findError } from '../domain/error-catalogue.ts';
import { readErrorText, readUpstreamTask, shorten } from '../domain/task/upstream-task.ts';
import type { IncomingMessage } from 'node:http';
import type { Failure } from '../domain/task/task.ts';
import type { Clock, PollAnswer, Provider, SubmitAnswer, SubmitRequest } from '../ports/ports.ts';

export interface Get3wOptions {
  /** No slash at its end. */
  readonly baseUrl: string;
  /** The provider key, or undefined while none has been stored. */
  readonly readKey: () => Promise<string | undefined>;
  /** Time for one call, connection and body included. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'now'>;
}

/** Task objects are small; whatever is longer is no answer of Get3W's. */
const ANSWER_BYTES_MAX = 1_000_000;
const POLL_TIMEOUT_MS = 10_000;

interface Exchange {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

type Sent =
  { readonly kind: 'answered'; readonly exchange: Exchange } | { readonly kind: 'broken'; readonly failure: Failure };

const transportFailure = (code: string, text: string): Failure => ({ level: 'transport', code, text });

/** Errors of a connection that never came to be: not a byte of the request was sent. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

const brokenBy = (error: NodeJS.ErrnoException, isConnected: boolean): Failure => {
  const code = error.code ?? '';
  if (code === 'ETIMEDOUT' || error.name === 'TimeoutError' || error.name === 'AbortError') {
    return isConnected
      ? transportFailure('timeout', 'Get3W gave no answer in time')
      : transportFailure('unreachable', 'No connection to Get3W in time');
  }
  if (!isConnected || NOT_CONNECTED.has(code))
    return transportFailure('unreachable', `No connection to Get3W: ${code}`);
  return transportFailure('reset', `The connection to Get3W broke: ${code}`);
};

const readText = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** Milliseconds, or undefined for an absent or senseless header. Source: RFC 9110, 10.2.3. */
export const retryAfterMs = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined || header.trim() === '') return undefined;
  const delayMs = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : undefined;
};

type Send = (method: 'GET' | 'POST', path: string, headers: Record<string, string>, body?: string) => Promise<Sent>;

/** One exchange over a kept connection, told apart by whether anything can have been sent. Never rejects. */
const makeSend = (options: Get3wOptions): Send => {
  const isPlain = options.baseUrl.startsWith('http:');
  const agentOptions = { keepAlive: true, maxSockets: 64 };
  const agent = isPlain ? new HttpAgent(agentOptions) : new HttpsAgent(agentOptions);
  const request = isPlain ? httpRequest : httpsRequest;

  return (method, path, headers, body) =>
    new Promise((resolve) => {
      let isConnected = false;
      const timeoutMs = method === 'GET' ? Math.min(POLL_TIMEOUT_MS, options.timeoutMs) : options.timeoutMs;
      const outgoing = request(
        `${options.baseUrl}${path}`,
        { method, headers, agent, signal: AbortSignal.timeout(timeoutMs) },
        (answer) => {
          const { statusCode: status = 0 } = answer;
          const retryAfter = answer.headers['retry-after'];
          readText(answer).then(
            (text) => resolve({ kind: 'answered', exchange: { status, text, retryAfter } }),
            (error: unknown) => resolve({ kind: 'broken', failure: brokenBy(error as NodeJS.ErrnoException, true) }),
          );
        },
      );
      outgoing.on('socket', (socket) => {
        // A kept connection is connected from the start: whatever befalls it may have come after the request.
        const connected = (): void => void (isConnected = true);
        if (socket.connecting) socket.once(isPlain ? 'connect' : 'secureConnect', connected);
        else connected();
      });
      outgoing.on('error', (error) => resolve({ kind: 'broken', failure: brokenBy(error, isConnected) }));
      outgoing.end(body);
    });
};

export const makeGet3wProvider = (options: Get3wOptions): Provider => {
  const send = makeSend(options);
  return {
    async submit(submit: SubmitRequest): Promise<SubmitAnswer> {
      const key = await options.readKey().catch(() => null);
      if (key === null) {
        return {
          kind: 'refused',
          failure: transportFailure('unreachable', 'The secret with the Get3W key could not be read'),
        };
      }
      if (key === undefined) {
        return { kind: 'refused', failure: { level: 'http', code: 401, text: 'The relay has no Get3W key yet' } };
      }
      const query = submit.callbackUrl === undefined ? '' : `?webhook=${encodeURIComponent(submit.callbackUrl)}`;
      const headers = {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(submit.input)),
        'x-request-id': submit.requestId,
      };
      const sent = await send('POST', `/v1/${submit.model}${query}`, headers, submit.input);
      if (sent.kind === 'answered') return sortSubmitAnswer(sent.exchange, options.clock.now());
      const isUnsent = findError('transport', sent.failure.code)?.reaction === 'retry';
      return { kind: isUnsent ? 'refused' : 'doubted', failure: sent.failure };
    },

    async poll(upstreamId: string): Promise<PollAnswer> {
      const key = await options.readKey().catch(() => undefined);
      if (key === undefined) {
        return { kind: 'unknown', failure: transportFailure('unreachable', 'The Get3W key could not be read') };
      }
      const sent = await send('GET', `/v1/requests/${encodeURIComponent(upstreamId)}`, {
        authorization: `Bearer ${key}`,
      });
      if (sent.kind === 'broken') return { kind: 'unknown', failure: sent.failure };
      const { status, text } = sent.exchange;
      const task = status === 200 ? readUpstreamTask(text) : undefined;
      if (!task) return { kind: 'unknown', failure: httpFailure(status, text) };
      return task.outcome ? { kind: 'ended', outcome: task.outcome } : { kind: 'running' };
    },
  };
};

const httpFailure = (status: number, text: string): Failure => {
  const known = findError('http', status);
  const own = readErrorText(text);
  return { level: 'http', code: status, text: own ?? known?.texts[0] ?? known?.name ?? shorten(`HTTP ${status}`) };
};

/** Sorts the answer to a submit by what it says about the task: made, not made, or nobody knows. */
export const sortSubmitAnswer = ({ status, text, retryAfter }: Exchange, now: number): SubmitAnswer => {
  if (status >= 200 && status < 300) {
    const task = readUpstreamTask(text);
    if (task?.upstreamId === undefined) {
      return { kind: 'doubted', failure: transportFailure('unreadable', `HTTP ${status} without a task in its body`) };
    }
    const { upstreamId, estimatedMs, outcome } = task;
    return { kind: 'accepted', upstreamId, estimatedMs, outcome };
  }
  const failure = httpFailure(status, text);
  const isOwnWord = readErrorText(text) !== undefined;
  const entry = findError('http', status);
  // A documented refusal stands by its status alone, but for those that a gateway might say in Get3W's place.
  const isRefusal = status >= 400 && status < 500 ? status !== 408 : entry?.reaction === 'retry' && isOwnWord;
  if (isRefusal) return { kind: 'refused', failure, retryAfterMs: retryAfterMs(retryAfter, now) };
  if (entry) return { kind: 'doubted', failure };
  return { kind: 'doubted', failure: transportFailure('unreadable', `HTTP ${status} is not documented by Get3W`) };
};
