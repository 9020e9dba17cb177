// What a commit writes of an account's money, in the transaction of its tasks: exact, whatever else is written at once.
// Conditions cannot calculate, so each compares the item with what was read of it, or assumed; a failed one shows the
// item, and the next try is made from that. domain/money/account-money.ts and budget-threshold.ts hold the rules.
import { accountMoneyAfter, periodChange, sumOfDays } from '../../domain/money/account-money.ts';
import { budgetOf, crossingsOf, marksAfter, marksNames, sumsReaching } from '../../domain/money/budget-threshold.ts';
import type { AccountMoney, PeriodChange } from '../../domain/money/account-money.ts';
import type { BudgetKind, Crossing } from '../../domain/money/budget-threshold.ts';
import type { AccountDelta } from '../../domain/task/derived-counts.ts';
import type { UpdateExpression } from './update-expression.ts';

type Spent = Pick<AccountDelta, 'spent' | 'isReserve'>;

/**
 * @param seen undefined before the account was read.
 * @param reported thresholds that are reported for another reason than what is spent here.
 * @returns the thresholds that this write crosses and marks; its caller adds their events.
 */
export function spendOf(
  update: UpdateExpression,
  delta: Spent,
  seen: AccountMoney | undefined,
  reported: readonly Crossing[] = [],
): readonly Crossing[] {
  if (Object.keys(delta.spent).length === 0) return [];
  // Only a reserve reports: an end must not fail on its account. What a late charge crosses, the next reserve reports.
  const crossings = delta.isReserve && seen ? crossingsOf(accountMoneyAfter(seen, delta.spent)) : reported;
  changeBalance(update, delta, seen, crossings);
  // Before anything is known, the account's newest day is most likely the newest of these.
  const known = seen ?? { budgetDay: Math.max(...Object.keys(delta.spent).map(Number)) };
  const change = periodChange(known.budgetDay, delta.spent);
  changePeriods(update, change, known);
  if (delta.isReserve) requireBudgets(update, change, known, crossings);
  writeMarks(update, 'balance', known.balanceMarks, crossings, false);
  writeMarks(update, 'day', known.dayMarks, crossings, change.isNewDay);
  writeMarks(update, 'month', known.monthMarks, crossings, change.isNewMonth);
  return crossings;
}

function ofKind(crossings: readonly Crossing[], kind: BudgetKind): readonly Crossing[] {
  return crossings.filter((crossing) => crossing.kind === kind);
}

/** A new period begins without marks, whatever the last one left. */
function writeMarks(
  update: UpdateExpression,
  kind: BudgetKind,
  known: number | undefined,
  crossings: readonly Crossing[],
  isNew: boolean,
): void {
  const own = ofKind(crossings, kind);
  if (own.length > 0) update.set(marksNames[kind], marksAfter(isNew ? 0 : (known ?? 0), own));
  else if (isNew && known !== undefined) update.remove(marksNames[kind]);
}

/** ADD would create a balance on an account without one, so every try is conditional on what was seen. */
function changeBalance(
  update: UpdateExpression,
  { spent, isReserve }: Spent,
  seen: AccountMoney | undefined,
  crossings: readonly Crossing[],
): void {
  const micros = sumOfDays(spent);
  const balance = update.name('balanceMicros');
  if (seen && seen.balanceMicros === undefined) {
    update.require(`attribute_not_exists(${balance})`);
    return;
  }
  update.add('balanceMicros', -micros);
  if (!isReserve) {
    update.require(`attribute_exists(${balance})`);
    return;
  }
  update.requireSame('balanceBaseMicros', seen?.balanceBaseMicros);
  const budget = seen && budgetOf(seen, 'balance');
  if (budget) update.requireSame(marksNames.balance, seen.balanceMarks);
  if (budget) {
    const { from, to } = sumsReaching(budget, ofKind(crossings, 'balance'));
    const atMost = budget.limitMicros + micros;
    update.require(`${balance} >= ${update.value(atMost - to)}`);
    if (from !== undefined) update.require(`${balance} <= ${update.value(atMost - from)}`);
  }
  update.require(`${balance} >= ${update.value(micros)}`);
}

function changePeriods(update: UpdateExpression, change: PeriodChange, { budgetDay }: AccountMoney): void {
  update.requireSame('budgetDay', budgetDay);
  if (change.isNewDay) {
    update.set('budgetDay', change.day);
    update.set('daySpentMicros', change.ofDay);
  } else {
    update.add('daySpentMicros', change.ofDay);
  }
  if (change.isNewMonth) update.set('monthSpentMicros', change.ofMonth);
  else update.add('monthSpentMicros', change.ofMonth);
}

function requireBudgets(
  update: UpdateExpression,
  change: PeriodChange,
  known: AccountMoney,
  crossings: readonly Crossing[],
): void {
  const { ofDay, isNewDay, ofMonth, isNewMonth } = change;
  requireBudget(update, { kind: 'day', micros: ofDay, isNew: isNewDay }, known, crossings);
  requireBudget(update, { kind: 'month', micros: ofMonth, isNew: isNewMonth }, known, crossings);
}

const names = {
  day: { budget: 'dayBudgetMicros', spent: 'daySpentMicros' },
  month: { budget: 'monthBudgetMicros', spent: 'monthSpentMicros' },
} as const;

interface PeriodSpend {
  readonly kind: 'day' | 'month';
  readonly micros: number;
  readonly isNew: boolean;
}

/**
 * The budget is still the one that was read, and what was spent leaves room for this, up to the next
 * threshold that this write does not report.
 */
function requireBudget(
  update: UpdateExpression,
  { kind, micros, isNew }: PeriodSpend,
  known: AccountMoney,
  crossings: readonly Crossing[],
): void {
  const limit = known[names[kind].budget];
  update.requireSame(names[kind].budget, limit);
  if (limit === undefined) return;
  if (isNew) {
    update.require(`${update.name(names[kind].budget)} >= ${update.value(micros)}`);
    return;
  }
  update.requireSame(marksNames[kind], known[marksNames[kind]]);
  const spent = update.name(names[kind].spent);
  const budget = budgetOf(known, kind);
  const { from, to } = budget ? sumsReaching(budget, ofKind(crossings, kind)) : { from: undefined, to: limit };
  update.require(`${spent} <= ${update.value(to - micros)}`);
  if (from !== undefined) update.require(`${spent} >= ${update.value(from - micros)}`);
}
