// The calls about bulk jobs: make one, or only estimate it, list, show and stop them.
// read-job.ts reads what is asked for, run-job.ts works the jobs off.
import { RelayError } from '../../core/domain/relay-error.ts';
import { limits } from '../../core/domain/limits.ts';
import { audited } from '../../core/flows/audited.ts';
import { requireScope } from '../../core/flows/authenticate.ts';
import { requireEnabled } from '../../core/flows/replay-delivery.ts';
import { estimateJob, ringForJob, startJob, stopJob } from '../../core/flows/start-job.ts';
import { documentedFailure, HttpFailure, invalidParameter, ownFailure } from '../../core/http/http-failure.ts';
import { publicJob } from '../../core/http/public-job.ts';
import { askedAccounts } from './asked-account.ts';
import { loadOwnEndpoint } from './endpoint-calls.ts';
import { readJobBody, readReplay, readTaskJob } from './read-job.ts';
import { actorOf } from './serve-audited.ts';
import { readLimit } from './task-filter.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Job, JobAction, JobTarget } from '../../core/domain/job/job.ts';
import type { JobEstimate } from '../../core/flows/start-job.ts';
import type { JobPlan } from '../../core/flows/job-targets.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { ApiPorts } from './api-ports.ts';
import type { Call } from './call.ts';
import type { JobBody } from './read-job.ts';

/** What a key needs to do the same to one task or delivery. */
const scopeOf = { cancel: 'submit', retry: 'submit', replay: 'webhooks' } as const satisfies Record<JobAction, string>;

/** @throws HttpFailure 400, 403, 404 for an unknown endpoint, 409 when as many jobs run as may. */
export async function createJob(ports: ApiPorts, call: Call): Promise<Answer> {
  const body = readJobBody(call.body);
  requireScope(call.caller, scopeOf[body.action]);
  const { target, ids } = await readTarget(ports, call, body);
  const { account } = call;
  const plan: JobPlan = {
    action: body.action,
    target,
    ids,
    createdAt: ports.clock.now(),
    accountId: account.id,
    isOperator: account.isOperator,
  };
  if (body.isDryRun) {
    return { status: 200, body: shownEstimate(body, await estimateJob(ports, plan, () => mayReadOn(ports, account))) };
  }
  const act = {
    actor: actorOf(call.caller),
    action: 'job.create',
    accountId: ownerOf(plan),
    ...(body.reason !== undefined && { reason: body.reason }),
  } as const;
  const job = await audited(
    ports,
    act,
    () => start(ports, call, { plan, body }),
    ({ id }) => ({ target: id }),
  );
  return { status: 200, body: publicJob(job) };
}

async function start(
  ports: ApiPorts,
  { caller, account }: Call,
  { plan, body }: { readonly plan: JobPlan; readonly body: JobBody },
): Promise<Job> {
  const asked = {
    plan,
    asked: shownFilter(body.filter),
    actor: actorOf(caller),
    reason: body.reason,
    mayReadOn: () => mayReadOn(ports, account),
  };
  const job = await startJob(ports, asked);
  if (job) return job;
  throw ownFailure('tooMany', `${limits.runningJobsMax} jobs of the account run already; wait for one, or stop it`);
}

/** Each page of a count costs the relay what a list of tasks does, and its account a request. */
async function mayReadOn({ meter }: ApiPorts, account: Account): Promise<boolean> {
  try {
    await meter.admit(account);
    return true;
  } catch (error) {
    if (error instanceof HttpFailure && error.status === 429) return false;
    throw error;
  }
}

/** The filter as it was given; a thousand ids would make the row of the job many times as large. */
function shownFilter(filter: JobBody['filter']): Job['asked'] {
  const { ids } = filter;
  return Array.isArray(ids) ? { ids: ids.length } : filter;
}

/** The account whose things a job is about, as far as it is one. */
function ownerOf({ target, accountId }: JobPlan): string {
  if (target.kind === 'deliveries') return target.ownerId;
  return target.kind === 'tasks' ? (target.query.accountId ?? '*') : accountId;
}

async function readTarget(
  ports: ApiPorts,
  { account }: Call,
  { action, filter }: JobBody,
): Promise<{ readonly target: JobTarget; readonly ids: readonly string[] }> {
  if (action !== 'replay') return readTaskJob(account, action, filter);
  const { endpointId, fromMs, toMs } = readReplay(filter);
  const endpoint = await loadOwnEndpoint(ports, account, endpointId);
  requireEnabled(endpoint);
  const target: JobTarget = {
    kind: 'deliveries',
    endpointId: endpoint.id,
    ownerId: endpoint.accountId,
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
  };
  return { target, ids: [] };
}

const effects: Readonly<Record<JobAction, string>> = {
  cancel: 'end as cancelled; what Get3W still answers to them is recorded and not delivered',
  retry: 'be put back, and be charged like new ones',
  replay: 'be sent again',
};

function shownEstimate({ action, filter }: JobBody, { tasks, isMore, sample }: JobEstimate): object {
  const things = action === 'replay' ? 'deliveries' : 'tasks';
  const count = `${isMore ? 'At least ' : ''}${tasks} ${things}`;
  return {
    dry_run: true,
    action,
    filter: shownFilter(filter),
    tasks,
    at_least: isMore,
    sample,
    effect: tasks === 0 ? `No ${things} match now; nothing would be done.` : `${count} would ${effects[action]}.`,
  };
}

export async function listJobs(ports: ApiPorts, { account }: Pick<Call, 'account'>, query: Query): Promise<Answer> {
  const accountId = askedAccounts(account, query['account']);
  try {
    const limit = readLimit(query['limit']);
    const { jobs, cursor = null } = await ports.jobs.listJobs({ accountId, limit, cursor: query['cursor'] });
    const shown = jobs.filter((job) => isVisible(job, account));
    return { status: 200, body: { data: shown.map(publicJob), next_cursor: cursor } };
  } catch (error) {
    if (!(error instanceof RelayError && error.code === 'bad-cursor')) throw error;
    throw invalidParameter('cursor was not returned by this list');
  }
}

const idPattern = /^job_[\da-f-]{36}$/;

/** A job that was made with the rights of an operator is for operators only, though the account be the same. */
function isVisible(job: Job, account: Account): boolean {
  return account.isOperator || (job.accountId === account.id && !job.isOperator);
}

/** @throws HttpFailure 404 for an id that is unknown, or another account's unless an operator calls. */
async function loadOwnJob({ jobs }: ApiPorts, { account, parameters }: Call): Promise<Job> {
  const id = (parameters['id'] ?? '').toLowerCase();
  const job = idPattern.test(id) ? await jobs.loadJob(id) : undefined;
  if (!job || !isVisible(job, account)) throw documentedFailure(404);
  return job;
}

export async function getJob(ports: ApiPorts, call: Call): Promise<Answer> {
  return { status: 200, body: publicJob(await loadOwnJob(ports, call)) };
}

/** A job that is over stays as it is. What a stopped job has done is not undone. */
export async function stopOwnJob(ports: ApiPorts, call: Call): Promise<Answer> {
  const job = await loadOwnJob(ports, call);
  requireScope(call.caller, scopeOf[job.action]);
  const stopped = await stopJob(ports, job);
  if (!stopped) throw ownFailure('changedByOthers', 'the job is being changed by others; try again');
  if (stopped.status === 'stopping') await ringForJob(ports, stopped, 0);
  return { status: 200, body: publicJob(stopped), ownerId: job.accountId };
}
