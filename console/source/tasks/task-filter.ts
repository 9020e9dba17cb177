// What the list of tasks is filtered by: the names that the list call, a job and the page's address share.
import { queryOf } from '../relay/relay-client.ts';

const names = [
  'status',
  'code',
  'met',
  'model',
  'account',
  'from',
  'to',
  'order',
  'provider_id',
  'correlation_id',
] as const;

/** By the names of the API; an empty text for what is not filtered by. */
export type TaskFilter = Readonly<Record<(typeof names)[number], string>>;

export const allTasks = Object.fromEntries(names.map((name) => [name, ''])) as TaskFilter;

export function filterOfAddress({ searchParams }: URL): TaskFilter {
  return Object.fromEntries(names.map((name) => [name, searchParams.get(name) ?? ''])) as TaskFilter;
}

/** Address of the list, below `/console`. */
export function tasksAddress(filter: Partial<TaskFilter>): string {
  return `/tasks${queryOf(filter)}`;
}

/** Without the order, which changes no set of tasks. */
export function isFiltered({ order: _order, ...rest }: TaskFilter): boolean {
  return Object.values(rest).some((text) => text !== '');
}

/** What the API is asked: operators who name no account ask for all. */
export function askedFilter(filter: TaskFilter, isOperator: boolean): Readonly<Record<string, string>> {
  const account = filter.account === '' && isOperator ? '*' : filter.account;
  return Object.fromEntries(Object.entries({ ...filter, account }).filter(([, text]) => text !== ''));
}

/**
 * What a job is asked: every filter of the list, those that jobs do not take included, so that the relay refuses the job
 * rather than acting on more tasks than are shown. Undefined when nothing narrows it: one on all tasks of an account
 * would be too easily a mistake.
 */
export function jobFilter(filter: TaskFilter, isOperator: boolean): Readonly<Record<string, string>> | undefined {
  if (!isFiltered({ ...filter, account: '' })) return undefined;
  return askedFilter({ ...filter, order: '' }, isOperator);
}
