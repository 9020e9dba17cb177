// The bucket of a relay, for commands that read what lies in it. Its client is large, so only those commands load it.
import { S3Client } from '@aws-sdk/client-s3';
import { makeS3Reader } from '../core/adapters/s3-reader.ts';
import { commandClient } from './command-client.ts';
import type { ObjectReader } from '../core/ports/output-ports.ts';
import type { RelayTarget } from './relay-target.ts';

interface OpenedBucket extends ObjectReader {
  close(): void;
}

export function openBucket(target: RelayTarget): OpenedBucket {
  const client = clientOf(target);
  return { ...makeS3Reader(target.mediaBucketName, client), close: () => client.destroy() };
}

function clientOf({ clientOptions }: RelayTarget): S3Client {
  const { endpoints, ...others } = clientOptions;
  return commandClient(
    (config) => new S3Client({ ...config, ...others, ...(endpoints && { endpoint: endpoints.s3 }) }),
  );
}
