// Replaces the AWS SDK's credential chain in every bundle (an esbuild alias, see function-bundles.ts). Lambda passes
// credentials in the environment only, and so does the local runtime; the other members of the chain (files, SSO,
// containers, instance metadata) would be loaded at each cold start and never used.

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Returns the SDK's credential provider; the SDK imports it by this name.
 * @throws Error, from the provider, when the environment lacks the two keys.
 */
export function defaultProvider() {
  return (): Promise<Credentials> => {
    // Lambda sets these variables, not the stack, so they are not part of the contract's environment.
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
    return AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY
      ? Promise.resolve({
          accessKeyId: AWS_ACCESS_KEY_ID,
          secretAccessKey: AWS_SECRET_ACCESS_KEY,
          ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
        })
      : Promise.reject(new Error('the environment holds no AWS credentials'));
  };
}
