// The digest under which keys and callback secrets are stored, so that a reader of the table cannot use them.
// webhook-signature.ts signs webhooks.
import { createHash } from 'node:crypto';

/** SHA-256 as hex: the only form in which keys and callback secrets are stored. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
