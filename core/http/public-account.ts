// An account as its owner and operators see it: what it may do, and what it has. Names use Get3W's spelling, times ISO
// 8601. Pure; functions/api/account-calls.ts reads what is in use.
import { limits } from '../domain/limits.ts';
import { syncWaitsOfAccount } from '../domain/share-settings.ts';
import type { Account } from '../domain/account.ts';
import type { ShareSettings } from '../domain/share-settings.ts';

interface AccountLimits {
  readonly unfinished_tasks: number | null;
  readonly requests_per_second: number | null;
  readonly sync_waits: number;
  readonly endpoints: number;
  readonly keys: number;
  readonly weight: number;
}

/** What the account uses of its limits; the flow that shows it reads it. */
export interface AccountUse {
  /** Null for an account without a limit of its own, whose tasks the relay does not count. */
  readonly unfinished_tasks: number | null;
  readonly waiting_tasks: number;
  readonly waiting: readonly { readonly model: string; readonly kind: string; readonly tasks: number }[];
  readonly endpoints: number;
  readonly keys: number;
}

/** An account in a list of accounts. */
export interface ListedAccount {
  readonly id: string;
  readonly name: string;
  readonly is_operator: boolean;
  readonly suspended_at: string | null;
  readonly created_at: string;
  /** In force: the account's own, else the relay's; null for no limit. */
  readonly limits: AccountLimits;
}

export interface PublicAccount extends ListedAccount {
  readonly use: AccountUse;
}

/** @param isUnbounded whether its keys may operate: those have no bound on requests and waiting tasks unless it is set. */
function limitsOf(account: Account, shares: ShareSettings, isUnbounded: boolean): AccountLimits {
  return {
    unfinished_tasks: account.concurrentTasksMax ?? (isUnbounded ? null : shares.unfinishedTasksMax),
    requests_per_second: account.requestsPerSecond ?? (isUnbounded ? null : shares.requestsPerSecond),
    sync_waits: syncWaitsOfAccount(shares, account.syncWaitsMax),
    endpoints: account.endpointsMax ?? shares.endpointsMax,
    keys: limits.liveKeysMax,
    weight: account.weight,
  };
}

export function publicAccount(account: Account, use: AccountUse, shares: ShareSettings): PublicAccount {
  return { ...listedAccount(account, shares), use };
}

export function listedAccount(account: Account, shares: ShareSettings): ListedAccount {
  const { id, name, isOperator, suspendedAt, createdAt } = account;
  return {
    id,
    name,
    is_operator: isOperator,
    suspended_at: suspendedAt === undefined ? null : new Date(suspendedAt).toISOString(),
    created_at: new Date(createdAt).toISOString(),
    limits: limitsOf(account, shares, isOperator),
  };
}
