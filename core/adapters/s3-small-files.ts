// Reads files of the bucket that are small enough to be held whole, for fetchers that follow no redirect: by signed
// addresses, as s3-inputs.ts reads inputs, because S3's client of the SDK would double what the api loads.
import { RelayError } from '../domain/relay-error.ts';
import { exchange } from './http-exchange.ts';
import { signAddress } from './s3-signer.ts';
import type { SmallFiles } from '../ports/output-ports.ts';
import type { Exchanged } from './http-exchange.ts';
import type { S3SignerOptions } from './s3-signer.ts';

/** Two of them fit into the time that the api has. */
const TRY_MS = 8_000;
const SIGNED_MS = 60_000;
const FALLBACK_TYPE = 'application/octet-stream';
/** The first byte only: its answer names the length of the whole. */
const firstByte = { range: 'bytes=0-0' } as const;
/** Room for the text of an error, beside that byte. */
const FIRST_BYTES_MAX = 4_096;

type Answered = Extract<Exchanged, { kind: 'answered' }>;

export function makeS3SmallFiles(options: S3SignerOptions): SmallFiles {
  const get = async (key: string, headers: Readonly<Record<string, string>>, bytesMax: number): Promise<Answered> => {
    const url = await signAddress(options, { method: 'GET', key, signedMs: SIGNED_MS, headers });
    const limits = { timeoutMs: TRY_MS, connections: undefined, answerBytesMax: bytesMax };
    const answer = await exchange({ url: new URL(url), method: 'GET', headers, ...limits });
    // 416 is a file without a first byte.
    const isMeant =
      answer.kind === 'answered' && (answer.status < 300 || answer.status === 404 || answer.status === 416);
    if (isMeant) return answer;
    throw new RelayError('store-unavailable', 'S3 did not answer GET as it should', { key });
  };
  return {
    kindOf: async (key) => {
      const answer = await get(key, firstByte, FIRST_BYTES_MAX);
      const bytes = lengthOf(answer);
      return bytes === undefined ? undefined : { bytes, contentType: typeOf(answer) };
    },
    read: async (key, bytesMax, knownBytes) => {
      const bytes = knownBytes ?? lengthOf(await get(key, firstByte, bytesMax));
      if (bytes === undefined || bytes > bytesMax) return undefined;
      const answer = await get(key, {}, bytesMax);
      if (answer.status === 404 || !answer.isWhole) return undefined;
      return { content: answer.body, contentType: typeOf(answer) };
    },
  };
}

function typeOf({ headers }: Answered): string {
  return headers['content-type'] ?? FALLBACK_TYPE;
}

/** Undefined for a file that is not there, or empty. */
function lengthOf({ headers }: Answered): number | undefined {
  const [, total] = /\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  return total === undefined ? undefined : Number(total);
}
