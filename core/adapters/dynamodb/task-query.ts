// How a list of tasks is queried: its filter, where it begins, and the cursor between two pages. The stores do the
// reading, and all answer alike because they share this file.
import { codesMet } from '../../domain/task/codes-met.ts';
import { RelayError } from '../../domain/relay-error.ts';
import type { Task } from '../../domain/task/task.ts';
import type { TaskFilter, TaskQuery } from '../../ports/ports.ts';

/** What an index shows of a task; a field is absent where the index does not have it. */
export interface TaskEntry {
  readonly accountId?: string | undefined;
  readonly model?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly codes?: readonly string[] | undefined;
}

/** True when the task of an entry may belong to the list: fields that the entry lacks are left to matchesQuery. */
export function matchesEntry(entry: TaskEntry, filter: TaskFilter): boolean {
  const { accountId, model, modelPrefix, correlationId, met } = filter;
  return (
    isOne(entry.accountId, accountId) &&
    isOne(entry.model, model) &&
    isOne(entry.correlationId, correlationId) &&
    (modelPrefix === undefined || entry.model === undefined || entry.model.startsWith(modelPrefix)) &&
    (met === undefined || entry.codes === undefined || met.some((code) => entry.codes?.includes(code)))
  );
}

function isOne(shown: string | undefined, wanted: string | undefined): boolean {
  return wanted === undefined || shown === undefined || shown === wanted;
}

/** True when a task belongs to the list. The index lags behind the task, so a store checks the task that it loaded. */
export function matchesQuery(task: Task, filter: TaskFilter): boolean {
  const { status, code, correlationId } = filter;
  const { accountId, model } = task;
  return (
    matchesEntry({ accountId, model, correlationId: task.correlationId, codes: codesMet(task) }, filter) &&
    (correlationId === undefined || task.correlationId === correlationId) &&
    (status === undefined || status.includes(task.status)) &&
    (code === undefined || task.result?.code === code) &&
    isMadeWithin(task, filter) &&
    hasUpstreamId(task, filter)
  );
}

function isMadeWithin({ createdAt }: Task, { fromMs = 0, toMs = Infinity }: TaskFilter): boolean {
  return createdAt >= fromMs && createdAt < toMs;
}

function hasUpstreamId({ attempts }: Task, { upstreamId }: TaskFilter): boolean {
  return upstreamId === undefined || attempts.some((attempt) => attempt.upstreamId === upstreamId);
}

/** True when rows must be read to tell whether a task belongs to the list: its index does not show enough. */
export function isRowFilter({ status, code, upstreamId }: TaskFilter): boolean {
  return status !== undefined || code !== undefined || upstreamId !== undefined;
}

/** Ids of tasks that were made from then on are not lower than this, those of earlier ones are: UUIDv7, RFC 9562. */
export function idPrefixAt(atMs: number): string {
  const hex = Math.max(0, Math.floor(atMs)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}`;
}

/** In an account's place in the cursor of a list of all accounts: no account has this id. */
const EVERY_ACCOUNT = '*';

// The first letter of a cursor is the version of its form, so that a later form can refuse or translate older ones; it
// also tells a list that begins with the oldest from one that begins with the newest.
const forms = { newest: 'a', oldest: 'o' } as const;

type Ordered = Pick<TaskQuery, 'accountId' | 'order'>;

function isTaskId(text: string): boolean {
  return /^[\w-]{1,64}$/.test(text);
}

/** @param taskId the last task that the page has shown or skipped. */
export function writeCursor({ accountId, order = 'newest' }: Ordered, taskId: string): string {
  return Buffer.from(JSON.stringify([forms[order], accountId ?? EVERY_ACCOUNT, taskId])).toString('base64url');
}

/**
 * The task id that a cursor points at, or undefined for the first page.
 * @throws RelayError `bad-cursor` for anything that writeCursor did not make for this account, or for all, in this order.
 */
export function readCursor({
  accountId,
  order = 'newest',
  cursor,
}: Ordered & Pick<TaskQuery, 'cursor'>): string | undefined {
  if (cursor === undefined) return undefined;
  const parts = parse(cursor);
  const [form, owner, taskId] = Array.isArray(parts) ? (parts as unknown[]) : [];
  const isOurs = form === forms[order] && owner === (accountId ?? EVERY_ACCOUNT);
  if (!isOurs || typeof taskId !== 'string' || !isTaskId(taskId)) {
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
