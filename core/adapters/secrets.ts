// The provider's key from Secrets Manager: read when first asked for, kept five minutes, one read at a time.
// While the service does not answer, the last key known stays good: a rotation takes longer than most outages.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { RelayError } from '../domain/relay-error.ts';
import { classifyFault } from './sdk-faults.ts';
import type { Clock } from '../ports/ports.ts';

const KEPT_MS = 5 * 60_000;
/** After a failed read, how long the old key is used before the next one. */
const RETRY_MS = 15_000;

export interface Secret {
  /** @throws RelayError `secret-unavailable` when there has never been a key to go on with. */
  read(): Promise<string>;
}

/** Reads the secret's text; tests give their own. */
export type ReadSecret = (secretId: string) => Promise<string | undefined>;

export const makeSecret = (secretId: string, clock: Pick<Clock, 'now'>, read: ReadSecret = readFromAws): Secret => {
  let known: string | undefined;
  let freshUntil = Number.NEGATIVE_INFINITY;
  let underWay: Promise<string> | undefined;

  const refresh = async (): Promise<string> => {
    try {
      known = keyOf(await read(secretId));
      freshUntil = clock.now() + KEPT_MS;
      return known;
    } catch (error) {
      if (known === undefined) throw unavailable(error);
      freshUntil = clock.now() + RETRY_MS;
      return known;
    } finally {
      underWay = undefined;
    }
  };
  return {
    read: async () => {
      if (known !== undefined && clock.now() < freshUntil) return known;
      underWay ??= refresh();
      return underWay;
    },
  };
};

/** The key as plain text, or as `{"apiKey": …}`, the form that the console of Secrets Manager makes of a pair. */
const keyOf = (text: string | undefined): string => {
  const trimmed = (text ?? '').trim();
  const key = trimmed.startsWith('{') ? (JSON.parse(trimmed) as { apiKey?: unknown }).apiKey : trimmed;
  if (typeof key !== 'string' || key === '') throw new RelayError('secret-unavailable', 'The secret holds no key');
  return key;
};

const unavailable = (error: unknown): RelayError => {
  if (error instanceof RelayError) return error;
  // The cause is left out where the text was no JSON: the parser's message quotes it, and it may be the key.
  const details = { fault: error instanceof SyntaxError ? 'not-json' : classifyFault(error).kind };
  const options = error instanceof SyntaxError ? undefined : { cause: error };
  return new RelayError('secret-unavailable', 'The key of the provider cannot be read', details, options);
};

let sharedClient: SecretsManagerClient | undefined;

const readFromAws: ReadSecret = async (secretId) => {
  sharedClient ??= new SecretsManagerClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  });
  const { SecretString: text } = await sharedClient.send(new GetSecretValueCommand({ SecretId: secretId }));
  return text;
};
