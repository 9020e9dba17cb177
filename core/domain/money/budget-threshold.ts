// The thresholds of budgets: an event tells an account once when half, four fifths and all of a day's or month's budget or of
// its balance are used. Pure; the write that crosses one records it with the event, so that none is lost or told twice.
import { nextBudgetAt } from './account-money.ts';
import type { AccountMoney, MoneyRefusal } from './account-money.ts';
import type { OutboxEvent } from '../webhook/outbox-event.ts';

/** Per cent; the place of each in this list is its bit in an account's marks, so that new ones go to the end. */
const budgetThresholds = [50, 80, 100] as const;

export const budgetKinds = ['balance', 'day', 'month'] as const;

export type BudgetKind = (typeof budgetKinds)[number];

interface Budget {
  readonly limitMicros: number;
  readonly spentMicros: number;
  /** Thresholds that were reported, a bit for each. */
  readonly marks: number;
}

export interface Crossing extends Pick<Budget, 'limitMicros' | 'spentMicros'> {
  readonly kind: BudgetKind;
  readonly percent: (typeof budgetThresholds)[number];
  /** `refused`: a task was refused for it before the whole of it was spent. */
  readonly reason: 'reached' | 'refused';
}

export const marksNames = { balance: 'balanceMarks', day: 'dayMarks', month: 'monthMarks' } as const;

/**
 * A limit and what is spent of it, with what is reserved. A balance counts from its last setting or addition.
 * Undefined where there is none, or nothing in it that could be spent.
 */
export function budgetOf(money: AccountMoney, kind: BudgetKind): Budget | undefined {
  const { balanceMicros = 0, balanceBaseMicros = 0, daySpentMicros = 0, monthSpentMicros = 0 } = money;
  const limitMicros = {
    balance: money.balanceMicros === undefined ? 0 : balanceBaseMicros,
    day: money.dayBudgetMicros ?? 0,
    month: money.monthBudgetMicros ?? 0,
  }[kind];
  if (limitMicros <= 0) return undefined;
  const spentMicros = { balance: limitMicros - balanceMicros, day: daySpentMicros, month: monthSpentMicros }[kind];
  return { limitMicros, spentMicros, marks: money[marksNames[kind]] ?? 0 };
}

/** The first amount that reaches the threshold. */
function startOf(percent: number, limitMicros: number): number {
  return Math.ceil((limitMicros * percent) / 100);
}

function bitOf(percent: Crossing['percent']): number {
  return 2 ** budgetThresholds.indexOf(percent);
}

function isMarked(marks: number, percent: Crossing['percent']): boolean {
  return (marks & bitOf(percent)) !== 0;
}

/** Thresholds that this money has reached and that were not reported. */
export function crossingsOf(money: AccountMoney): readonly Crossing[] {
  return budgetKinds.flatMap((kind) => {
    const budget = budgetOf(money, kind);
    if (!budget) return [];
    const { limitMicros, spentMicros, marks } = budget;
    return budgetThresholds
      .filter((percent) => spentMicros >= startOf(percent, limitMicros) && !isMarked(marks, percent))
      .map((percent): Crossing => ({ kind, percent, reason: 'reached', limitMicros, spentMicros }));
  });
}

/**
 * The sums of a budget, after a write, with which just these thresholds are reached and no further one. Conditions compare
 * with them: others may have spent since the sums were read, as long as they reach no more.
 */
export function sumsReaching(
  { limitMicros, marks }: Budget,
  crossings: readonly Crossing[],
): { readonly from: number | undefined; readonly to: number } {
  const after = marksAfter(marks, crossings);
  const next = budgetThresholds.find((percent) => !isMarked(after, percent));
  const last = crossings.at(-1);
  return {
    from: last && startOf(last.percent, limitMicros),
    to: next === undefined ? limitMicros : startOf(next, limitMicros) - 1,
  };
}

/** The marks of a budget once these are reported. */
export function marksAfter(marks: number, crossings: readonly Pick<Crossing, 'percent'>[]): number {
  return crossings.reduce((all, { percent }) => all | bitOf(percent), marks);
}

const refusing = { 'balance-empty': 'balance', 'day-budget-empty': 'day', 'month-budget-empty': 'month' } as const;

/** A budget that refuses a task is used up for its account, even if a smaller task would still fit. */
export function crossingOfRefusal(money: AccountMoney, refusal: MoneyRefusal): Crossing | undefined {
  const kind = refusing[refusal];
  const budget = budgetOf(money, kind);
  if (!budget || isMarked(budget.marks, 100)) return undefined;
  return { kind, percent: 100, reason: 'refused', limitMicros: budget.limitMicros, spentMicros: budget.spentMicros };
}

interface Occasion {
  readonly accountId: string;
  readonly at: number;
  /** Unique for each write that reports a threshold. */
  readonly id: string;
}

export function thresholdEvent({ accountId, at, id }: Occasion, crossing: Crossing): OutboxEvent {
  const { kind, percent, reason, limitMicros, spentMicros } = crossing;
  const next = kind === 'balance' ? null : new Date(nextBudgetAt(at, kind)).toISOString();
  return {
    id: `evt_${id}_${kind}_${percent}`,
    type: 'budget.threshold',
    accountId,
    at,
    data: { budget: kind, percent, reason, limit_micros: limitMicros, spent_micros: spentMicros, renews_at: next },
  };
}
