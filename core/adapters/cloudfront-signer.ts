// Signs addresses of a CloudFront distribution in front of the bucket, with a canned policy: RSA over SHA-1, which is what
// CloudFront takes. The private key is read from its secret once a process.
// Source: Amazon CloudFront, "Create a signed URL using a canned policy".
import { createPrivateKey, createSign } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { RelayError } from '../domain/relay-error.ts';
import { callWithin } from './call-within.ts';
import { serviceClient } from './service-client.ts';
import type { OutputSigner } from '../ports/output-ports.ts';
import type { Clock } from '../ports/ports.ts';
import type { KeyObject } from 'node:crypto';

export interface Distribution {
  /** Host name, without a scheme. */
  readonly domain: string;
  /** Id of the public key in the distribution's trusted key group. */
  readonly keyPairId: string;
  /** Secret whose whole text is the private key, as PEM. */
  readonly secretArn: string;
}

interface CloudFrontSignerOptions {
  readonly distribution: Distribution;
  readonly clock: Pick<Clock, 'now'>;
  /** @default the secret's text */
  readonly readKey?: (secretArn: string) => Promise<string | undefined>;
}

const READ_TIMEOUT_MS = 8_000;
const callLimits = { triesMax: 3, tryTimeoutMs: 3_000, callTimeoutMs: READ_TIMEOUT_MS } as const;

export function makeCloudFrontSigner(options: CloudFrontSignerOptions): OutputSigner {
  const { distribution, clock, readKey = readFromAws } = options;
  let reading: Promise<KeyObject> | undefined;
  const read = async (): Promise<KeyObject> => {
    const key = await callWithin(READ_TIMEOUT_MS, () => readKey(distribution.secretArn));
    if (key !== undefined) return keyOf(key);
    throw new RelayError('secret-empty', 'The secret with the private key of the distribution is empty');
  };
  const privateKey = (): Promise<KeyObject> =>
    (reading ??= read().catch((error: unknown) => {
      // The next address is signed with what the secret holds then.
      reading = undefined;
      throw error;
    }));
  return {
    sign: async (key, signedMs) => {
      const url = `https://${distribution.domain}/${key.split('/').map(encodeURIComponent).join('/')}`;
      const expires = Math.floor((clock.now() + signedMs) / 1_000);
      const signature = signatureOf(policyOf(url, expires), await privateKey());
      return `${url}?Expires=${expires}&Signature=${signature}&Key-Pair-Id=${encodeURIComponent(distribution.keyPairId)}`;
    },
  };
}

/** Character by character as CloudFront puts it together itself. */
function policyOf(url: string, expires: number): string {
  return `{"Statement":[{"Resource":"${url}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
}

/** Read as a key at once: a text that is none must not be kept for as long as the process lives. */
function keyOf(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    // Its text may quote the secret, and is left out.
    const cause = error instanceof Error ? error.name : 'unknown';
    throw new RelayError('secret-malformed', `${KEY_ADVICE} (${cause})`);
  }
  if (key.asymmetricKeyType !== 'rsa') throw new RelayError('secret-malformed', KEY_ADVICE);
  return key;
}

const KEY_ADVICE =
  'The secret with the private key of the distribution must hold an RSA key as PEM, from -----BEGIN to -----END, and nothing else';

function signatureOf(policy: string, privateKey: KeyObject): string {
  const signature = createSign('RSA-SHA1').update(policy).sign(privateKey, 'base64');
  return signature.replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');
}

async function readFromAws(secretArn: string): Promise<string | undefined> {
  const client = serviceClient((config) => new SecretsManagerClient(config), callLimits);
  return (await client.send(new GetSecretValueCommand({ SecretId: secretArn }))).SecretString;
}
