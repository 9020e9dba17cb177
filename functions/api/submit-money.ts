// The money of a submit: the price of the task by the table, what its account must reserve for it, and the refusals. The
// store reserves, in the write that takes the task in.
import { budgetDayOf, isMetered, moneyRefusal, nextBudgetAt } from '../../core/domain/money/account-money.ts';
import { priceOf } from '../../core/domain/money/price-table.ts';
import { dollarText } from '../../core/domain/money/shown-money.ts';
import { unleasedAccount } from '../../core/flows/unleased-account.ts';
import { documentedFailure } from '../../core/http/http-failure.ts';
import type { Account } from '../../core/domain/account.ts';
import type { MoneyRefusal } from '../../core/domain/money/account-money.ts';
import type { TaskMoney } from '../../core/domain/money/charge.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { HttpFailure } from '../../core/http/http-failure.ts';
import { loadInput } from '../../core/flows/load-input.ts';
import type { InputPorts } from '../../core/flows/load-input.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';
import type { LeaseStore } from '../../core/ports/lease-store.ts';
import type { Prices } from '../../core/ports/ports.ts';
import type { Submit } from './read-submit.ts';

export interface PricedPorts {
  readonly prices: Prices;
  readonly leases: Pick<LeaseStore, 'leased'>;
}

/** The task's price and the day of the budget that it is reserved from; undefined where no price is known. */
export function moneyOfSubmit(
  { prices }: Pick<PricedPorts, 'prices'>,
  account: Account,
  { model, fields }: Pick<Submit, 'model' | 'fields'>,
  now: number,
): TaskMoney | undefined {
  const priceMicros = priceOf(prices.table(), model, fields);
  if (priceMicros === undefined) return undefined;
  return { priceMicros, reason: 'reserved', ...(isMetered(account) && { day: budgetDayOf(now) }) };
}

/** An account that pays for its tasks cannot use a model that has no price. */
export function whyUnpriced(account: Account, money: TaskMoney | undefined): HttpFailure | undefined {
  if (money || !isMetered(account)) return undefined;
  const details = 'the price table has no price for this model, and the account has a balance or a budget';
  return documentedFailure(403, 0, {}, details);
}

/** 403 in Get3W's words, with what is used up. */
export function moneyFailure(refusal: MoneyRefusal, priceMicros: number, now: number): HttpFailure {
  const cost = `which costs ${dollarText(priceMicros)}`;
  const begins = (period: 'day' | 'month'): string => new Date(nextBudgetAt(now, period)).toISOString();
  const details = {
    'balance-empty': `the balance does not cover this task, ${cost}`,
    'day-budget-empty': `what is left of the day's budget does not cover this task, ${cost}; the next one begins at ${begins('day')}`,
    'month-budget-empty': `what is left of the month's budget does not cover this task, ${cost}; the next one begins at ${begins('month')}`,
  }[refusal];
  return documentedFailure(403, 0, {}, details);
}

/**
 * What the owner of a task reserves when it is put back: its price at its submit, or today's if it had none.
 * @throws HttpFailure 403 when its model has no price.
 */
export async function reserveForRetry(
  ports: Pick<FlowPorts, 'store' | 'clock'> & Pick<PricedPorts, 'prices'> & InputPorts,
  owner: Account,
  task: Task,
): Promise<{ readonly priceMicros: number; readonly day: number } | undefined> {
  if (!isMetered(owner)) return undefined;
  const day = budgetDayOf(ports.clock.now());
  if (task.money) return { priceMicros: task.money.priceMicros, day };
  const input = (await loadInput(ports, task)) ?? '{}';
  const fields = JSON.parse(input) as Readonly<Record<string, unknown>>;
  const money = moneyOfSubmit(ports, owner, { model: task.model, fields }, ports.clock.now());
  const refusal = whyUnpriced(owner, money);
  if (refusal || !money) throw refusal ?? documentedFailure(403);
  return { priceMicros: money.priceMicros, day };
}

/** What a submit would do: nothing of it is written, and a later submit may find other conditions. */
export async function dryRun(
  { leases }: Pick<PricedPorts, 'leases'>,
  account: Account,
  { model, money }: Submit & { readonly money: TaskMoney | undefined },
  { waitMs = 0, estimate }: { readonly waitMs: number | undefined; readonly estimate: number },
): Promise<Answer> {
  const spent = money?.day === undefined ? {} : { [money.day]: money.priceMicros };
  const unleased = await unleasedAccount(leases, account);
  const body = {
    dry_run: true,
    model,
    price_micros: money?.priceMicros ?? null,
    is_covered: moneyRefusal(unleased, spent) === undefined,
    estimated_wait: Math.round(waitMs / 1_000),
    estimated_duration: estimate,
  };
  return { status: 200, body };
}
