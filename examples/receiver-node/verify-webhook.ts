// Verifies a webhook by Standard Webhooks with nothing but Node: v1 (HMAC-SHA256, `whsec_…`) and v1a (ed25519, the
// endpoint's `whpk_…`). Copy this file, or use the `standardwebhooks` package as receiver-with-package.ts does. The
// receiver checks whether a webhook is new, and acts on it.
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';

/** Older and newer webhooks are refused, or an attacker who recorded one could send it again for ever. */
const TOLERANCE_SECONDS = 300;

/** The DER bytes before the 32 bytes of an ed25519 public key (RFC 8410). */
const spkiHeader = Buffer.from('302a300506032b6570032100', 'hex');

export interface WebhookHeaders {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/**
 * @param rawBody the bytes as received: parsed and serialised again, they could differ.
 * @param keys secrets (`whsec_…`) or public keys (`whpk_…`); two while a secret is being rotated. One match is enough.
 * @returns why the webhook is refused, or undefined for a good one.
 */
export function refuseWebhook(
  { id, timestamp, signature }: WebhookHeaders,
  rawBody: Buffer,
  keys: readonly string[],
  nowMs: number = Date.now(),
): string | undefined {
  if (!id || !timestamp || !signature) return 'a header is missing';
  const ageSeconds = Math.abs(nowMs / 1_000 - Number(timestamp));
  // Written so that a timestamp that is not a number is refused too.
  if (!(ageSeconds <= TOLERANCE_SECONDS)) return 'the timestamp is too far off';
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), rawBody]);
  const signatures = signature.split(' ');
  const isSigned = keys.some((key) => signatures.some((one) => isSignedBy(key, one, content)));
  return isSigned ? undefined : 'no signature matches';
}

function isSignedBy(key: string, signature: string, content: Buffer): boolean {
  const [scheme, text = ''] = signature.split(',');
  const given = Buffer.from(text, 'base64');
  if (scheme === 'v1' && key.startsWith('whsec_')) {
    const expected = createHmac('sha256', Buffer.from(key.slice(6), 'base64'))
      .update(content)
      .digest();
    // In constant time: the duration of a comparison must not show how many bytes matched.
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
  if (scheme === 'v1a' && key.startsWith('whpk_')) {
    const der = Buffer.concat([spkiHeader, Buffer.from(key.slice(5), 'base64')]);
    return verify(null, content, createPublicKey({ key: der, format: 'der', type: 'spki' }), given);
  }
  return false;
}
