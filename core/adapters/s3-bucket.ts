// Keeps outputs in S3: small ones in one call, larger ones in parts of a fixed size through one buffer, so that memory
// does not grow with the output. An upload in parts that fails is aborted, because its parts would be paid for unseen.
// The SDK's client is large: only the keep function and the command line import this file.
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { collectYoung } from './collect-young.ts';
import { serviceClient } from './service-client.ts';
import type { OutputBucket } from '../ports/output-ports.ts';

/** The least that S3 takes, for the least memory; 10,000 parts are 52 GB. */
const PART_BYTES = 5 * 1_024 * 1_024;
/** A part takes a second or two from Lambda; a call that takes a minute is lost. */
const callLimits = { triesMax: 3, tryTimeoutMs: 60_000, callTimeoutMs: 120_000 } as const;

let sharedClient: S3Client | undefined;

/** The endpoint comes from `AWS_ENDPOINT_URL_S3` where that is set, region and credentials from the environment. */
function s3Client(): S3Client {
  sharedClient ??= serviceClient((config) => new S3Client(config), callLimits);
  return sharedClient;
}

/** @param client only tests and the command line pass one. */
export function makeS3Bucket(bucket: string, client: S3Client = s3Client()): OutputBucket {
  return {
    store: async (key, contentType, content) => {
      const target = { Bucket: bucket, Key: key };
      const parts = partsOf(content);
      const first = await parts.next();
      if (first.done || first.value.isLast) {
        const body = first.done ? Buffer.alloc(0) : first.value.bytes;
        await client.send(new PutObjectCommand({ ...target, ContentType: contentType, Body: body }));
        return;
      }
      await storeInParts(client, { ...target, ContentType: contentType }, first.value, parts);
    },

    remove: async (key) => {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
  };
}

interface Part {
  /** Good until the next part is asked for. */
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly ContentType: string;
}

async function storeInParts(
  client: S3Client,
  { ContentType, ...target }: Target,
  first: Part,
  rest: AsyncGenerator<Part>,
): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, ContentType }));
  const upload = { ...target, UploadId };
  try {
    const done: { PartNumber: number; ETag: string | undefined }[] = [];
    for (let part: Part | undefined = first; part; part = await nextOf(rest)) {
      const PartNumber = done.length + 1;
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body: part.bytes }));
      done.push({ PartNumber, ETag });
      collectYoung();
    }
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: done } }));
  } catch (error) {
    // Where this fails too, the bucket's lifecycle removes the parts after a day.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

async function nextOf(parts: AsyncGenerator<Part>): Promise<Part | undefined> {
  const next = await parts.next();
  return next.done ? undefined : next.value;
}

/** Cuts a stream into parts, all in the same buffer; only the last is shorter, and there is one for an empty stream. */
async function* partsOf(content: AsyncIterable<Buffer>): AsyncGenerator<Part> {
  const buffer = Buffer.allocUnsafeSlow(PART_BYTES);
  let filled = 0;
  for await (const chunk of content) {
    let from = 0;
    while (from < chunk.length) {
      // A full buffer is sent only once more has come: else the last part could be empty.
      if (filled === PART_BYTES) {
        yield { bytes: buffer, isLast: false };
        filled = 0;
      }
      const copied = chunk.copy(buffer, filled, from);
      filled += copied;
      from += copied;
    }
  }
  yield { bytes: buffer.subarray(0, filled), isLast: true };
}
