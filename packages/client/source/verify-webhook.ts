// Verifies a webhook of the relay by Standard Webhooks, with WebCrypto alone: v1 (HMAC-SHA256, `whsec_…`) and v1a
// (ed25519, the endpoint's `whpk_…`). The receiver decides whether it is new, and what to do with it.
import type { TaskWebhook, Webhook } from './api-messages.ts';

export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
}

/** As `fetch` has them, or as Node's server has them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** Older or newer than this is refused: who recorded a webhook could send it again for ever. */
  readonly toleranceSeconds?: number;
  readonly nowMs?: number;
}

export interface VerifiedWebhook {
  /** The event's, the same on every attempt: act once on each. */
  readonly id: string;
  readonly body: Webhook | TaskWebhook;
}

const TOLERANCE_SECONDS = 300;

/**
 * @param rawBody the body as it came: parsed and written again, it would be another.
 * @param keys secrets (`whsec_…`) or public keys (`whpk_…`); two while a secret is being rotated. One match is enough.
 * @throws WebhookVerificationError when it was not signed with any of the keys, or not lately.
 */
export async function verifyWebhook(
  rawBody: string | Uint8Array,
  headers: WebhookHeaders,
  keys: string | readonly string[],
  { toleranceSeconds = TOLERANCE_SECONDS, nowMs = Date.now() }: VerifyOptions = {},
): Promise<VerifiedWebhook> {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature').split(' ');
  const ageSeconds = /^\d{1,12}$/.test(timestamp) ? Math.abs(nowMs / 1_000 - Number(timestamp)) : Infinity;
  if (ageSeconds > toleranceSeconds) throw new WebhookVerificationError('the timestamp is too far off');
  const encoder = new TextEncoder();
  const body = typeof rawBody === 'string' ? encoder.encode(rawBody) : rawBody;
  const head = encoder.encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  for (const key of typeof keys === 'string' ? [keys] : keys) {
    for (const one of signatures) {
      if (await isSignedBy(key, one, content)) return { id, body: parse(body) };
    }
  }
  throw new WebhookVerificationError('no signature matches');
}

/** @throws WebhookVerificationError where it is missing. */
function headerOf(headers: WebhookHeaders, name: string): string {
  const [, given] =
    headers instanceof Headers
      ? [name, headers.get(name)]
      : (Object.entries(headers).find(([own]) => own.toLowerCase() === name) ?? []);
  const value = typeof given === 'string' ? given : given?.[0];
  if (!value) throw new WebhookVerificationError(`the header ${name} is missing`);
  return value;
}

/** WebCrypto compares in constant time. */
async function isSignedBy(key: string, signature: string, content: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const [scheme, text = ''] = signature.split(',');
  const given = bytesOf(text);
  const isSecret = scheme === 'v1' && key.startsWith('whsec_');
  if (!given || (!isSecret && !(scheme === 'v1a' && key.startsWith('whpk_')))) return false;
  const algorithm = isSecret ? { name: 'HMAC', hash: 'SHA-256' } : { name: 'Ed25519' };
  const keyBytes = bytesOf(key.slice(key.indexOf('_') + 1));
  if (!keyBytes || keyBytes.length === 0) throw new WebhookVerificationError('a key cannot be read: it is not base64');
  const imported = await crypto.subtle.importKey('raw', keyBytes, algorithm, false, ['verify']).catch(() => {
    throw new WebhookVerificationError('a key cannot be read: it was cut short, or this platform has no Ed25519');
  });
  return crypto.subtle.verify(algorithm.name, imported, given, content);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function parse(body: Uint8Array): Webhook | TaskWebhook {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as Webhook | TaskWebhook;
  } catch {
    throw new WebhookVerificationError('the body is not JSON');
  }
}
