// What the list of tasks is filtered by: the names that the list call, a job and the page's address share.
import { queryOf } from '../relay/relay-client.ts';

const names = ['status', 'code', 'model', 'account'] as const;

/** By the names of the API; an empty text for what is not filtered by. */
export type TaskFilter = Readonly<Record<(typeof names)[number], string>>;

export const allTasks: TaskFilter = { status: '', code: '', model: '', account: '' };

export function filterOfAddress({ searchParams }: URL): TaskFilter {
  return Object.fromEntries(names.map((name) => [name, searchParams.get(name) ?? ''])) as TaskFilter;
}

/** Address of the list, below `/console`. */
export function tasksAddress(filter: Partial<TaskFilter>): string {
  return `/tasks${queryOf(filter)}`;
}

export function isFiltered(filter: TaskFilter): boolean {
  return Object.values(filter).some((text) => text !== '');
}

/** Whether a job takes it: one on all tasks of an account would be too easily a mistake. */
export function isNarrow({ status, code, model }: TaskFilter): boolean {
  return [status, code, model].some((text) => text !== '');
}

/** What the API is asked: operators who name no account ask for all. */
export function askedFilter(filter: TaskFilter, isOperator: boolean): Readonly<Record<string, string>> {
  const account = filter.account === '' && isOperator ? '*' : filter.account;
  return Object.fromEntries(Object.entries({ ...filter, account }).filter(([, text]) => text !== ''));
}
