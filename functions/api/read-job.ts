// Reads the body that asks for a bulk job, or answers 400 with what is wrong: the action, and the filter, whose fields are
// the queries of the list of tasks.
import { jobActions } from '../../core/domain/job/job.ts';
import { limits } from '../../core/domain/limits.ts';
import { actableStatuses } from '../../core/flows/start-job.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { readMoment } from '../../core/http/read-query.ts';
import { readJsonObject } from '../../core/http/read-json-object.ts';
import { readReason, refuseUnknown } from './read-body-fields.ts';
import { isTaskId } from './task-calls.ts';
import { readTaskFilter } from './task-filter.ts';
import type { Account } from '../../core/domain/account.ts';
import type { JobAction, JobQuery, JobTarget } from '../../core/domain/job/job.ts';
import type { Fields } from '../../core/http/read-json-object.ts';
import type { Query } from '../../core/http/read-query.ts';

interface AskedFilter {
  readonly target: Exclude<JobTarget, { readonly kind: 'deliveries' }>;
  readonly ids: readonly string[];
}

export interface JobBody {
  readonly action: JobAction;
  readonly filter: Fields;
  readonly isDryRun: boolean;
  readonly reason: string | undefined;
}

const fieldNames = ['action', 'filter', 'dry_run', 'reason'];
/** The queries of the list of tasks that a filter may have: all but those of its page. */
const filterNames = ['account', 'status', 'code', 'met', 'model', 'from', 'to', 'provider_id', 'correlation_id'];
/** Of one field: longer than any model's name, or an id. */
const TEXT_CHARS_MAX = 500;
const replayNames = ['endpoint', 'status', 'from', 'to'];

/** @throws HttpFailure 400. */
export function readJobBody(body: string): JobBody {
  const fields = readJsonObject(body);
  refuseUnknown(fields, fieldNames, 'the body');
  const { action: given, filter, dry_run: isDryRun = false, reason } = fields;
  const action = jobActions.find((known) => known === given);
  if (!action) throw invalidParameter(`action must be one of ${jobActions.join(', ')}`);
  if (typeof isDryRun !== 'boolean') throw invalidParameter('dry_run must be true or false');
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    throw invalidParameter(
      'filter must be an object that names what the job is about; {"status":"waiting"} for example',
    );
  }
  return { action, filter: filter as Fields, isDryRun, reason: readReason(reason) };
}

/** @throws HttpFailure 400, or 403 when a caller who may not operate names another account. */
export function readTaskJob(account: Account, action: 'cancel' | 'retry', filter: Fields): AskedFilter {
  if (filter['ids'] !== undefined) return readIds(filter);
  refuseUnknown(filter, [...filterNames, 'ids'], 'filter');
  const texts = textsOf(filter);
  const isNarrow = Object.keys(texts).some((name) => name !== 'account');
  if (!isNarrow) throw invalidParameter(`filter must name at least one of ${filterNames.slice(1).join(', ')} or ids`);
  // Newest first, as the job reads them: its cursor belongs to that order.
  const { order: _newest, ...asked } = readTaskFilter(account, texts);
  const status = narrowed(action, asked.status, texts['status']);
  const { status: shown } = texts;
  const shownStatus = shown === 'created' || shown === 'processing' ? shown : undefined;
  return { target: { kind: 'tasks', query: { ...asked, status }, ...(shownStatus && { shownStatus }) }, ids: [] };
}

/** Of the statuses that were asked for, or of all, those that the action can change. */
function narrowed(
  action: 'cancel' | 'retry',
  asked: JobQuery['status'],
  given: string | undefined,
): JobQuery['status'] {
  const actable = actableStatuses[action];
  const both = actable.filter((status) => asked === undefined || asked.includes(status));
  if (both.length > 0) return both;
  const why = action === 'cancel' ? 'a task that has ended cannot be cancelled' : 'only a failed task can be put back';
  throw invalidParameter(`status ${given ?? ''} leaves nothing to do: ${why}`);
}

function readIds(filter: Fields): AskedFilter {
  refuseUnknown(filter, ['ids'], 'a filter with ids');
  const { ids } = filter;
  const isListed = Array.isArray(ids) && ids.length > 0 && ids.length <= limits.jobIdsMax;
  const texts = isListed ? ids.map((id) => (typeof id === 'string' ? id.toLowerCase() : '')) : [];
  if (texts.length === 0 || !texts.every(isTaskId)) {
    throw invalidParameter(`ids must be a list of 1 to ${limits.jobIdsMax} ids of tasks`);
  }
  return { target: { kind: 'ids' }, ids: [...new Set(texts)] };
}

/** As in a query, where everything is text. */
function textsOf(filter: Fields): Query {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(filter)) {
    if (typeof value !== 'string' && typeof value !== 'number')
      throw invalidParameter(`${name} must be a text or a number`);
    if (String(value).length > TEXT_CHARS_MAX)
      throw invalidParameter(`${name} is longer than ${TEXT_CHARS_MAX} characters`);
    texts[name] = String(value);
  }
  return texts;
}

interface AskedReplay {
  readonly endpointId: string;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** @throws HttpFailure 400. */
export function readReplay(filter: Fields): AskedReplay {
  refuseUnknown(filter, replayNames, 'the filter of a replay');
  const { endpoint, status = 'exhausted', from, to } = textsOf(filter);
  if (endpoint === undefined) throw invalidParameter('filter must name the endpoint whose deliveries are sent again');
  if (status !== 'exhausted') throw invalidParameter('status must be exhausted: only what was given up is sent again');
  const fromMs = from === undefined ? undefined : readMoment('from', from);
  const toMs = to === undefined ? undefined : readMoment('to', to);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) throw invalidParameter('from must be before to');
  return { endpointId: endpoint, fromMs, toMs };
}
