// Whose things a call is about: the caller's own, or, for operators, another account's or all. Operators see whose each
// thing is, other callers do not need to.
import { invalidParameter, ownFailure } from '../../core/http/http-failure.ts';
import type { Account } from '../../core/domain/account.ts';

export const accountIdPattern = /^acc_[\w-]{1,64}$/;

/** In place of an id: every account. */
const EVERY_ACCOUNT = '*';

/** @throws HttpFailure 403 when a caller who may not operate names another account, 400 for what is no account's id. */
export function askedAccount(caller: Account, text: string | undefined): string {
  if (text === undefined || text === caller.id) return caller.id;
  if (!caller.isOperator) throw ownFailure('missingScope', 'the key needs the scope operate for other accounts');
  if (!accountIdPattern.test(text)) throw invalidParameter('account must be the id of an account');
  return text;
}

/** The same, or undefined for all accounts. */
export function askedAccounts(caller: Account, text: string | undefined): string | undefined {
  return text === EVERY_ACCOUNT && caller.isOperator ? undefined : askedAccount(caller, text);
}

/** What an operator is shown of another's thing says whose it is. */
export function shownTo<Body extends object>(
  { isOperator }: Pick<Account, 'isOperator'>,
  accountId: string,
  body: Body,
): Body & { readonly account?: string } {
  return isOperator ? { ...body, account: accountId } : body;
}
