// How far what an account may do can be set, and which changes contradict themselves. The command line and the API judge
// by it, so that both take the same. Pure; flows/change-account.ts makes the change.
import { limits } from './limits.ts';
import { MICROS_PER_DOLLAR } from './money/price-table.ts';

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

const any = Number.MAX_SAFE_INTEGER;

/** A sum has nine digits before the point at most: a longer one is a slip of the finger. */
export const DOLLAR_DIGITS_MAX = 9;
const money: Bounds = { min: 0, max: 10 ** DOLLAR_DIGITS_MAX * MICROS_PER_DOLLAR - 1 };

/** Whole numbers; what is of money is in micro-dollars. */
export const accountBounds = {
  /** Zero lets no new task in and leaves all else as it is. */
  concurrentTasksMax: { min: 0, max: any },
  requestsPerSecond: { min: 1, max: any },
  syncWaitsMax: { min: 1, max: any },
  endpointsMax: { min: 1, max: limits.webhookEndpointsMax },
  weight: { min: 1, max: 1_000 },
  balanceMicros: money,
  addedMicros: money,
  dayBudgetMicros: money,
  monthBudgetMicros: money,
} as const satisfies Readonly<Record<string, Bounds>>;

export type BoundedName = keyof typeof accountBounds;

/** As the API names what can be changed of an account; the last two are the command line's alone. */
export const changeNames = {
  concurrentTasksMax: 'unfinished_tasks',
  requestsPerSecond: 'requests_per_second',
  syncWaitsMax: 'sync_waits',
  endpointsMax: 'endpoints',
  weight: 'weight',
  balanceMicros: 'balance_micros',
  addedMicros: 'add_micros',
  dayBudgetMicros: 'day_budget_micros',
  monthBudgetMicros: 'month_budget_micros',
  keep: 'keep',
  name: 'name',
  isOperator: 'is_operator',
} as const satisfies Readonly<Record<BoundedName | 'keep' | 'name' | 'isOperator', string>>;

type ChangedValue = number | string | boolean | null;

/** What a change names, by the names of the API, for the audit log. */
export function namedChanges(
  change: Readonly<Partial<Record<keyof typeof changeNames, ChangedValue | undefined>>>,
): Readonly<Record<string, ChangedValue>> {
  const named = Object.entries(changeNames).map(([own, name]) => [name, change[own as keyof typeof changeNames]]);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined)) as Record<string, ChangedValue>;
}

/** `from 1 to 50`, `1 or more`. */
export function boundsText({ min, max }: Bounds): string {
  return max === any ? `${min} or more` : `from ${min} to ${max}`;
}

export type ChangeFault = 'empty' | 'balance-twice';

/** A change is empty, or it both sets the balance and adds to it; undefined for any other. */
export function changeFault(change: Readonly<Record<string, unknown>>): ChangeFault | undefined {
  if (Object.values(change).every((value) => value === undefined)) return 'empty';
  return change['balanceMicros'] !== undefined && change['addedMicros'] !== undefined ? 'balance-twice' : undefined;
}
