// Signs what the relay sends, by Standard Webhooks 1.0.0: v1 (HMAC-SHA256) always, v1a (ed25519) on request.
// Makes secrets from the caller's random bytes. webhook-secrets.ts knows which secrets are in force.
// Source: the Standard Webhooks specification, sections on signature scheme and on secrets and keys.
import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export type SignatureScheme = 'v1' | 'v1a';

/** What is signed: the receiver sees `id` and `timestampSeconds` as headers and `body` as the bytes of the POST. */
interface SignedContent {
  /** It contains no `.`: the dot separates the fields of what is signed. */
  readonly id: string;
  readonly timestampSeconds: number;
  /** The exact text that is sent, not an equivalent one. */
  readonly body: string;
}

const prefixes = { symmetric: 'whsec_', private: 'whsk_', public: 'whpk_' } as const;

/** DER before the 32 bytes of an ed25519 seed (PKCS #8, RFC 8410): Node does not import bare seeds. */
const pkcs8SeedHeader = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

function afterPrefix(text: string, prefix: string): Buffer {
  if (!text.startsWith(prefix)) throw new TypeError(`a secret of this kind begins with ${prefix}`);
  return Buffer.from(text.slice(prefix.length), 'base64');
}

/** @param bytes 24 to 64 random bytes. */
export function symmetricSecret(bytes: Uint8Array): string {
  if (bytes.length < 24 || bytes.length > 64) throw new RangeError('a secret has 24 to 64 bytes');
  return prefixes.symmetric + Buffer.from(bytes).toString('base64');
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8SeedHeader, seed]), format: 'der', type: 'pkcs8' });
}

function publicBytesOf(privateKey: KeyObject): Buffer {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return der.subarray(der.length - SEED_BYTES);
}

/**
 * A signing key as `whsk_` and base64 of seed and public key, the form that the specification's libraries exchange.
 * @param seed 32 random bytes.
 */
export function asymmetricSecret(seed: Uint8Array): string {
  if (seed.length !== SEED_BYTES) throw new RangeError(`an ed25519 seed has ${SEED_BYTES} bytes`);
  return prefixes.private + Buffer.concat([seed, publicBytesOf(privateKeyOf(seed))]).toString('base64');
}

/** The `whpk_` that receivers verify with; it is not secret. */
export function publicKeyOf(asymmetric: string): string {
  return (
    prefixes.public +
    publicBytesOf(privateKeyOf(afterPrefix(asymmetric, prefixes.private).subarray(0, SEED_BYTES))).toString('base64')
  );
}

export function schemeOf(secret: string): SignatureScheme {
  return secret.startsWith(prefixes.private) ? 'v1a' : 'v1';
}

function signOnce(secret: string, content: string): string {
  if (schemeOf(secret) === 'v1') {
    return `v1,${createHmac('sha256', afterPrefix(secret, prefixes.symmetric)).update(content).digest('base64')}`;
  }
  const seed = afterPrefix(secret, prefixes.private).subarray(0, SEED_BYTES);
  return `v1a,${sign(null, Buffer.from(content), privateKeyOf(seed)).toString('base64')}`;
}

/**
 * The value of `webhook-signature`: one signature per secret, separated by spaces, in the order given. While a secret
 * is being rotated the old and the new one both sign, so that a receiver with either can verify.
 */
export function signatureHeader(secrets: readonly string[], { id, timestampSeconds, body }: SignedContent): string {
  if (id.includes('.')) throw new TypeError('a webhook id must not contain a dot');
  const content = `${id}.${timestampSeconds}.${body}`;
  return secrets.map((secret) => signOnce(secret, content)).join(' ');
}

/** The three headers of Standard Webhooks. */
export function signedHeaders(secrets: readonly string[], content: SignedContent): Readonly<Record<string, string>> {
  return {
    'webhook-id': content.id,
    'webhook-timestamp': String(content.timestampSeconds),
    'webhook-signature': signatureHeader(secrets, content),
  };
}
