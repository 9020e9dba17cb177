// The signer of outputs' addresses, loaded with its first use: most processes of the api never sign one.
// s3-signer.ts makes the signature, or cloudfront-signer.ts where the deployment has a distribution in front of the bucket.
import type { OutputSigner } from '../ports/output-ports.ts';
import type { Distribution } from './cloudfront-signer.ts';
import type { S3SignerOptions } from './s3-signer.ts';

/**
 * An {@link OutputSigner} whose module is loaded by the first call.
 * @param distributionText JSON of a Distribution; absent where addresses lead to S3.
 */
export function makeSignerWhenUsed(options: S3SignerOptions, distributionText?: string): OutputSigner {
  let loading: Promise<OutputSigner> | undefined;
  const load = async (): Promise<OutputSigner> => {
    if (distributionText === undefined) return (await import('./s3-signer.ts')).makeS3Signer(options);
    const distribution = JSON.parse(distributionText) as Distribution;
    return (await import('./cloudfront-signer.ts')).makeCloudFrontSigner({ distribution, clock: options.clock });
  };
  const loaded = (): Promise<OutputSigner> => (loading ??= load());
  return { sign: async (key, signedMs) => (await loaded()).sign(key, signedMs) };
}
