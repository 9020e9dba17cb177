// An account as its owner and operators see it: what processes have set aside of its money counts as not spent. The read may
// be a moment older than the account's: a lease that ends in between shows twice or not at all until the next one.
import { isMetered, withLeased } from '../domain/money/account-money.ts';
import type { Account } from '../domain/account.ts';
import type { LeaseStore } from '../ports/lease-store.ts';

/** Costs a read for an account with a balance or a budget, else nothing. */
export async function unleasedAccount(leases: Pick<LeaseStore, 'leased'>, account: Account): Promise<Account> {
  if (!isMetered(account)) return account;
  return { ...account, ...withLeased(account, await leases.leased(account.id)) };
}
