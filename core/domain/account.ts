// Who may use the relay, and how much of it. Pure; api-key.ts has the keys, contract/items.ts stores both.
// authenticate.ts finds the account behind a request; the store updates counts with every task.
import type { AccountDelta } from './task/derived-counts.ts';

export interface Account {
  /** `acc_` and a UUIDv7. */
  readonly id: string;
  readonly name: string;
  /** Tasks that may be unfinished at once; undefined for no limit. */
  readonly concurrentTasksMax?: number;
  /** Calls that may wait with `?sync=true` at once, requests a second, webhook endpoints; undefined for the default. */
  readonly syncWaitsMax?: number;
  readonly requestsPerSecond?: number;
  readonly endpointsMax?: number;
  /** Task credits left; undefined when no balance is kept. */
  readonly balance?: number;
  /** Its share of the fair queue relative to other accounts; 1 unless set. */
  readonly weight: number;
  /** Operators see and control the gate and every account's tasks. */
  readonly isOperator: boolean;
  /** Unfinished tasks, kept by the store with every commit; those submitted while it has a limit or a balance. */
  readonly activeTasks: number;
  /** Until when its requests per second are used up, as far as reported; see functions/api/request-meter.ts. */
  readonly requestsUsedUntil?: number;
  readonly createdAt: number;
}

export type AccountRefusal = 'account-full' | 'balance-empty';

/**
 * Whether an account allows a change; one without a limit or a balance allows any.
 * Giving back is always allowed: a task that ends must never fail on its account.
 */
export function accountRefusal(
  account: Partial<Pick<Account, 'concurrentTasksMax' | 'balance' | 'activeTasks'>>,
  delta: Pick<AccountDelta, 'activeTasks' | 'balance'>,
): AccountRefusal | undefined {
  const { concurrentTasksMax, balance, activeTasks = 0 } = account;
  const isFull = concurrentTasksMax !== undefined && activeTasks + delta.activeTasks > concurrentTasksMax;
  if (delta.activeTasks > 0 && isFull) return 'account-full';
  const isEmpty = balance !== undefined && balance + delta.balance < 0;
  return delta.balance < 0 && isEmpty ? 'balance-empty' : undefined;
}
