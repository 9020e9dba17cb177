// Changes what an account may do, suspends it and resumes it: for the command line and for operators' calls alike. What
// may be set is judged by domain/account-bounds.ts; who may do it, and the record of it, is the caller's.
import { unleasedAccount } from './unleased-account.ts';
import type { Account } from '../domain/account.ts';
import type { AccountChanges, AccountUpdate } from '../ports/account-changes.ts';
import type { LeaseStore } from '../ports/lease-store.ts';
import type { Clock } from '../ports/ports.ts';

export interface AccountChangePorts {
  readonly accounts: AccountChanges;
  readonly leases: Pick<LeaseStore, 'leased'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Suspending is an act of its own, with a name of its own on the record. */
export type AccountChange = Omit<AccountUpdate, 'suspendedAt'>;

/** The account as it is afterwards, what processes have set aside of its money not spent; undefined for an unknown one. */
export async function changeAccount(
  ports: AccountChangePorts,
  accountId: string,
  change: AccountUpdate,
): Promise<Account | undefined> {
  const changed = await ports.accounts.updateAccount(accountId, change);
  return changed && unleasedAccount(ports.leases, changed);
}

/** One that is suspended already keeps the time since when it is. */
export function suspendAccount(ports: AccountChangePorts, account: Account): Promise<Account | undefined> {
  const { id, suspendedAt = ports.clock.now() } = account;
  return changeAccount(ports, id, { suspendedAt });
}

export function resumeAccount(ports: AccountChangePorts, accountId: string): Promise<Account | undefined> {
  return changeAccount(ports, accountId, { suspendedAt: null });
}
