// The provider's key from Secrets Manager: read when first needed, kept five minutes, one read at a time.
// While the service does not answer, the last known key stays valid: a rotation takes longer than most outages. A key
// that Get3W has refused is read again at once, because a rotation is the likeliest reason.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { RelayError } from '../domain/relay-error.ts';
import { callWithin } from './call-within.ts';
import { classifySecretFault } from './sdk-faults.ts';
import { serviceClient } from './service-client.ts';
import { MINUTE_MS } from '../domain/time-ms.ts';
import type { RelayErrorCode } from '../domain/relay-error.ts';
import type { Clock } from '../ports/ports.ts';
import type { SecretFault } from './sdk-faults.ts';

const KEPT_MS = 5 * MINUTE_MS;
/**
 * After a failed read, how long the old key is used before the next one; after a refused key, how long it is trusted.
 */
const RETRY_MS = 15_000;
/** For one read in all, including the SDK's tries. */
const READ_TIMEOUT_MS = 8_000;
const callLimits = { triesMax: 3, tryTimeoutMs: 3_000, callTimeoutMs: READ_TIMEOUT_MS } as const;

export interface Secret {
  /**
   * @throws RelayError `secret-unavailable`, `secret-denied`, `secret-empty` or `secret-malformed` when there has never
   *   been a key to use; `details.fault` holds the reason.
   */
  read(): Promise<string>;
  /**
   * The key to use after Get3W refused this one: the same if the secret holds no other. However many calls are refused
   * at once, the secret is read once, and not again within 15 seconds.
   * @throws RelayError like read
   */
  reread(refused: string): Promise<string>;
}

/** Reads the secret's text; tests pass their own. */
type ReadSecret = (secretId: string) => Promise<string | undefined>;

export function makeSecret(secretId: string, clock: Pick<Clock, 'now'>, read: ReadSecret = readFromAws): Secret {
  let known: string | undefined;
  let freshUntil = Number.NEGATIVE_INFINITY;
  /** When the secret was last read because the known key was refused. */
  let rereadAt = Number.NEGATIVE_INFINITY;
  let underWay: Promise<string> | undefined;

  const refresh = async (): Promise<string> => {
    try {
      const found = keyOf(await callWithin(READ_TIMEOUT_MS, () => read(secretId)));
      if (found !== known) rereadAt = Number.NEGATIVE_INFINITY;
      known = found;
      freshUntil = clock.now() + KEPT_MS;
      return known;
    } catch (error) {
      if (known === undefined) throw unreadable(error);
      freshUntil = clock.now() + RETRY_MS;
      return known;
    } finally {
      underWay = undefined;
    }
  };
  const readNow = (): Promise<string> => (underWay ??= refresh());
  return {
    read: async () => (known !== undefined && clock.now() < freshUntil ? known : readNow()),
    reread: async (refused) => {
      if (underWay) return underWay;
      const isBelieved = known !== refused || clock.now() - rereadAt < RETRY_MS;
      if (known !== undefined && isBelieved) return known;
      rereadAt = clock.now();
      return readNow();
    },
  };
}

/** The key as plain text, or as `{"apiKey": …}`, the form that the console of Secrets Manager gives a pair. */
function keyOf(text: string | undefined): string {
  const trimmed = (text ?? '').trim();
  const key = trimmed.startsWith('{') ? (JSON.parse(trimmed) as { apiKey?: unknown }).apiKey : trimmed;
  if (typeof key === 'string' && key !== '') return key;
  throw new RelayError('secret-empty', 'The secret holds no key', { fault: 'empty' });
}

const codes: Readonly<Partial<Record<SecretFault, RelayErrorCode>>> = {
  denied: 'secret-denied',
  undecryptable: 'secret-denied',
  missing: 'secret-empty',
  // The call itself is wrong, or the secret is about to be deleted: waiting does not help.
  refused: 'secret-denied',
};

function unreadable(error: unknown): RelayError {
  if (error instanceof RelayError) return error;
  // The cause is left out if the text was not JSON: the parser's message quotes it, and it may be the key.
  if (error instanceof SyntaxError) {
    return new RelayError('secret-malformed', 'The secret holds JSON that cannot be read', { fault: 'malformed' });
  }
  const fault = classifySecretFault(error);
  const code = codes[fault] ?? 'secret-unavailable';
  return new RelayError(code, 'The key of the provider cannot be read', { fault }, { cause: error });
}

let sharedClient: SecretsManagerClient | undefined;

const readFromAws: ReadSecret = async (secretId) => {
  sharedClient ??= serviceClient((config) => new SecretsManagerClient(config), callLimits);
  const { SecretString: text } = await sharedClient.send(new GetSecretValueCommand({ SecretId: secretId }));
  return text;
};
