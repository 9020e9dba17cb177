// The money of an account: a balance, a budget a day and a month, and what was spent of them. Whole micro-dollars; a
// reserved amount counts as spent. Pure: the store writes what accountMoneyAfter returns, by conditions or at once.
import { DAY_MS } from '../time-ms.ts';

export interface AccountMoney {
  /** What is left to spend; undefined when no balance is kept. Below zero only by a late success. */
  readonly balanceMicros?: number;
  /** What may be spent in one UTC day; undefined for no budget. */
  readonly dayBudgetMicros?: number;
  /** What may be spent in one UTC month. */
  readonly monthBudgetMicros?: number;
  /** The newest day of which something was spent, such as 20261128: the two sums are of it and of its month. */
  readonly budgetDay?: number;
  readonly daySpentMicros?: number;
  readonly monthSpentMicros?: number;
  /** What the balance was when it was last set or added to: its thresholds are shares of this. */
  readonly balanceBaseMicros?: number;
  /** Thresholds that were reported of this balance, day and month, a bit for each; see budget-threshold.ts. */
  readonly balanceMarks?: number;
  readonly dayMarks?: number;
  readonly monthMarks?: number;
}

/** What tasks take from their account (below zero: give back), by the UTC day of the budget that they were reserved from. */
export type SpentByDay = Readonly<Record<string, number>>;

export type MoneyRefusal = 'balance-empty' | 'day-budget-empty' | 'month-budget-empty';

/** Only an account with a balance or a budget reserves money for its tasks. */
export function isMetered({ balanceMicros, dayBudgetMicros, monthBudgetMicros }: AccountMoney): boolean {
  return balanceMicros !== undefined || dayBudgetMicros !== undefined || monthBudgetMicros !== undefined;
}

/** The UTC day of a time, such as 20261128. */
export function budgetDayOf(now: number): number {
  return Number(new Date(now).toISOString().slice(0, 10).replaceAll('-', ''));
}

/** When the next day's budget, or the next month's, begins. */
export function nextBudgetAt(now: number, period: 'day' | 'month'): number {
  const today = new Date(now);
  return period === 'day'
    ? (Math.floor(now / DAY_MS) + 1) * DAY_MS
    : Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 1);
}

function monthOf(day: number): number {
  return Math.floor(day / 100);
}

export function sumOfDays(spent: SpentByDay): number {
  return Object.values(spent).reduce((sum, micros) => sum + micros, 0);
}

/** What an account's two sums become: `set` where a new period begins, else `add`. */
export interface PeriodChange {
  readonly day: number;
  readonly isNewDay: boolean;
  readonly isNewMonth: boolean;
  /** What is added to the sum of the day, or what it begins with. */
  readonly ofDay: number;
  readonly ofMonth: number;
}

/**
 * What is given back to a day that is over changes that day's month only, and nothing once the month is over too: no
 * budget of today grows by it.
 * @param budgetDay the account's own; undefined before its first.
 */
export function periodChange(budgetDay: number | undefined, spent: SpentByDay): PeriodChange {
  const days = Object.keys(spent).map(Number);
  const day = Math.max(budgetDay ?? 0, ...days);
  const sumWhere = (isMeant: (of: number) => boolean): number =>
    days.reduce((sum, of) => sum + (isMeant(of) ? (spent[of] ?? 0) : 0), 0);
  return {
    day,
    isNewDay: day !== budgetDay,
    isNewMonth: budgetDay === undefined || monthOf(day) !== monthOf(budgetDay),
    ofDay: sumWhere((of) => of === day),
    ofMonth: sumWhere((of) => monthOf(of) === monthOf(day)),
  };
}

/** The account's money after its tasks took this. */
export function accountMoneyAfter(money: AccountMoney, spent: SpentByDay): AccountMoney {
  if (Object.keys(spent).length === 0) return money;
  const { balanceMicros, daySpentMicros = 0, monthSpentMicros = 0 } = money;
  const { day, isNewDay, isNewMonth, ofDay, ofMonth } = periodChange(money.budgetDay, spent);
  const { dayMarks: ofDayMarks, monthMarks: ofMonthMarks, ...kept } = money;
  return {
    ...kept,
    ...(ofDayMarks !== undefined && !isNewDay && { dayMarks: ofDayMarks }),
    ...(ofMonthMarks !== undefined && !isNewMonth && { monthMarks: ofMonthMarks }),
    // Never begins a balance: the account may have lost its own since the task was taken in.
    ...(balanceMicros !== undefined && { balanceMicros: balanceMicros - sumOfDays(spent) }),
    budgetDay: day,
    daySpentMicros: (isNewDay ? 0 : daySpentMicros) + ofDay,
    monthSpentMicros: (isNewMonth ? 0 : monthSpentMicros) + ofMonth,
  };
}

/** The account's money as if processes had set nothing of it aside. */
export function withLeased(money: AccountMoney, leased: SpentByDay): AccountMoney {
  return accountMoneyAfter(money, Object.fromEntries(Object.entries(leased).map(([day, micros]) => [day, -micros])));
}

/** Whether an account can reserve this much; asked for new tasks only, because no end may fail on its account. */
export function moneyRefusal(money: AccountMoney, spent: SpentByDay): MoneyRefusal | undefined {
  const after = accountMoneyAfter(money, spent);
  if (after.balanceMicros !== undefined && after.balanceMicros < 0) return 'balance-empty';
  if ((after.daySpentMicros ?? 0) > (money.dayBudgetMicros ?? Infinity)) return 'day-budget-empty';
  if ((after.monthSpentMicros ?? 0) > (money.monthBudgetMicros ?? Infinity)) return 'month-budget-empty';
  return undefined;
}
