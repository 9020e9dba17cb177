// The outputs of a load world and the bucket that keeps them: servers that send at a steady rate, and the product's own
// calls of S3, whose commands are counted for the bill instead of sent.
import { makeS3Bucket } from '../../core/adapters/s3-bucket.ts';
import { memoryMbOf, PROCESSOR_MB } from '../../core/domain/capacity.ts';
import type { OutputBucket, OutputSource } from '../../core/ports/output-ports.ts';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Dice } from './dice.ts';
import type { LoadBill } from './load-bill.ts';
import type { VirtualTime } from './virtual-time.ts';

interface LoadOutputsOptions {
  readonly time: Pick<VirtualTime, 'sleep'>;
  readonly dice: Pick<Dice, 'logNormal'>;
  readonly bill: LoadBill;
  readonly outputBytes: number;
}

/** Until the first byte of an output, and the rate of the rest: assumed, not measured. */
const FIRST_BYTE_MS = 150;
const BYTES_PER_MS = 20_000;
/** Median of a call from within the region, and the rate at which S3 takes a body: assumed too. */
const CALL_MS = 25;
const UPLOAD_BYTES_PER_MS = 50_000;
/** Milliseconds of a whole processor for a MB that passes through: 3.4 by `npm run check:media`, the rest for TLS. */
const COMPUTE_MS_PER_MB = 5;
const chunk = Buffer.alloc(65_536, 7);

const slowdown = Math.max(1, PROCESSOR_MB / memoryMbOf('keep'));

export function loadSource({ time, dice, outputBytes }: LoadOutputsOptions): OutputSource {
  const content = async function* (): AsyncGenerator<Buffer> {
    const passMs = outputBytes / BYTES_PER_MS + (outputBytes / 1e6) * COMPUTE_MS_PER_MB * slowdown;
    await time.sleep(passMs);
    for (let left = outputBytes; left > 0; left -= chunk.length)
      yield left < chunk.length ? chunk.subarray(0, left) : chunk;
  };
  return {
    open: async () => {
      await time.sleep(dice.logNormal(FIRST_BYTE_MS, 0.4));
      return { kind: 'opened', contentType: 'video/mp4', bytes: outputBytes, content: content() };
    },
  };
}

interface Sent {
  readonly constructor: { readonly name: string };
  readonly input: { readonly Body?: Buffer };
}

/** What S3 bills nothing for. */
const free = new Set(['DeleteObjectCommand', 'AbortMultipartUploadCommand']);

export function loadBucket({ time, dice, bill }: LoadOutputsOptions): OutputBucket {
  const send = async ({ constructor: { name }, input: { Body } }: Sent): Promise<object> => {
    const bytes = Body?.length ?? 0;
    await time.sleep(dice.logNormal(CALL_MS, 0.4) + bytes / UPLOAD_BYTES_PER_MS);
    if (!free.has(name)) bill.keepObject(bytes);
    return { UploadId: 'upload', ETag: 'etag' };
  };
  return makeS3Bucket('bucket', { send } as unknown as S3Client);
}
