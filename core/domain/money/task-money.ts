// What a task costs its account, and why: derived from the task after each decision, never set by hand. An amount is
// held (reserved or charged) or given back; derived-counts.ts makes of it what changes for the account.
import { findError } from '../error-catalogue.ts';
import { isFinal, openAttempt } from '../task/task.ts';
import { chargeStates, heldMicros } from './charge.ts';
import type { ChargeReason, ChargingSettings, TaskMoney } from './charge.ts';
import type { Attempt, Task } from '../task/task.ts';

/** Task codes from here on are failures of Get3W itself. */
const SERVICE_CODES_FROM = 5_000;

/** The money of a task as its state demands; the same object when nothing changes. */
export function settledMoney(task: Task, charging: ChargingSettings): TaskMoney | undefined {
  const { money } = task;
  if (!money) return undefined;
  const own = chargeReason(task, charging);
  const isSpent = money.isSpent || own === 'late-success' || own === 'failed-work';
  const reason = isSpent && chargeStates[own] === 'given-back' ? 'earlier-run' : own;
  if (reason === money.reason && isSpent === (money.isSpent ?? false)) return money;
  return { ...money, reason, ...(isSpent && { isSpent: true as const }) };
}

/**
 * The money of a task that is put back. What it still holds is not reserved again: one task reserves once.
 * @param reserve what its account is to reserve; undefined for one without balance and budget.
 */
export function moneyOfRetry(
  money: TaskMoney | undefined,
  reserve: Required<Pick<TaskMoney, 'priceMicros' | 'day'>> | undefined,
): TaskMoney | undefined {
  const reason = 'reserved';
  if (money && heldMicros(money) > 0) return { ...money, reason };
  if (reserve) return { ...money, ...reserve, reason };
  if (!money) return undefined;
  const { day: _past, ...unmetered } = money;
  return { ...unmetered, reason };
}

function chargeReason(task: Task, charging: ChargingSettings): ChargeReason {
  const { status, attempts } = task;
  if (!isFinal(status)) return 'reserved';
  if (status === 'completed') return 'completed';
  if (attempts.some(({ unusedSuccess }) => unusedSuccess)) return 'late-success';
  if (attempts.some(isPaidFailure)) return charging.failedWork ? 'failed-work' : 'failed-work-given-back';
  if (openAttempt(task)) return 'open';
  if (attempts.some(isUnknown)) return charging.doubts ? 'doubt' : 'doubt-given-back';
  if (status === 'cancelled') return 'cancelled';
  const last = attempts.at(-1);
  if (!last) return 'not-submitted';
  return last.outcome === 'refused' ? 'refused' : 'service-failure';
}

/** Get3W charges for what it accepts and refunds its own failures, which are the codes from 5000 on. */
function isPaidFailure({ outcome, failure }: Attempt): boolean {
  if (outcome !== 'failed' || !failure || findError(failure.level, failure.code)?.transient) return false;
  return !(failure.level === 'task' && Number(failure.code) >= SERVICE_CODES_FROM);
}

function isUnknown({ outcome, isLateFailure }: Attempt): boolean {
  return outcome === 'abandoned' && !isLateFailure;
}
