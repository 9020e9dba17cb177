// Amounts that one process sets aside of an account for its next tasks, so that many submits at once need not meet at the
// account's item. Pure; decision 18 has the reasons and what a crash leaves, money-leases.ts in the adapters the rows.
import { accountMoneyAfter } from './account-money.ts';
import { budgetKinds, budgetOf, crossingsOf } from './budget-threshold.ts';
import { MINUTE_MS, SECOND_MS } from '../time-ms.ts';
import type { AccountMoney } from './account-money.ts';

/** After this long the sweep gives back what is left, whether its process lives or not. */
export const LEASE_MS = MINUTE_MS;

/** A process whose last task of the account is longer ago reserves for its task alone. */
const BUSY_MS = SECOND_MS;

/** Tasks of a first lease, and of each further one: few meetings at the account's item, and little left over. */
const FIRST_TASKS = 16;
const MORE_TASKS = 64;

/** Of what an account has left, one process sets aside this part at most: near its end none sets anything aside. */
const LEFT_PARTS = 256;

/** How many tasks ahead a process should reserve for; 0 where the account is quiet. */
export function tasksAhead(lastAt: number | undefined, hadLease: boolean, now: number): number {
  if (lastAt === undefined || now - lastAt > BUSY_MS) return 0;
  return hadLease ? MORE_TASKS : FIRST_TASKS;
}

/** What one task asks of an account. */
export interface Reserve {
  readonly accountId: string;
  readonly day: number;
  readonly priceMicros: number;
}

/**
 * What is set aside beside the price of a task: whole prices, or nothing where the account has little left or a threshold is
 * near, which only a task may reach.
 */
export function leaseMicros(money: AccountMoney | undefined, { day, priceMicros }: Reserve, tasks: number): number {
  if (!money || tasks === 0 || priceMicros <= 0) return 0;
  const after = accountMoneyAfter(money, { [day]: priceMicros });
  const left = budgetKinds.map((kind) => {
    const budget = budgetOf(after, kind);
    return budget ? budget.limitMicros - budget.spentMicros : undefined;
  });
  // A balance without a base has no thresholds, and still an end.
  const least = Math.min(...left.map((micros) => micros ?? Infinity), after.balanceMicros ?? Infinity);
  const micros = Math.min(tasks, Math.floor(Math.max(0, least) / LEFT_PARTS / priceMicros)) * priceMicros;
  const withLease = accountMoneyAfter(money, { [day]: priceMicros + micros });
  return crossingsOf(withLease).length === crossingsOf(after).length ? micros : 0;
}
