// Inputs in S3: objects that are small enough to be held whole, as Lambda and the gateway hold them too. Four kinds of call
// by signed addresses: S3's client of the SDK would double what a function loads, and how long its first such call takes.
// s3-signer.ts signs them, http-exchange.ts ends each of them.
import { RelayError } from '../domain/relay-error.ts';
import { exchange } from './http-exchange.ts';
import { signAddress } from './s3-signer.ts';
import type { InputStore } from '../ports/input-store.ts';
import type { Exchanged } from './http-exchange.ts';
import type { S3SignerOptions } from './s3-signer.ts';

const TRIES_MAX = 3;
/**
 * A few megabytes take a fraction of a second. S3 copies hundreds of them in seconds, while its caller waits for it: one that takes
 * long is not begun again, because the api answers within 29 seconds.
 */
const usualLimits = { tryMs: 5_000, copyMs: 20_000 } as const;

type CallLimits = Readonly<Record<keyof typeof usualLimits, number>>;
const SIGNED_MS = 60_000;
/** An input, and whatever S3 has to say of a mistake. */
const ANSWER_BYTES_MAX = 6_000_000;
const CONTENT_TYPE = 'application/json';
const COPY_SOURCE = 'x-amz-copy-source';
/** S3's own faults, and its request for fewer calls. Source: S3, "Error responses". */
const transientStatuses: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

type Method = 'GET' | 'PUT' | 'DELETE';
type Answered = Extract<Exchanged, { kind: 'answered' }>;

interface Sent {
  /** All of them are signed. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @throws RelayError `store-unavailable`, from each call, where S3 does not do it. */
export function makeS3Inputs(options: S3SignerOptions, limits: CallLimits = usualLimits): InputStore {
  const call = (method: Method, key: string, sent: Sent = {}): Promise<Answered> =>
    send({ ...options, limits }, method, key, sent);
  /** S3 refuses a copy of an object onto itself that changes nothing. */
  const renew = async (key: string, contentType: string): Promise<boolean> => {
    const headers = {
      'content-type': contentType,
      [COPY_SOURCE]: `/${options.bucket}/${key}`,
      'x-amz-metadata-directive': 'REPLACE',
    };
    return (await call('PUT', key, { headers })).status !== 404;
  };
  return {
    storeInput: async (key, text) => {
      await call('PUT', key, { headers: { 'content-type': CONTENT_TYPE }, body: text });
    },

    readInput: async (key) => {
      const { status, body, isWhole } = await call('GET', key);
      if (status === 404) return undefined;
      if (!isWhole) throw new RelayError('store-unavailable', 'S3 sent more than any input has', { key });
      return body.toString('utf8');
    },

    renewInput: async (key) => {
      await renew(key, CONTENT_TYPE);
    },

    adoptUpload: async (from, to) => {
      const { status } = await call('PUT', to, { headers: { [COPY_SOURCE]: `/${options.bucket}/${from}` } });
      return status !== 404;
    },

    renewUpload: async (key) => {
      const { status, headers } = await call('GET', key, { headers: { range: 'bytes=0-0' } });
      return status !== 404 && renew(key, headers['content-type'] ?? 'application/octet-stream');
    },

    removeInput: async (key) => {
      await call('DELETE', key);
    },
  };
}

/** A 200 that is not meant is a copy that failed on the way. */
function isTransient({ status }: Answered): boolean {
  return status === 200 || transientStatuses.has(status);
}

/** A copy may fail after S3 has begun to answer 200; its body tells ("CopyObject" in the API reference of S3). */
function isMeant({ status, body }: Answered, isCopy: boolean): boolean {
  if (status === 404) return true;
  return status < 300 && (!isCopy || body.toString('utf8').includes('<CopyObjectResult'));
}

/** Each of the calls may be sent twice. @returns an answer that S3 means: done, or 404. */
async function send(
  { clock, limits, ...options }: S3SignerOptions & { readonly limits: CallLimits },
  method: Method,
  key: string,
  { headers = {}, body }: Sent,
): Promise<Answered> {
  let last: Exchanged | undefined;
  const isCopy = headers[COPY_SOURCE] !== undefined;
  const startedAt = clock.now();
  // A slow copy uses up the time of all tries.
  const isLate = (): boolean => clock.now() - startedAt > TRIES_MAX * limits.tryMs;
  for (let tries = 0; tries < TRIES_MAX && !isLate(); tries += 1) {
    const url = await signAddress({ clock, ...options }, { method, key, signedMs: SIGNED_MS, headers });
    last = await exchange({
      url: new URL(url),
      method,
      headers,
      body,
      timeoutMs: isCopy ? limits.copyMs : limits.tryMs,
      connections: undefined,
      answerBytesMax: ANSWER_BYTES_MAX,
    });
    if (last.kind !== 'answered') continue;
    if (isMeant(last, isCopy)) return last;
    if (!isTransient(last)) break;
  }
  const why = last?.kind === 'answered' ? { status: last.status } : { code: last?.code };
  throw new RelayError('store-unavailable', `S3 did not answer ${method} as it should`, { key, ...why });
}
