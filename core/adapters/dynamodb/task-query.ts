// How a list of tasks is queried: its filter, and the cursor between two pages. The stores do the reading, and all
// answer alike because they share this file.
import { RelayError } from '../../domain/relay-error.ts';
import type { Task } from '../../domain/task/task.ts';
import type { TaskQuery } from '../../ports/ports.ts';

/** True when a task belongs to the list. The index lags behind the task, so a store checks the task that it loaded. */
export function matchesQuery(task: Task, query: TaskQuery): boolean {
  return (
    (query.accountId === undefined || task.accountId === query.accountId) &&
    (query.status === undefined || query.status.includes(task.status)) &&
    (query.code === undefined || task.result?.code === query.code) &&
    (query.model === undefined || task.model === query.model)
  );
}

/** In an account's place in the cursor of a list of all accounts: no account has this id. */
const EVERY_ACCOUNT = '*';

// The first letter of a cursor is the version of its form, so that a later form can refuse or translate older ones.
const FORM = 'a';

function isTaskId(text: string): boolean {
  return /^[\w-]{1,64}$/.test(text);
}

/** @param taskId the last task that the page has shown or skipped. */
export function writeCursor(accountId: string | undefined, taskId: string): string {
  return Buffer.from(JSON.stringify([FORM, accountId ?? EVERY_ACCOUNT, taskId])).toString('base64url');
}

/**
 * The task id that a cursor points at, or undefined for the first page.
 * @throws RelayError `bad-cursor` for anything that writeCursor did not make for this account, or for all.
 */
export function readCursor(accountId: string | undefined, cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const parts = parse(cursor);
  const [form, owner, taskId] = Array.isArray(parts) ? (parts as unknown[]) : [];
  if (form !== FORM || owner !== (accountId ?? EVERY_ACCOUNT) || typeof taskId !== 'string' || !isTaskId(taskId)) {
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
