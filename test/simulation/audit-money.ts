// The money of a world, by books of the auditor's own: what each task should have cost, from Get3W's ledger and from
// what the relay could know of it, and what each account should therefore have left, to the micro-dollar.
// It shares no code with core/domain/money.
import { attemptOf } from './audited-task.ts';
import type { Attempt, Task } from '../../core/domain/task/task.ts';
import type { LedgerEntry } from './get3w-model.ts';
import type { PlannedAccount, WorldPlan } from './world-plan.ts';
import type { Account } from '../../core/domain/account.ts';

function codeOf({ failure }: Attempt): number {
  return Number(failure?.code);
}

/** Undefined in a world without prices, where nothing costs anything. */
function priceOf(model: string, { prices }: WorldPlan): number | undefined {
  return prices.models[model]?.micros ?? (prices.unknown === 'refuse' ? undefined : Number(prices.unknown));
}

/** What a task should cost, by how its attempts ended. */
export function costOf({ status, model, attempts }: Task, plan: WorldPlan): number {
  const { charging } = plan.settings;
  const price = priceOf(model, plan) ?? 0;
  if (status === 'completed' || attempts.some(({ outcome }) => outcome === 'completed')) return price;
  const isFailedWork = attempts.some((attempt) => attempt.outcome === 'failed' && !(codeOf(attempt) >= 5_000));
  if (isFailedWork) return charging.failedWork ? price : 0;
  const isDoubtful = attempts.some(({ outcome, isLateFailure }) => outcome === 'abandoned' && !isLateFailure);
  return isDoubtful && charging.doubts ? price : 0;
}

/** Where nothing is in doubt, an account pays exactly for the tasks that Get3W was paid for. */
export function auditLedger(task: Task, entries: readonly LedgerEntry[], plan: WorldPlan): string[] {
  if (priceOf(task.model, plan) === undefined) return [];
  const cost = costOf(task, plan);
  const { failedWork } = plan.settings.charging;
  const isCertain =
    task.ends === 1 &&
    entries.every(
      (entry) => entry.endedAt !== undefined && entry.oddity === undefined && isKnown(attemptOf(task, entry)),
    ) &&
    task.attempts.every(({ outcome }) => outcome !== 'abandoned');
  if (!isCertain) return [];
  const isPaid = entries.some(({ isRefunded, code }) => !isRefunded && (failedWork || code === 0));
  return isPaid === cost > 0 ? [] : [`cost ${cost} micro-dollars, and Get3W was ${isPaid ? '' : 'not '}paid for it`];
}

function isKnown(attempt: Attempt | undefined): boolean {
  return attempt?.outcome === 'completed' || attempt?.outcome === 'failed';
}

interface TaskCost {
  readonly day: number | undefined;
  readonly cost: number;
  /** Whether the cost became known after the task had ended. */
  readonly isLate: boolean;
}

/** @param tasks of this account, with what each should have cost. */
export function auditAccountMoney(
  planned: PlannedAccount,
  account: Account | undefined,
  tasks: readonly TaskCost[],
): string[] {
  const spentWhere = (isMeant: (day: number) => boolean): number =>
    tasks.reduce((sum, { day, cost }) => sum + (day !== undefined && isMeant(day) ? cost : 0), 0);
  const { balanceMicros, dayBudgetMicros, monthBudgetMicros } = planned;
  const left = balanceMicros === undefined ? undefined : balanceMicros - spentWhere(() => true);
  const problems: string[] = [];
  const check = (what: string, actual: number | undefined, expected: number | undefined): void => {
    if (actual !== expected) problems.push(`account ${planned.id} has ${what} ${actual}, not ${expected}`);
  };
  check('balance', account?.balanceMicros, left);
  // Only what becomes known after an end may be charged past what the account has.
  const late = tasks.reduce((sum, { cost, isLate }) => sum + (isLate ? cost : 0), 0);
  if (left !== undefined && left < -late) problems.push(`account ${planned.id} has overspent its balance: ${left}`);
  const isMetered = [balanceMicros, dayBudgetMicros, monthBudgetMicros].some((micros) => micros !== undefined);
  const { budgetDay, daySpentMicros, monthSpentMicros } = account ?? {};
  if (!isMetered || budgetDay === undefined) return problems;
  check(
    'spent of its day',
    daySpentMicros,
    spentWhere((day) => day === budgetDay),
  );
  const spentMost = (dayBudgetMicros ?? Infinity) + late;
  if ((daySpentMicros ?? 0) > spentMost)
    problems.push(`account ${planned.id} has overspent its day: ${daySpentMicros}`);
  const spentMostOfMonth = (monthBudgetMicros ?? Infinity) + late;
  if ((monthSpentMicros ?? 0) > spentMostOfMonth)
    problems.push(`account ${planned.id} has overspent its month: ${monthSpentMicros}`);
  check(
    'spent of its month',
    monthSpentMicros,
    spentWhere((day) => Math.floor(day / 100) === Math.floor(budgetDay / 100)),
  );
  return problems;
}
