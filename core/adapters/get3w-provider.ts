// Get3W over HTTP: submits and polls, and sorts every answer into accepted, refused or in doubt.
// A failed call is an answer here, never an exception; the domain decides when to try again.
// A POST is sent once; http-exchange.ts handles connections, time limits and their timers.
import { findError } from '../domain/error-catalogue.ts';
import { limits } from '../domain/limits.ts';
import { RelayError } from '../domain/relay-error.ts';
import { readRetryAfterMs } from '../domain/retry-after.ts';
import { readErrorText, readUpstreamTask, shorten } from '../domain/task/upstream-task.ts';
import { brokenCodes, exchange } from './http-exchange.ts';
import { KeptConnections } from './kept-connections.ts';
import type { Failure } from '../domain/task/task.ts';
import type { Clock, PollAnswer, Provider, SubmitAnswer, SubmitRequest } from '../ports/ports.ts';
import type { Exchanged } from './http-exchange.ts';
import type { Secret } from './secrets.ts';

interface Get3wOptions {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly secret: Secret;
  /** Time for one call, including connection, body and a second try with a new key. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'now'>;
}

/** Task objects are small; anything longer is not an answer of Get3W's. */
const ANSWER_BYTES_MAX = 1_000_000;
const POLL_TIMEOUT_MS = 10_000;
const CONNECTIONS_MAX = 64;

/** What Get3W answered. */
interface Get3wAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

type Sent =
  { readonly kind: 'answered'; readonly answer: Get3wAnswer } | { readonly kind: 'broken'; readonly failure: Failure };

type Send = (key: string, timeoutMs: number) => Promise<Sent>;

export function makeGet3wProvider(options: Get3wOptions): Provider {
  return new Get3wProvider(options);
}

class Get3wProvider implements Provider {
  readonly #options: Get3wOptions;
  readonly #connections: KeptConnections;

  constructor(options: Get3wOptions) {
    this.#options = options;
    this.#connections = new KeptConnections(options.clock, CONNECTIONS_MAX);
  }

  async submit(submit: SubmitRequest): Promise<SubmitAnswer> {
    const { clock, timeoutMs } = this.#options;
    const sent = await this.#withKey(timeoutMs, (key, leftMs) => this.#post(submit, key, leftMs));
    if (sent.kind === 'answered') return sortSubmitAnswer(sent.answer, clock.now());
    // Only a call that may have created a task is in doubt; an unreadable key or a connection that was never made
    // created none.
    const isUnsent = findError(sent.failure.level, sent.failure.code)?.reaction !== 'doubt';
    return { kind: isUnsent ? 'refused' : 'doubted', failure: sent.failure };
  }

  async poll(upstreamId: string): Promise<PollAnswer> {
    const timeoutMs = Math.min(POLL_TIMEOUT_MS, this.#options.timeoutMs);
    const sent = await this.#withKey(timeoutMs, (key, leftMs) => this.#get(upstreamId, key, leftMs));
    return sent.kind === 'answered' ? sortPollAnswer(sent.answer) : { kind: 'unknown', failure: sent.failure };
  }

  /**
   * Calls with the key of the secret. A 401 created nothing, and after a rotation it only shows that this process knows
   * the old key: if the secret holds another by now, the call is made with that one before anything is paused.
   */
  async #withKey(timeoutMs: number, send: Send): Promise<Sent> {
    const { secret } = this.#options;
    const endsAt = performance.now() + timeoutMs;
    try {
      const key = await secret.read();
      const sent = await send(key, endsAt - performance.now());
      const isRefused = sent.kind === 'answered' && sent.answer.status === 401;
      if (!isRefused) return sent;
      const newKey = await secret.reread(key).catch(() => key);
      const leftMs = endsAt - performance.now();
      return newKey === key || leftMs <= 0 ? sent : await send(newKey, leftMs);
    } catch (error) {
      return { kind: 'broken', failure: keyFailure(error) };
    }
  }

  async #post({ model, callbackUrl, input, requestId }: SubmitRequest, key: string, timeoutMs: number): Promise<Sent> {
    const query = callbackUrl === undefined ? '' : `?webhook=${encodeURIComponent(callbackUrl)}`;
    const exchanged = await exchange({
      url: new URL(`${this.#options.baseUrl}/v1/${model}${query}`),
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(input),
        'x-request-id': requestId,
      },
      body: input,
      timeoutMs,
      connections: this.#connections,
      answerBytesMax: ANSWER_BYTES_MAX,
    });
    return sentOf(exchanged);
  }

  /** A poll may be repeated: a fresh connection answers what a dying kept connection left open. */
  async #get(upstreamId: string, key: string, timeoutMs: number): Promise<Sent> {
    const endsAt = performance.now() + timeoutMs;
    const ask = (connections: KeptConnections | undefined, limitMs: number): Promise<Exchanged> =>
      exchange({
        url: new URL(`${this.#options.baseUrl}/v1/requests/${encodeURIComponent(upstreamId)}`),
        method: 'GET',
        headers: { authorization: `Bearer ${key}` },
        timeoutMs: limitMs,
        keptTimeoutMs: limitMs / 2,
        connections,
        answerBytesMax: ANSWER_BYTES_MAX,
      });
    const first = await ask(this.#connections, timeoutMs);
    const leftMs = endsAt - performance.now();
    const mayAskAgain = first.kind === 'broken' && first.isKept && leftMs > 0;
    return sentOf(mayAskAgain ? await ask(undefined, leftMs) : first);
  }
}

function transportFailure(code: string, text: string): Failure {
  return { level: 'transport', code, text };
}

function sentOf(exchanged: Exchanged): Sent {
  if (exchanged.kind === 'broken') return { kind: 'broken', failure: brokenBy(exchanged) };
  const { status, headers, body, isWhole } = exchanged;
  // Cut short it cannot be parsed anyway; a text that is not JSON shows this plainly.
  const text = isWhole ? body.toString('utf8') : '';
  return { kind: 'answered', answer: { status, text, retryAfter: headers['retry-after'] } };
}

function brokenBy({ phase, code }: Extract<Exchanged, { kind: 'broken' }>): Failure {
  const isConnected = phase === 'connection';
  if (code === brokenCodes.timeout || code === 'ETIMEDOUT') {
    return isConnected
      ? transportFailure('timeout', 'Get3W gave no answer in time')
      : transportFailure('unreachable', 'No connection to Get3W in time');
  }
  // Before the connection was made, no byte of the request was sent.
  if (!isConnected) return transportFailure('unreachable', `No connection to Get3W: ${code}`);
  const isNonsense = code === brokenCodes.upgrade || code === brokenCodes.interim || code.startsWith('HPE_');
  return isNonsense
    ? transportFailure('unreadable', `What Get3W answered is not HTTP: ${code}`)
    : transportFailure('reset', `The connection to Get3W broke: ${code}`);
}

/** By the fault that secrets.ts found. */
const keyTexts: Readonly<Partial<Record<string, string>>> = {
  empty: 'The relay has no Get3W key yet',
  missing: 'The relay has no Get3W key yet: its secret does not exist, or has no value',
  malformed: 'The secret with the Get3W key holds JSON that cannot be read',
  denied: 'The relay may not read the secret with the Get3W key, or may not use the KMS key that encrypts it',
  undecryptable: 'The KMS key that encrypts the secret with the Get3W key cannot be used',
};

/**
 * A secret without a usable key is treated as a refused account: every task is kept until an operator fixes it. A
 * service that does not answer is an outage, which passes.
 */
function keyFailure(error: unknown): Failure {
  if (error instanceof RelayError && error.code !== 'secret-unavailable') {
    const text = keyTexts[String(error.details['fault'])] ?? 'The secret with the Get3W key cannot be read';
    return { level: 'http', code: 401, text };
  }
  return transportFailure('unreachable', 'The secret with the Get3W key could not be read');
}

function httpFailure(status: number, text: string): Failure {
  const known = findError('http', status);
  const own = readErrorText(text);
  return { level: 'http', code: status, text: own ?? known?.texts[0] ?? known?.name ?? shorten(`HTTP ${status}`) };
}

/** Sorts the answer to a submit by what it shows about the task: created, not created, or unknown. */
export function sortSubmitAnswer({ status, text, retryAfter }: Get3wAnswer, now: number): SubmitAnswer {
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
  // A documented refusal is trusted by its status alone, except those that a gateway might send in Get3W's place.
  const isRefusal = status >= 400 && status < 500 ? status !== 408 : entry?.reaction === 'retry' && isOwnWord;
  if (isRefusal) {
    return { kind: 'refused', failure, retryAfterMs: readRetryAfterMs(retryAfter, now, limits.retryAfterMsMax) };
  }
  if (entry) return { kind: 'doubted', failure };
  return { kind: 'doubted', failure: transportFailure('unreadable', `HTTP ${status} is not documented by Get3W`) };
}

/** Sorts the answer to a poll: the state of the task, or that it is unknown. */
export function sortPollAnswer({ status, text }: Get3wAnswer): PollAnswer {
  if (status !== 200) return { kind: 'unknown', failure: httpFailure(status, text) };
  const task = readUpstreamTask(text);
  if (!task) return { kind: 'unknown', failure: transportFailure('unreadable', 'HTTP 200 without a task in its body') };
  return task.outcome ? { kind: 'ended', outcome: task.outcome } : { kind: 'running' };
}
