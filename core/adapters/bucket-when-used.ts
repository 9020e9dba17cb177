// The bucket of outputs, loaded with its first use: S3's client is as large as all else of the keep function. Its own file,
// because a function that only imports it also has to carry the client.
import type { OutputBucket } from '../ports/output-ports.ts';

/** An {@link OutputBucket} whose module is loaded by the first call of a method. */
export function makeBucketWhenUsed(bucket: string): OutputBucket {
  let loading: Promise<OutputBucket> | undefined;
  const loaded = (): Promise<OutputBucket> =>
    (loading ??= import('./s3-bucket.ts').then(({ makeS3Bucket }) => makeS3Bucket(bucket)));
  return {
    store: async (key, contentType, content) => (await loaded()).store(key, contentType, content),
    remove: async (key) => (await loaded()).remove(key),
  };
}
