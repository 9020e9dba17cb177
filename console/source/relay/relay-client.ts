// The relay's API as the page calls it: same origin, the key in a header, refusals as one kind of error.
// core/contract/routes.ts lists the calls; the views use the answers.

/** An answer that is an error, in the relay's own words; status 0 when there was no answer at all. */
export class RelayRefusal extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.name = 'RelayRefusal';
    this.status = status;
  }
}

export interface RelayClient {
  /** @throws RelayRefusal, and an AbortError when the signal aborts the call. */
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  /** @param onceKey the same change sent again with it is made once. */
  patch<T>(path: string, body: unknown, onceKey?: string): Promise<T>;
  remove<T>(path: string): Promise<T>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Request {
  readonly method: Method;
  readonly key?: string | undefined;
  readonly body?: unknown;
  readonly onceKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** API Gateway gives up after half a minute. */
const ANSWER_MAX_MS = 35_000;

/** One call, with or without a key. @throws RelayRefusal for anything but a 2xx. */
export async function callRelay<T>(path: string, { method, key, body, onceKey, signal }: Request): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(onceKey !== undefined && { 'idempotency-key': onceKey }),
    },
    // The key alone identifies the caller.
    credentials: 'omit',
    cache: 'no-store',
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(ANSWER_MAX_MS)]),
  }).catch((error: unknown) => noAnswer(error, signal));
  const text = await response.text().catch((error: unknown) => noAnswer(error, signal));
  if (!response.ok) throw new RelayRefusal(response.status, refusalText(text, response.status));
  return JSON.parse(text) as T;
}

/** @throws RelayRefusal, and the error itself where the page no longer wants the answer. */
function noAnswer(error: unknown, signal: AbortSignal | undefined): never {
  if (signal?.aborted) throw error;
  const isLate = error instanceof DOMException && error.name === 'TimeoutError';
  throw new RelayRefusal(
    0,
    isLate ? `The relay did not answer within ${ANSWER_MAX_MS / 1_000} s` : 'The relay does not answer',
  );
}

/** `{code, error, details}` is the relay's own; `{message}` API Gateway's. */
function refusalText(text: string, status: number): string {
  try {
    const { error, details, message } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const said = error ?? message;
    if (typeof said === 'string') return typeof details === 'string' ? `${said}: ${details}` : said;
  } catch {
    // A proxy's page; the status says enough.
  }
  return `The relay answered ${status}`;
}

/** @param onUnauthorised called when the relay no longer knows the key. */
export function makeRelayClient(key: string, onUnauthorised: (text: string) => void): RelayClient {
  const call = async <T>(path: string, request: Request): Promise<T> => {
    try {
      return await callRelay<T>(path, { ...request, key });
    } catch (error) {
      if (error instanceof RelayRefusal && error.status === 401) onUnauthorised(error.message);
      throw error;
    }
  };
  return {
    get: (path, signal) => call(path, { method: 'GET', signal }),
    post: (path, body) => call(path, { method: 'POST', body }),
    patch: (path, body, onceKey) => call(path, { method: 'PATCH', body, onceKey }),
    remove: (path) => call(path, { method: 'DELETE' }),
  };
}

/** A query string of the set values, with its question mark; empty when none is set. */
export function queryOf(fields: Readonly<Record<string, string | number | undefined>>): string {
  const entries = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries).toString()}`;
}
