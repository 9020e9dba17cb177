// The signer of outputs' addresses, loaded with its first use: most processes of the api never sign one.
// s3-signer.ts makes the signature.
import type { OutputSigner } from '../ports/output-ports.ts';
import type { S3SignerOptions } from './s3-signer.ts';

/** An {@link OutputSigner} whose module is loaded by the first call. */
export function makeSignerWhenUsed(options: S3SignerOptions): OutputSigner {
  let loading: Promise<OutputSigner> | undefined;
  const loaded = (): Promise<OutputSigner> =>
    (loading ??= import('./s3-signer.ts').then(({ makeS3Signer }) => makeS3Signer(options)));
  return { sign: async (key, signedMs) => (await loaded()).sign(key, signedMs) };
}
