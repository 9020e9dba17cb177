// The digest under which keys and callback secrets are stored: whoever reads the table cannot use them.
// Signing webhooks is webhook-signature.ts's business.
import { createHash } from 'node:crypto';

/** SHA-256 as hex, for keys and callback secrets, which are only ever stored so. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
