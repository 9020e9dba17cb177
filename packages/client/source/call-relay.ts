// One call of the relay: sent, answered within its time, and sent again where that is safe. Which calls are safe to repeat
// is decided here; relay-client.ts says what a call means.
import { apiOperations } from './api-operations.ts';
import { AbortedError, ConnectionError, errorOfStatus, RelayError, TimedOutError } from './relay-errors.ts';
import { pause, timedSignal } from './timed-signal.ts';
import type { ApiOperations } from './api-operations.ts';

export type OperationName = keyof ApiOperations;

/** What an operation takes; parts that it does not have are left out. */
export type CallParts<Name extends OperationName> = Present<'path', ApiOperations[Name]['path']> &
  Present<'query', ApiOperations[Name]['query']> &
  Present<'body', ApiOperations[Name]['body']>;

type Present<Key extends string, Value> = [Value] extends [undefined]
  ? Readonly<Partial<Record<Key, undefined>>>
  : undefined extends Value
    ? Readonly<Partial<Record<Key, Value>>>
    : Readonly<Record<Key, Value>>;

export interface CallOptions {
  /** Ends the call. */
  readonly signal?: AbortSignal | undefined;
  /** For the whole call, retries included. */
  readonly timeoutMs?: number | undefined;
  /** Retries after the first try. */
  readonly retries?: number | undefined;
  /** Sent as `Idempotency-Key`. */
  readonly idempotencyKey?: string | undefined;
}

export interface Connection {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly retries: number;
}

/**
 * What may be sent again although an answer was lost: it changes nothing, changes nothing a second time, or has an
 * idempotency key. To put a task back twice may be to pay twice, so `retryTask` is not among them.
 */
const repeatable: ReadonlySet<OperationName> = new Set([
  'submitTask',
  'cancelTask',
  'getTask',
  'listTasks',
  'taskDeliveries',
  'listEvents',
  'listEndpoints',
  'getEndpoint',
  'updateEndpoint',
  'endpointDeliveries',
  'getGate',
  'pauseGate',
  'resumeGate',
  'readMetrics',
  'listAlarms',
  'health',
]);

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 20_000;
/** A longer `Retry-After` is not believed: the call would outlive its own time. */
const RETRY_AFTER_MAX_MS = 60_000;

interface AnyParts {
  readonly path?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly body?: unknown;
}

/** @throws RelayError of the class that the status, or its absence, stands for. */
export async function callRelay<Name extends OperationName>(
  connection: Connection,
  name: Name,
  parts: CallParts<Name>,
  options: CallOptions = {},
): Promise<ApiOperations[Name]['answer']> {
  const { timeoutMs = connection.timeoutMs, retries = connection.retries } = options;
  const request = requestOf(connection, name, parts, options);
  const time = timedSignal(timeoutMs, options.signal);
  try {
    const outcome = await tryUntilItHolds(connection, name, request, retries, time.signal);
    if (!(outcome instanceof RelayError)) return outcome.answer as ApiOperations[Name]['answer'];
    // An answer says more than that time was up while the next try was waited for.
    const isCutShort = outcome.code === 'connection' || !time.isTimedOut();
    throw time.signal.aborted && isCutShort ? endedEarly(time.isTimedOut(), timeoutMs, outcome) : outcome;
  } finally {
    time.release();
  }
}

type Outcome = { readonly answer: unknown } | RelayError;

/** The first answer that is not an error, or the error after which no further try is made. */
async function tryUntilItHolds(
  connection: Connection,
  name: OperationName,
  request: Request,
  retries: number,
  signal: AbortSignal,
): Promise<Outcome> {
  for (let retry = 0; ; retry += 1) {
    const outcome = await tryOnce(connection, request, signal);
    const isLast = !(outcome instanceof RelayError) || retry >= retries || !mayRepeat(name, outcome);
    if (isLast || signal.aborted) return outcome;
    await pause(delayOf(outcome, retry), signal);
    if (signal.aborted) return outcome;
  }
}

interface Request {
  readonly url: string;
  readonly init: RequestInit;
}

function requestOf(
  { baseUrl, apiKey }: Connection,
  name: OperationName,
  { path = {}, query = {}, body }: AnyParts,
  { idempotencyKey }: CallOptions,
): Request {
  const { method, path: template } = apiOperations[name];
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, own: string) => encodeURIComponent(path[own] ?? ''));
  const pairs = Object.entries(query).flatMap(([own, value]): [string, string][] =>
    value === undefined ? [] : [[own, String(value)]],
  );
  const search = new URLSearchParams(pairs).toString();
  return {
    url: `${baseUrl}${filled}${search === '' ? '' : `?${search}`}`,
    init: {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'error',
    },
  };
}

/** An answer, or the error that it is; a fault of the network is a ConnectionError. */
async function tryOnce(connection: Connection, { url, init }: Request, signal: AbortSignal): Promise<Outcome> {
  let response: Response;
  let text: string;
  try {
    signal.throwIfAborted();
    response = await connection.fetch(url, { ...init, signal });
    text = await response.text();
  } catch (cause) {
    return new ConnectionError('no answer', { code: 'connection', cause });
  }
  const correlationId = response.headers.get('x-request-id') ?? undefined;
  const body = parse(text);
  if (response.ok) {
    return body ? { answer: body } : notOfARelay(correlationId);
  }
  const { error, message, details } = body ?? {};
  const words = [error, message].find((one) => typeof one === 'string') ?? `HTTP ${response.status}`;
  return errorOfStatus(response.status, words, {
    correlationId,
    ...(typeof details === 'string' && { details }),
    retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
  });
}

/** An answer that cannot be one of a relay: something else listens there, or cut it short. */
export function notOfARelay(correlationId?: string): ConnectionError {
  return new ConnectionError('the answer is not a message of a relay', { code: 'answer', correlationId });
}

/** Every message of the relay is a JSON object; anything else is undefined. */
function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function retryAfterMs(text: string | null): number | undefined {
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : undefined;
}

/** A 429 refused the call before anything was done, so whatever it was may be sent again. */
function mayRepeat(name: OperationName, { code }: RelayError): boolean {
  if (code === 429) return true;
  const isTransient = code === 'connection' || code === 'answer' || (typeof code === 'number' && code >= 500);
  return isTransient && repeatable.has(name);
}

/** Exponential with full jitter, and never before the relay said. */
function delayOf(error: RelayError, retry: number): number {
  const backoffMs = Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** retry);
  const askedMs = 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0;
  return Math.min(RETRY_AFTER_MAX_MS, askedMs) + backoffMs;
}

function endedEarly(isTimedOut: boolean, timeoutMs: number, cause: unknown): RelayError {
  return isTimedOut
    ? new TimedOutError(`no answer within ${timeoutMs} ms`, { code: 'timeout', cause })
    : new AbortedError('ended by the caller', { code: 'aborted', cause });
}
