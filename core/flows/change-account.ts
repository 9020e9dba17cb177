// Changes what an account may do, suspends it and resumes it: for the command line and for operators' calls alike. What
// may be set is judged by domain/account-bounds.ts; who may do it, and the record of it, is the caller's.
import { limits } from '../domain/limits.ts';
import { sha256Hex } from '../domain/sha256-hex.ts';
import { requireOperatorLeft } from './require-operator-left.ts';
import { unleasedAccount } from './unleased-account.ts';
import type { Account } from '../domain/account.ts';
import type { AccountChanges, AccountUpdate } from '../ports/account-changes.ts';
import type { LeaseStore } from '../ports/lease-store.ts';
import type { AccountStore, Clock } from '../ports/ports.ts';
import type { OperatorSearch } from './require-operator-left.ts';

export interface AccountChangePorts {
  readonly accounts: AccountChanges;
  readonly leases: Pick<LeaseStore, 'leased'>;
  readonly clock: Pick<Clock, 'now'>;
}

type OnceChangePorts = AccountChangePorts & {
  readonly accounts: AccountChanges & Pick<AccountStore, 'loadAccount'>;
};

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

type ChangedOnce =
  | { readonly kind: 'changed' | 'repeated'; readonly account: Account }
  /** The key was used for another change of this account. */
  | { readonly kind: 'other-change' }
  | { readonly kind: 'unknown' };

/** As changeAccount, once under a key: the same change under it again changes nothing for 24 hours. */
export async function changeAccountOnce(
  ports: OnceChangePorts,
  accountId: string,
  change: AccountChange,
  key: string,
): Promise<ChangedOnce> {
  const digest = digestOf(change);
  const once = { key, digest, expiresAt: ports.clock.now() + limits.idempotencyMs };
  const changed = await ports.accounts.updateAccountOnce(accountId, change, once);
  if (changed.kind === 'unknown') return changed;
  if (changed.kind === 'used' && changed.digest !== digest) return { kind: 'other-change' };
  const account = changed.kind === 'changed' ? changed.account : await ports.accounts.loadAccount(accountId);
  if (!account) return { kind: 'unknown' };
  const kind = changed.kind === 'changed' ? 'changed' : 'repeated';
  return { kind, account: await unleasedAccount(ports.leases, account) };
}

/** Whatever the order in which its fields were given. */
function digestOf(change: AccountChange): string {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return sha256Hex(JSON.stringify(given.sort(([one], [other]) => (one < other ? -1 : 1))));
}

type SuspendPorts = AccountChangePorts & { readonly accounts: AccountChanges & OperatorSearch };

/**
 * One that is suspended already keeps the time since when it is.
 * @param callerId account of the key that asks for it.
 * @throws HttpFailure 409 for the last operator, beside the caller's, that is not suspended.
 */
export async function suspendAccount(
  ports: SuspendPorts,
  account: Account,
  callerId?: string,
): Promise<Account | undefined> {
  const { id, isOperator, suspendedAt } = account;
  const without = callerId === undefined ? [id] : [id, callerId];
  if (isOperator && suspendedAt === undefined) await requireOperatorLeft(ports.accounts, without);
  return changeAccount(ports, id, { suspendedAt: suspendedAt ?? ports.clock.now() });
}

export function resumeAccount(ports: AccountChangePorts, accountId: string): Promise<Account | undefined> {
  return changeAccount(ports, accountId, { suspendedAt: null });
}
