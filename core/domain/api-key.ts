// The keys by which accounts are known. Pure; contract/items.ts stores them as digests, flows/authenticate.ts reads one
// from a request.
export interface ApiKey {
  /** SHA-256 of the key, hex: the key itself is shown once and never stored. */
  readonly digest: string;
  readonly accountId: string;
  /** First characters, so that its owner can tell it from others. */
  readonly hint: string;
  readonly createdAt: number;
  readonly revokedAt?: number;
}

export const KEY_PREFIX = 'sk_';
