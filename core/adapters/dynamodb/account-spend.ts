// What a commit writes of an account's money, in the transaction of its tasks: exact, whatever else is written at once.
// Conditions cannot calculate, so each compares the item with what was read of it, or assumed; a failed one shows the
// item, and the next try is made from that. domain/money/account-money.ts holds the rules.
import { periodChange, sumOfDays } from '../../domain/money/account-money.ts';
import type { AccountMoney, PeriodChange } from '../../domain/money/account-money.ts';
import type { AccountDelta } from '../../domain/task/derived-counts.ts';
import type { UpdateExpression } from './update-expression.ts';

type Spent = Pick<AccountDelta, 'spent' | 'isReserve'>;

/** @param seen undefined before the account was read. */
export function spendOf(update: UpdateExpression, delta: Spent, seen: AccountMoney | undefined): void {
  if (Object.keys(delta.spent).length === 0) return;
  changeBalance(update, delta, seen);
  // Before anything is known, the account's newest day is most likely the newest of these.
  const known = seen ?? { budgetDay: Math.max(...Object.keys(delta.spent).map(Number)) };
  const change = periodChange(known.budgetDay, delta.spent);
  changePeriods(update, change, known);
  if (delta.isReserve) requireBudgets(update, change, known);
}

/** ADD would create a balance on an account without one, so every try is conditional on what was seen. */
function changeBalance(update: UpdateExpression, { spent, isReserve }: Spent, seen: AccountMoney | undefined): void {
  const micros = sumOfDays(spent);
  const balance = update.name('balanceMicros');
  if (seen && seen.balanceMicros === undefined) {
    update.require(`attribute_not_exists(${balance})`);
    return;
  }
  update.add('balanceMicros', -micros);
  update.require(isReserve ? `${balance} >= ${update.value(micros)}` : `attribute_exists(${balance})`);
}

function changePeriods(update: UpdateExpression, change: PeriodChange, { budgetDay }: AccountMoney): void {
  const day = update.name('budgetDay');
  update.require(budgetDay === undefined ? `attribute_not_exists(${day})` : `${day} = ${update.value(budgetDay)}`);
  if (change.isNewDay) {
    update.set('budgetDay', change.day);
    update.set('daySpentMicros', change.ofDay);
  } else {
    update.add('daySpentMicros', change.ofDay);
  }
  if (change.isNewMonth) update.set('monthSpentMicros', change.ofMonth);
  else update.add('monthSpentMicros', change.ofMonth);
}

function requireBudgets(update: UpdateExpression, change: PeriodChange, known: AccountMoney): void {
  const { dayBudgetMicros: ofDay, monthBudgetMicros: ofMonth } = known;
  requireBudget(update, ['dayBudgetMicros', 'daySpentMicros'], ofDay, change.ofDay, change.isNewDay);
  requireBudget(update, ['monthBudgetMicros', 'monthSpentMicros'], ofMonth, change.ofMonth, change.isNewMonth);
}

/** The budget is still the one that was read, and what was spent leaves room for this. */
function requireBudget(
  update: UpdateExpression,
  [budgetName, spentName]: readonly [string, string],
  budget: number | undefined,
  micros: number,
  isNew: boolean,
): void {
  const name = update.name(budgetName);
  if (budget === undefined) {
    update.require(`attribute_not_exists(${name})`);
    return;
  }
  update.require(`${name} = ${update.value(budget)}`);
  if (isNew) update.require(`${name} >= ${update.value(micros)}`);
  else update.require(`${update.name(spentName)} <= ${update.value(budget - micros)}`);
}
