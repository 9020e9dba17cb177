// Who may use the relay, and how much of it. Pure; api-key.ts has the keys, contract/items.ts stores both.
// authenticate.ts finds the account behind a request; the store updates counts with every task.
import { moneyRefusal } from './money/account-money.ts';
import type { KeepChoice } from './media/media-settings.ts';
import type { AccountMoney, MoneyRefusal } from './money/account-money.ts';
import type { AccountDelta } from './task/derived-counts.ts';

export interface Account extends AccountMoney {
  /** `acc_` and a UUIDv7. */
  readonly id: string;
  readonly name: string;
  /** Tasks that may be unfinished at once; undefined for no limit. */
  readonly concurrentTasksMax?: number;
  /** Calls that may wait with `?sync=true` at once, requests a second, webhook endpoints; undefined for the default. */
  readonly syncWaitsMax?: number;
  readonly requestsPerSecond?: number;
  readonly endpointsMax?: number;
  /** Its share of the fair queue relative to other accounts; `shares.weight` unless set. */
  readonly weight: number;
  /** What happens to the outputs of its tasks whose submit does not say; undefined for `media.keep` of the relay. */
  readonly keep?: KeepChoice;
  /** Operators see and control the gate and every account's tasks. */
  readonly isOperator: boolean;
  /** Unfinished tasks, kept by the store with every commit; those submitted while it has a limit of them. */
  readonly activeTasks: number;
  /** Until when its requests per second are used up, as far as reported; see functions/api/request-meter.ts. */
  readonly requestsUsedUntil?: number;
  /** Since when all its keys are refused; its unfinished tasks go on. */
  readonly suspendedAt?: number;
  readonly createdAt: number;
}

export type AccountRefusal = 'account-full' | MoneyRefusal;

/**
 * Whether an account allows a change; one without a limit, balance or budget allows any.
 * Giving back is always allowed, and so is the late charge of an ended task: an end must never fail on its account.
 */
export function accountRefusal(
  account: AccountMoney & Partial<Pick<Account, 'concurrentTasksMax' | 'activeTasks'>>,
  delta: Pick<AccountDelta, 'activeTasks' | 'spent' | 'isReserve'>,
): AccountRefusal | undefined {
  const { concurrentTasksMax, activeTasks = 0 } = account;
  const isFull = concurrentTasksMax !== undefined && activeTasks + delta.activeTasks > concurrentTasksMax;
  if (delta.activeTasks > 0 && isFull) return 'account-full';
  return delta.isReserve ? moneyRefusal(account, delta.spent) : undefined;
}
