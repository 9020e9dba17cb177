// An account as the commands about it print it with --json: what an operator has set, null where the relay's defaults
// apply. `GET /v1/account` shows the limits in force instead.
import type { Account } from '../../core/domain/account.ts';

export function shownAccount(account: Account): object {
  return {
    id: account.id,
    name: account.name,
    concurrent_tasks_max: account.concurrentTasksMax ?? null,
    requests_per_second: account.requestsPerSecond ?? null,
    sync_waits_max: account.syncWaitsMax ?? null,
    endpoints_max: account.endpointsMax ?? null,
    balance_micros: account.balanceMicros ?? null,
    day_budget_micros: account.dayBudgetMicros ?? null,
    month_budget_micros: account.monthBudgetMicros ?? null,
    weight: account.weight,
    keep: account.keep ?? null,
    is_operator: account.isOperator,
    suspended_at: account.suspendedAt === undefined ? null : new Date(account.suspendedAt).toISOString(),
    active_tasks: account.activeTasks,
    created_at: new Date(account.createdAt).toISOString(),
  };
}
