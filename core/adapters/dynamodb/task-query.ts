// How a list of tasks is asked for: the filter over what an index entry shows, and the cursor between two pages.
// Leaves reading to the stores, which all answer the same because they share this.
import { RelayError } from '../../domain/relay-error.ts';
import type { Task } from '../../domain/task/task.ts';
import type { TaskQuery } from '../../ports/ports.ts';

/** Whether a task belongs on the page. The index lags behind the task, so a store asks this of the task it loaded. */
export function matchesQuery(task: Task, query: TaskQuery): boolean {
  return (
    task.accountId === query.accountId &&
    (query.status === undefined || query.status.includes(task.status)) &&
    (query.code === undefined || task.result?.code === query.code) &&
    (query.model === undefined || task.model === query.model)
  );
}

// The first letter is the version of the cursor's form: a later form can refuse or translate older ones.
const FORM = 'a';

function isTaskId(text: string): boolean {
  return /^[\w-]{1,64}$/.test(text);
}

/** @param taskId the last task that the page has shown or passed over. */
export function writeCursor(accountId: string, taskId: string): string {
  return Buffer.from(JSON.stringify([FORM, accountId, taskId])).toString('base64url');
}

/**
 * The task id that a cursor stands at, or undefined for the first page.
 * @throws RelayError `bad-cursor` for anything that writeCursor did not make for this account.
 */
export function readCursor(accountId: string, cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const parts = parse(cursor);
  const [form, owner, taskId] = Array.isArray(parts) ? (parts as unknown[]) : [];
  if (form !== FORM || owner !== accountId || typeof taskId !== 'string' || !isTaskId(taskId)) {
    throw new RelayError('bad-cursor', 'The cursor is not one of this list');
  }
  return taskId;
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
