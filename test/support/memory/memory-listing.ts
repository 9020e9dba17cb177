// Lists and counts over tasks in memory: the ids in order, the filter that the table's store uses too, its cursors.
import { matchesQuery, readCursor, writeCursor } from '../../../core/adapters/dynamodb/task-query.ts';
import { codesMet } from '../../../core/domain/task/codes-met.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { FailedFilter, FailedTasks, TaskCount, TaskFilter, TaskQuery } from '../../../core/ports/ports.ts';

/** As many as the table's store goes through. */
const COUNTED_MAX = 10_000;

interface ListedTasks {
  readonly byId: ReadonlyMap<string, Task>;
  /** Ids of an account's tasks, newest first, below `from` where it is given. */
  backwards(accountId: string, from?: string): Iterable<string>;
}

/** @returns the two reads of core/ports/ports.ts over these tasks; the page as ids. */
export function memoryListing(tasks: ListedTasks) {
  return {
    page: (query: TaskQuery) => pageOf(tasks, query),
    count: (filter: TaskFilter) => countOf(tasks, filter),
    failed: (filter: FailedFilter) => failedOf(tasks, filter),
  };
}

function pageOf(tasks: ListedTasks, query: TaskQuery): { readonly ids: readonly string[]; readonly cursor?: string } {
  const ids: string[] = [];
  for (const id of idsInOrder(tasks, query, readCursor(query))) {
    const task = tasks.byId.get(id);
    if (!task || !matchesQuery(task, query)) continue;
    if (ids.length === query.limit) return { ids, cursor: writeCursor(query, ids.at(-1) ?? id) };
    ids.push(id);
  }
  return { ids };
}

function countOf(tasks: ListedTasks, filter: TaskFilter): TaskCount {
  const ids = [...idsInOrder(tasks, filter, undefined)];
  const looked = ids.slice(0, COUNTED_MAX).flatMap((id) => tasks.byId.get(id) ?? []);
  return { tasks: looked.filter((task) => matchesQuery(task, filter)).length, isAtLeast: ids.length > COUNTED_MAX };
}

function failedOf(tasks: ListedTasks, filter: FailedFilter): FailedTasks {
  const all = [...idsInOrder(tasks, filter, undefined)].flatMap((id) => tasks.byId.get(id) ?? []);
  const failed = all.flatMap((task) => {
    const codes = codesMet(task);
    const { id, accountId, model } = task;
    return codes.length > 0 && matchesQuery(task, filter) ? [{ id, accountId, model, codes }] : [];
  });
  return { tasks: failed.slice(0, COUNTED_MAX), isAtLeast: failed.length > COUNTED_MAX };
}

function idsInOrder(tasks: ListedTasks, { accountId, order }: TaskFilter, from: string | undefined): Iterable<string> {
  if (order === 'oldest') {
    const all = accountId === undefined ? tasks.byId.keys() : tasks.backwards(accountId);
    return [...all].sort().filter((id) => from === undefined || id > from);
  }
  if (accountId !== undefined) return tasks.backwards(accountId, from);
  const all = [...tasks.byId.keys()].sort().reverse();
  return all.filter((id) => from === undefined || id < from);
}
