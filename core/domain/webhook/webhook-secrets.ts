// The secrets that sign for one receiver: which are in force, how they are rotated with an overlap, and how new ones
// come from the random port. Used for endpoints and for an account's `?webhook=` targets alike.
// webhook-signature.ts signs, the store keeps the secrets.
import { createHash } from 'node:crypto';
import { asymmetricSecret, schemeOf, symmetricSecret } from './webhook-signature.ts';
import type { SignatureScheme } from './webhook-signature.ts';

export interface WebhookSecret {
  /** `whsec_…` or `whsk_…`. Shown once, never listed. */
  readonly secret: string;
  readonly createdAt: number;
  /** When it stops signing; absent for the newest of its scheme. */
  readonly retiresAt?: number;
}

/** More secrets at once would only bloat the headers: a third rotation within an overlap has to wait. */
const OVERLAPPING_MAX = 3;

/** The random port gives text with 160 bits or more; two of them, hashed, make 32 uniform bytes. */
function seedFrom(randomText: () => string): Buffer {
  return createHash('sha256').update(`${randomText()}.${randomText()}`).digest();
}

export function newSecret(scheme: SignatureScheme, randomText: () => string, now: number): WebhookSecret {
  return {
    secret: scheme === 'v1' ? symmetricSecret(seedFrom(randomText)) : asymmetricSecret(seedFrom(randomText)),
    createdAt: now,
  };
}

/** Secrets that sign now, newest first. */
export function secretsInForce(secrets: readonly WebhookSecret[], now: number): readonly WebhookSecret[] {
  return secrets.filter(({ retiresAt }) => retiresAt === undefined || now < retiresAt);
}

/** The newest secret of a scheme, the one that a receiver should use. */
export function currentSecret(secrets: readonly WebhookSecret[], scheme: SignatureScheme): WebhookSecret | undefined {
  return secrets.find(({ secret }) => schemeOf(secret) === scheme);
}

/**
 * Puts a fresh secret before the others of its scheme, which continue to sign for `overlapMs`.
 * @returns undefined when too many still overlap.
 */
export function rotateSecrets(
  secrets: readonly WebhookSecret[],
  fresh: WebhookSecret,
  { now, overlapMs }: { readonly now: number; readonly overlapMs: number },
): readonly WebhookSecret[] | undefined {
  const scheme = schemeOf(fresh.secret);
  const kept = secretsInForce(secrets, now).flatMap((old) => {
    if (schemeOf(old.secret) !== scheme) return [old];
    // A shorter overlap also shortens the rest of an earlier one: after a leak the owner asks for none at all.
    const retiresAt = Math.min(old.retiresAt ?? Number.POSITIVE_INFINITY, now + overlapMs);
    return retiresAt > now ? [{ ...old, retiresAt }] : [];
  });
  const isTooMany = kept.filter(({ secret }) => schemeOf(secret) === scheme).length >= OVERLAPPING_MAX;
  return isTooMany ? undefined : [fresh, ...kept];
}
