// Reads objects of the bucket as streams. Only the command line reads them through the SDK: functions hand out signed
// addresses. s3-bucket.ts writes them.
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { isMissingObject } from './sdk-faults.ts';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import type { ObjectReader } from '../ports/output-ports.ts';

/** S3 sends at megabytes a second: one that is silent for so long has hung. */
const SILENCE_MS = 30_000;

export function makeS3Reader(bucket: string, client: S3Client): ObjectReader {
  return {
    read: async (key) => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return Body === undefined ? undefined : contentOf(Body as Readable);
      } catch (error) {
        if (isMissingObject(error)) return undefined;
        throw error;
      }
    },
  };
}

/** Ends with an error where the sender is silent for too long: the client's own limits end with the head of its answer. */
async function* contentOf(body: Readable): AsyncGenerator<Buffer> {
  const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const silence = setTimeout(() => body.destroy(new Error('S3 stopped sending')), SILENCE_MS);
      const next = await chunks.next().finally(() => clearTimeout(silence));
      if (next.done) return;
      yield next.value;
    }
  } finally {
    body.destroy();
  }
}
