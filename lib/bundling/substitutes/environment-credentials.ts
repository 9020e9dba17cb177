// Stands in for the AWS SDK's credential chain in every bundle (an esbuild alias, see function-bundles.ts).
// Lambda hands credentials over in the environment and nowhere else, and so does the local runtime; the chain's other
// members (files, SSO, containers, instance metadata) would be loaded at each cold start and never asked.

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * The SDK calls this by this name to get its provider.
 * @throws Error, from the provider, when the environment lacks the two keys.
 */
export function defaultProvider() {
  return (): Promise<Credentials> => {
    // Lambda's own variables, set by it and not by the stack, so they are no part of the contract's environment.
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
