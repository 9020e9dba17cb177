// The reader of small files, loaded with its first use: a relay whose fetchers follow redirects never reads one.
// s3-small-files.ts makes the calls.
import type { SmallFiles } from '../ports/output-ports.ts';
import type { S3SignerOptions } from './s3-signer.ts';

/** {@link SmallFiles} whose module is loaded by the first call. */
export function makeSmallFilesWhenUsed(options: S3SignerOptions): SmallFiles {
  let loading: Promise<SmallFiles> | undefined;
  const loaded = (): Promise<SmallFiles> =>
    (loading ??= import('./s3-small-files.ts').then(({ makeS3SmallFiles }) => makeS3SmallFiles(options)));
  return {
    read: async (key, bytesMax, knownBytes) => (await loaded()).read(key, bytesMax, knownBytes),
    kindOf: async (key) => (await loaded()).kindOf(key),
  };
}
