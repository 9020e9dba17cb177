// An account as its owner and operators see it: what it may do, and what it has. Names use Get3W's spelling, times ISO
// 8601. Pure; functions/api/account-calls.ts reads what is in use.
import { accountMoneyAfter, budgetDayOf, isMetered } from '../domain/money/account-money.ts';
import { limits } from '../domain/limits.ts';
import { syncWaitsOfAccount } from '../domain/share-settings.ts';
import type { Account } from '../domain/account.ts';
import type { KeepChoice } from '../domain/media/media-settings.ts';
import type { RelaySettings } from '../domain/settings.ts';
import type { ShareSettings } from '../domain/share-settings.ts';

/** What applies where an account has nothing of its own. */
type Defaults = Pick<RelaySettings, 'shares' | 'media'>;

interface AccountLimits {
  readonly unfinished_tasks: number | null;
  readonly requests_per_second: number | null;
  readonly sync_waits: number;
  readonly endpoints: number;
  readonly keys: number;
  readonly weight: number;
}

/** What an operator has set for the account itself; null where the relay's own value is in force. */
interface OwnLimits {
  readonly unfinished_tasks: number | null;
  readonly requests_per_second: number | null;
  readonly sync_waits: number | null;
  readonly endpoints: number | null;
  readonly keep: KeepChoice | null;
}

/** What a list shows of an account's use: what changes from minute to minute. */
interface ListedUse {
  /** Null for an account without a limit of its own, whose tasks the relay does not count. */
  readonly unfinished_tasks: number | null;
  readonly waiting_tasks: number;
}

/** What the account uses of its limits; the flow that shows it reads it. */
export interface AccountUse extends ListedUse {
  readonly waiting: readonly { readonly model: string; readonly kind: string; readonly tasks: number }[];
  readonly endpoints: number;
  readonly keys: number;
  readonly recent: RecentUse;
}

/** Ends of the newest UTC days and what they cost, as the roll-ups have them: each end once in each of the three lists. */
export interface RecentUse {
  readonly from: string;
  readonly to: string;
  /** Ends up to here are counted. */
  readonly reaches: string;
  /** False when the oldest days are left out. */
  readonly is_whole: boolean;
  readonly by_day: readonly (UsedSums & { readonly day: string })[];
  /** The most used first, a hundred at most. */
  readonly by_model: readonly (UsedSums & { readonly model: string })[];
  readonly by_code: readonly (UsedSums & { readonly code: string })[];
}

interface UsedSums {
  readonly ends: number;
  readonly charged_micros: number;
  readonly in_doubt_micros: number;
  readonly given_back_micros: number;
}

interface AccountFields {
  readonly id: string;
  readonly name: string;
  readonly is_operator: boolean;
  readonly suspended_at: string | null;
  readonly created_at: string;
  /** In force: the account's own, else the relay's; null for no limit. */
  readonly limits: AccountLimits;
  readonly own_limits: OwnLimits;
  /** In force for tasks whose submit does not say whether their outputs are kept. */
  readonly keep: KeepChoice;
  /** Null for an account without balance and budget. */
  readonly money: AccountMoneyShown | null;
}

/** An account in a list of accounts, and as the calls that change it answer it. */
export interface ListedAccount extends AccountFields {
  readonly use: ListedUse;
}

export interface PublicAccount extends AccountFields {
  readonly use: AccountUse;
}

/** Micro-dollars; what was spent is of the UTC day and month of `now`, what is reserved included. */
interface AccountMoneyShown {
  readonly balance_micros: number | null;
  readonly day_budget_micros: number | null;
  readonly day_spent_micros: number;
  readonly month_budget_micros: number | null;
  readonly month_spent_micros: number;
}

function moneyOf(account: Account, now: number): AccountMoneyShown | null {
  if (!isMetered(account)) return null;
  const { balanceMicros, dayBudgetMicros, monthBudgetMicros } = account;
  // As a task without a price would leave it: a day that has begun since has spent nothing.
  const { daySpentMicros = 0, monthSpentMicros = 0 } = accountMoneyAfter(account, { [budgetDayOf(now)]: 0 });
  return {
    balance_micros: balanceMicros ?? null,
    day_budget_micros: dayBudgetMicros ?? null,
    day_spent_micros: daySpentMicros,
    month_budget_micros: monthBudgetMicros ?? null,
    month_spent_micros: monthSpentMicros,
  };
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

function ownLimitsOf(account: Account): OwnLimits {
  return {
    unfinished_tasks: account.concurrentTasksMax ?? null,
    requests_per_second: account.requestsPerSecond ?? null,
    sync_waits: account.syncWaitsMax ?? null,
    endpoints: account.endpointsMax ?? null,
    keep: account.keep ?? null,
  };
}

/**
 * @param account its money without what processes have set aside of it.
 * @param use as a list shows it, or the whole.
 */
export function publicAccount<Use extends ListedUse>(
  account: Account,
  use: Use,
  { shares, media }: Defaults,
  now: number,
): AccountFields & { readonly use: Use } {
  const { id, name, isOperator, suspendedAt, createdAt } = account;
  return {
    id,
    name,
    is_operator: isOperator,
    suspended_at: suspendedAt === undefined ? null : new Date(suspendedAt).toISOString(),
    created_at: new Date(createdAt).toISOString(),
    limits: limitsOf(account, shares, isOperator),
    own_limits: ownLimitsOf(account),
    keep: account.keep ?? media.keep,
    money: moneyOf(account, now),
    use,
  };
}
