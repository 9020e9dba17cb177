// Who is calling: the account behind `Authorization: Bearer sk_…`, or Get3W's own 401, word for word.
// The calls decide what an account may do; the command line makes keys.
import { KEY_PREFIX } from '../domain/api-key.ts';
import { sha256Hex } from '../domain/sha256-hex.ts';
import { documentedFailure, HttpFailure } from '../http/http-failure.ts';
import type { Account } from '../domain/account.ts';
import type { AccountStore } from '../ports/ports.ts';

/** The three texts of 401, in the order of the table. */
const MISSING = 0;
const MALFORMED = 1;
const UNKNOWN = 2;

/** @throws HttpFailure 401. */
export async function authenticate(accounts: AccountStore, authorization: string | undefined): Promise<Account> {
  if (authorization === undefined || authorization === '') throw documentedFailure(401, MISSING);
  const [, key] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  if (key === undefined) throw documentedFailure(401, MALFORMED);
  if (!key.startsWith(KEY_PREFIX)) throw documentedFailure(401, UNKNOWN);
  const found = await accounts.findKey(sha256Hex(key));
  if (!found || found.revokedAt !== undefined) throw documentedFailure(401, UNKNOWN);
  const account = await accounts.loadAccount(found.accountId);
  if (!account) throw documentedFailure(401, UNKNOWN);
  return account;
}

/** @throws HttpFailure 403 for an account that is not an operator's. */
export function requireOperator(account: Account): void {
  if (!account.isOperator) throw new HttpFailure(403, 'Only an operator may do this');
}
