// Who is calling: the account and the key behind `Authorization: Bearer sk_…`, or Get3W's own 401, word for word, with
// the reason in `details` where the caller has proven to know the key. Nothing is cached: each request reads its key and
// its account consistently, so a revoked key and a suspended account are refused from the next request on.
import { isIntact, isLive, KEY_PREFIX, scopesOf } from '../domain/api-key.ts';
import { sha256Hex } from '../domain/sha256-hex.ts';
import { documentedFailure, ownFailure } from '../http/http-failure.ts';
import type { Account } from '../domain/account.ts';
import type { ApiKey, Scope } from '../domain/api-key.ts';
import type { AccountStore, Clock } from '../ports/ports.ts';

/** The three texts of 401, in the order of the table. */
const MISSING = 0;
const MALFORMED = 1;
const UNKNOWN = 2;

export interface Caller {
  /** The account; an operator's only if the key may operate. */
  readonly account: Account;
  /** The account as it is, whatever the key may do. */
  readonly owner: Account;
  readonly key: ApiKey;
  readonly scopes: readonly Scope[];
}

interface AuthenticationPorts {
  readonly accounts: Pick<AccountStore, 'findKey' | 'loadAccount'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** @throws HttpFailure 401. */
export async function authenticate(
  { accounts, clock }: AuthenticationPorts,
  authorization: string | undefined,
): Promise<Caller> {
  if (authorization === undefined || authorization === '') throw documentedFailure(401, MISSING);
  const [, text] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  if (text === undefined) throw documentedFailure(401, MALFORMED);
  // What cannot be a key costs no read.
  if (!text.startsWith(KEY_PREFIX) || !isIntact(text)) throw documentedFailure(401, UNKNOWN);
  const key = await accounts.findKey(sha256Hex(text));
  if (!key) throw documentedFailure(401, UNKNOWN);
  if (key.revokedAt !== undefined) throw refusedKey('the key was revoked');
  if (!isLive(key, clock.now())) throw refusedKey('the key has expired');
  const owner = await accounts.loadAccount(key.accountId);
  if (!owner) throw documentedFailure(401, UNKNOWN);
  if (owner.suspendedAt !== undefined) throw refusedKey('the account is suspended');
  const scopes = scopesOf(key, owner);
  return { account: { ...owner, isOperator: scopes.includes('operate') }, owner, key, scopes };
}

function refusedKey(details: string): Error {
  return documentedFailure(401, UNKNOWN, {}, details);
}

/** @throws HttpFailure 403, the relay's own, when the caller lacks the scope. */
export function requireScope({ scopes }: Pick<Caller, 'scopes'>, scope: Scope): void {
  if (!scopes.includes(scope)) throw ownFailure('missingScope', `the key needs the scope ${scope}`);
}
