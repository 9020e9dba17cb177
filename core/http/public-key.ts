// A key as its owner sees it, through the API or the command line: never its text, which only the answer that made it
// shows. Pure.
import { keyIdOf, scopesOf } from '../domain/api-key.ts';
import type { Account } from '../domain/account.ts';
import type { ApiKey } from '../domain/api-key.ts';

export interface PublicKey {
  readonly id: string;
  readonly name: string | null;
  /** First characters. */
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly created_at: string;
  /** `key:` and the id of a key, or `cli:` and a principal; null for keys of earlier releases. */
  readonly created_by: string | null;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  /** To the hour; null for a key that was never used. */
  readonly last_used_at: string | null;
}

function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

export function publicKey(key: ApiKey, account: Pick<Account, 'isOperator'>): PublicKey {
  return {
    id: keyIdOf(key),
    name: key.name ?? null,
    hint: key.hint,
    scopes: scopesOf(key, account),
    created_at: new Date(key.createdAt).toISOString(),
    created_by: key.createdBy ?? null,
    expires_at: isoOrNull(key.expiresAt),
    revoked_at: isoOrNull(key.revokedAt),
    last_used_at: isoOrNull(key.lastUsedAt),
  };
}
