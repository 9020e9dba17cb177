// Reads what a list of tasks, a count or a bulk job is about from a query: each value is checked, and named when it is
// wrong. core/http/schemas/task-list-filters.ts documents the same parameters.
import { taskStatuses } from '../../core/domain/task/task.ts';
import { limits } from '../../core/domain/limits.ts';
import { metKeyOf, modelFilterOf } from '../../core/http/filter-texts.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { readFlag, readMoment, readWholeNumber } from '../../core/http/read-query.ts';
import { askedAccounts } from './asked-account.ts';
import type { Account } from '../../core/domain/account.ts';
import type { TaskStatus } from '../../core/domain/task/task.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { TaskFilter } from '../../core/ports/ports.ts';

/** The phases behind each public status, for the filter; `created` and `processing` are both unfinished. */
const unfinished: readonly TaskStatus[] = ['queued', 'waiting', 'submitting', 'in-doubt', 'running', 'backoff'];

/** @throws HttpFailure 400, or 403 for another's account. */
export function readTaskFilter(account: Account, query: Query): TaskFilter {
  const fromMs = readMomentOf('from', query);
  const toMs = readMomentOf('to', query);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) throw invalidParameter('from must be before to');
  const filter = {
    accountId: askedAccounts(account, query['account']),
    status: readStatus(query['status']),
    code: readCode(query['code']),
    met: readMet(query['met']),
    correlationId: readText('correlation_id', query),
    upstreamId: readText('provider_id', query),
    order: readOrder(query['order']),
    ...readModel(readText('model', query)),
    fromMs,
    toMs,
  };
  // Failures are listed in a way of their own, which does not show correlation ids.
  if (filter.met !== undefined && filter.correlationId !== undefined) {
    throw invalidParameter('met and correlation_id cannot be given together; leave one of them out');
  }
  return filter;
}

/** `created` and `processing` are one to the index: only the tasks themselves tell them apart. */
export function isSplitStatus(status: string | undefined): boolean {
  return status === 'created' || status === 'processing';
}

/** Whether the tasks of a list are to be counted, too. @throws HttpFailure 400. */
export function readCounted(query: Query): boolean {
  const isCounted = readFlag('count', query['count']);
  if (isCounted && isSplitStatus(query['status'])) {
    throw invalidParameter(`count cannot tell ${query['status'] ?? ''} tasks; give a phase as status, such as running`);
  }
  return isCounted;
}

export function readLimit(text: string | undefined): number {
  if (text === undefined) return limits.pageSizeDefault;
  return readWholeNumber('limit', text, { min: 1, max: limits.pageSizeMax });
}

/** An empty filter would match nothing, and is surely a mistake. */
function readText(name: string, query: Query): string | undefined {
  const text = query[name];
  if (text === '') throw invalidParameter(`${name} is empty`);
  return text;
}

function readModel(text: string | undefined): Pick<TaskFilter, 'model' | 'modelPrefix'> {
  if (text === undefined) return { model: undefined };
  const filter = modelFilterOf(text);
  if (filter) return filter;
  throw invalidParameter('model takes one * at its end, after the beginning of a model, such as vendor/*');
}

function readStatus(text: string | undefined): readonly TaskStatus[] | undefined {
  if (text === undefined) return undefined;
  if (isSplitStatus(text)) return unfinished;
  const status = taskStatuses.find((known) => known === text);
  if (!status) throw invalidParameter(`status must be one of created, processing, ${taskStatuses.join(', ')}`);
  return [status];
}

function readCode(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text)) throw invalidParameter('code must be a task code');
  return Number(text);
}

function readMet(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const key = metKeyOf(text);
  if (key !== undefined) return [key];
  throw invalidParameter('met must be an HTTP status or a task code, or a key of the table of errors such as http-429');
}

function readOrder(text: string | undefined): TaskFilter['order'] {
  if (text === undefined || text === 'newest' || text === 'oldest') return text;
  throw invalidParameter('order must be newest or oldest');
}

function readMomentOf(name: string, query: Query): number | undefined {
  const text = query[name];
  return text === undefined ? undefined : readMoment(name, text);
}
