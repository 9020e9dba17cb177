// Whether an operator would be left who is not suspended, before an account of one is suspended: a stolen key must not
// shut out all others. flows/change-account.ts suspends.
import { limits } from '../domain/limits.ts';
import { ownFailure } from '../http/http-failure.ts';
import type { AccountListing, AccountStore } from '../ports/ports.ts';

export type OperatorSearch = AccountListing & Pick<AccountStore, 'loadAccount'>;

/** Of a hundred accounts each, oldest first; operators are among the oldest. */
const PAGES_MAX = 10;

/**
 * @param without accounts that do not count: the one to be suspended, and that whose key asks for it.
 * @throws HttpFailure 409 when no other operator is found that is not suspended.
 */
export async function requireOperatorLeft(accounts: OperatorSearch, without: readonly string[]): Promise<void> {
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { ids, hasMore } = await accounts.listAccountIds(limits.pageSizeMax, after);
    const others = ids.filter((id) => !without.includes(id));
    const found = await Promise.all(others.map((id) => accounts.loadAccount(id)));
    if (found.some((one) => one?.isOperator && one.suspendedAt === undefined)) return;
    after = ids.at(-1);
    if (!hasMore) break;
  }
  const beside = without.length > 1 ? ' beside your own account' : '';
  throw ownFailure(
    'lastOperator',
    `no other operator${beside} would be left that is not suspended: make another with \`relay accounts set NAME --operator\`, or take the right from this one with \`--no-operator\` and suspend it then`,
  );
}
