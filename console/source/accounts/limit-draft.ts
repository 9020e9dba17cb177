// What the form of an account's limits holds, and the body that the API takes of it: only what differs from the account as it
// is, so that an edit does not undo what another operator changed meanwhile. The relay judges the values.
import type { PublicAccount } from '../../../core/http/public-account.ts';

const MICROS_PER_DOLLAR = 1_000_000;

/** In the order of the form; sums are typed in dollars. */
export const limitFields = [
  { name: 'unfinished_tasks', text: 'Unfinished tasks' },
  { name: 'requests_per_second', text: 'Requests a second' },
  { name: 'sync_waits', text: 'Calls that wait at once' },
  { name: 'endpoints', text: 'Webhook endpoints' },
  { name: 'weight', text: 'Weight' },
  { name: 'balance_micros', text: 'Balance in dollars' },
  { name: 'add_micros', text: 'Add to the balance, dollars' },
  { name: 'day_budget_micros', text: 'Budget a day, dollars' },
  { name: 'month_budget_micros', text: 'Budget a month, dollars' },
] as const;

type LimitDraft = Readonly<Partial<Record<string, string>>>;

export function draftOfLimits({ own_limits: own, limits, money }: PublicAccount): LimitDraft {
  const values: Readonly<Record<string, number | null | undefined>> = {
    ...{ unfinished_tasks: own.unfinished_tasks, requests_per_second: own.requests_per_second },
    ...{ sync_waits: own.sync_waits, endpoints: own.endpoints, weight: limits.weight },
    balance_micros: money?.balance_micros,
    day_budget_micros: money?.day_budget_micros,
    month_budget_micros: money?.month_budget_micros,
  };
  return Object.fromEntries(limitFields.map(({ name }) => [name, textOf(name, values[name])]));
}

function textOf(name: string, value: number | null | undefined): string {
  if (typeof value !== 'number') return '';
  return String(name.endsWith('_micros') ? value / MICROS_PER_DOLLAR : value);
}

/** A text that is not a number is sent as it is: the relay's answer then names the field. */
function valueOf(name: string, text: string): number | string | null {
  const typed = text.trim();
  if (typed === '') return null;
  const value = Number(typed);
  if (!Number.isFinite(value)) return typed;
  return name.endsWith('_micros') ? Math.round(value * MICROS_PER_DOLLAR) : value;
}

export function bodyOfLimits(draft: LimitDraft, before: LimitDraft): Readonly<Record<string, unknown>> {
  const changed = limitFields.filter(({ name }) => draft[name] !== before[name]);
  return Object.fromEntries(changed.map(({ name }) => [name, valueOf(name, draft[name] ?? '')]));
}
