// Makes a bulk job from a filter, after an estimate, and follows it to its end. The relay works the job off: the command may
// be ended without ending the job. `relay jobs`, `relay tasks` and `relay endpoints` come here.
import { confirm, isCancel } from '@clack/prompts';
import colours from 'picocolors';
import { setTimeout as sleep } from 'node:timers/promises';
import { EVERY_ACCOUNT, isJobOver } from '../../core/domain/job/job.ts';
import { limits } from '../../core/domain/limits.ts';
import { SECOND_MS } from '../../core/domain/time-ms.ts';
import { actableStatuses, estimateJob, startJob } from '../../core/flows/start-job.ts';
import { onRecord } from '../audited-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { untilInterrupted } from '../interruption.ts';
import { principal } from '../principal.ts';
import { accountOf } from './account-of.ts';
import { loadEndpoint } from './found-endpoint.ts';
import { loadJob, reportOf, seenOf } from './job-report.ts';
import { filterOf, spanOf } from './task-filter-options.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { Job, JobAction, JobTarget } from '../../core/domain/job/job.ts';
import type { JobEstimate } from '../../core/flows/start-job.ts';
import type { JobPlan } from '../../core/flows/job-targets.ts';
import type { CommandContext } from '../add-command.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';
import type { FilterOptions, Moment, SpanOptions } from './task-filter-options.ts';

export interface BulkOptions {
  readonly dryRun?: true;
  readonly yes?: true;
  readonly reason?: string;
}

/** What a job is about, and how it is shown. */
interface AskedJob {
  readonly plan: JobPlan;
  readonly asked: Job['asked'];
}

const POLL_MS = SECOND_MS / 2;

export function addBulkOptions(command: Command): Command {
  return command.option('--dry-run', 'only counts what it would change').option('--yes', 'does it without asking');
}

export type TaskFilterOptions = FilterOptions & BulkOptions;

/** Whether the options name tasks by a filter, not by an account alone. */
export function namesTasks(options: FilterOptions): boolean {
  const { status, code, met, model, providerId, correlationId, from, since, to } = options;
  return [status, code, met, model, providerId, correlationId, from, since, to].some((one) => one !== undefined);
}

export async function runTaskJob(
  context: CommandContext,
  action: 'cancel' | 'retry',
  options: TaskFilterOptions,
): Promise<Report> {
  return runBulk(context, await askedTasks(context.ports, action, options), options);
}

/** Sends every delivery again that an endpoint was not given, as far as the relay gave it up. */
export async function runReplay(
  context: CommandContext,
  endpointId: string,
  options: SpanOptions & BulkOptions,
): Promise<Report> {
  const { ports } = context;
  const endpoint = await loadEndpoint(ports, endpointId);
  if (endpoint.disabled) {
    throw new CommandFailure(
      'The endpoint is disabled: nothing can be sent to it.',
      `First switch it on with \`${typed(`endpoints enable ${endpoint.id}`)}\`.`,
    );
  }
  const { fromMs, toMs } = spanOf(options);
  const target: JobTarget = {
    kind: 'deliveries',
    endpointId: endpoint.id,
    ownerId: endpoint.accountId,
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
  };
  const asked = { endpoint: endpoint.id, status: 'exhausted', ...askedSpan(options) };
  return runBulk(context, { plan: planOf(ports, 'replay', target), asked }, options);
}

function planOf({ clock }: CommandPorts, action: JobAction, target: JobTarget): JobPlan {
  // Not the customer's: it neither pays for it nor uses up what may run at once, and its keys cannot stop it.
  return { action, target, ids: [], createdAt: clock.now(), accountId: EVERY_ACCOUNT, isOperator: true };
}

/** @throws CommandFailure for a filter that names nothing, or only states that the action cannot change. */
async function askedTasks(
  ports: CommandPorts,
  action: 'cancel' | 'retry',
  options: TaskFilterOptions,
): Promise<AskedJob> {
  const { account, status } = options;
  if (!namesTasks(options)) {
    const advice = 'Add one or several of --status, --code, --met, --model, --since; --account narrows it further.';
    throw new CommandFailure('Nothing says which tasks are meant.', advice, exitCodes.usage);
  }
  const actable = actableStatuses[action].filter((one) => status === undefined || status.includes(one));
  if (actable.length === 0) {
    const advice = `Of the states, ${action} can change ${actableStatuses[action].join(', ')}.`;
    throw new CommandFailure('Those states leave nothing to do.', advice, exitCodes.usage);
  }
  const accountId = account === undefined ? undefined : (await accountOf(ports, account)).id;
  // Newest first, as the job reads them: its cursor belongs to that order.
  const { order: _newest, ...query } = filterOf(options, accountId);
  return {
    plan: planOf(ports, action, { kind: 'tasks', query: { ...query, status: actable } }),
    asked: askedFilter(options, accountId),
  };
}

/** Under the names of the API. */
function askedFilter(options: FilterOptions, accountId: string | undefined): Job['asked'] {
  const { status, code, met, model, providerId, correlationId } = options;
  const fields = {
    account: accountId ?? EVERY_ACCOUNT,
    status: status?.join(','),
    code,
    met,
    model: model?.modelPrefix === undefined ? model?.model : `${model.modelPrefix}*`,
    provider_id: providerId,
    correlation_id: correlationId,
    ...askedSpan(options),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function askedSpan({ from, since = from, to }: SpanOptions): { readonly from?: string; readonly to?: string } {
  const iso = ({ at }: Moment): string => new Date(at).toISOString();
  return { ...(since && { from: iso(since) }), ...(to && { to: iso(to) }) };
}

const verbs = { cancel: 'cancel', retry: 'put back', replay: 'send again' } as const satisfies Record<
  JobAction,
  string
>;

function countText({ action }: JobPlan, { tasks, isMore }: JobEstimate): string {
  const things = action === 'replay' ? 'deliveries' : 'tasks';
  const one = action === 'replay' ? 'delivery' : 'task';
  return `${isMore ? 'at least ' : ''}${tasks.toLocaleString('en')} ${tasks === 1 ? one : things}`;
}

async function runBulk(context: CommandContext, { plan, asked }: AskedJob, options: BulkOptions): Promise<Report> {
  const { terminal, ports: given } = context;
  const ports = { ...given, listing: given.store, webhooks: given.store, jobs: given.store };
  const estimate = await estimateJob(ports, plan);
  const { tasks, isMore, sample } = estimate;
  const text = `${verbs[plan.action]} ${countText(plan, estimate)}`;
  if (options.dryRun) {
    const value = { dry_run: true, action: plan.action, filter: asked, tasks, at_least: isMore, sample };
    const among = sample.length > 0 ? `, among them ${sample.join(', ')}` : '';
    return { value, text: `It would ${text}${among}.` };
  }
  if (!options.yes) await askFirst(context, text);
  else terminal.note(`About to ${text}.`);
  const { reason } = options;
  const actor = { kind: 'command-line', principal: principal() } as const;
  const start = async (): Promise<Job> => {
    const job = await startJob(ports, { plan, asked, actor, reason });
    if (job) return job;
    const advice = `Wait for one, or end one with \`${typed('jobs stop ID')}\`; \`${typed('jobs list')}\` shows them.`;
    throw new CommandFailure(`${limits.runningJobsMax} jobs of the command line run already.`, advice);
  };
  const act = { action: 'job.create', reason } as const;
  return untilInterrupted(async (signal) => {
    const job = await onRecord(given, act, start, ({ id }) => ({ target: id, accountId: ownerOf(plan) }));
    return follow(context, job, signal);
  });
}

/** The account whose things a job is about, as far as it is one. */
function ownerOf({ target, accountId }: JobPlan): string {
  if (target.kind === 'deliveries') return target.ownerId;
  return target.kind === 'tasks' ? (target.query.accountId ?? EVERY_ACCOUNT) : accountId;
}

/** @throws CommandFailure unless a person says yes. */
async function askFirst({ terminal }: CommandContext, text: string): Promise<void> {
  if (!terminal.isInteractive) {
    throw new CommandFailure(
      `This would ${text}.`,
      'Add --yes to do it, or --dry-run to only see it.',
      exitCodes.usage,
    );
  }
  const answer = await confirm({ message: `This will ${text}. Do it?`, initialValue: false });
  if (isCancel(answer) || !answer) throw new CommandFailure('Nothing was done.', 'Repeat the command to do it.');
}

/** Until the job is over, or the command is interrupted: the job goes on. */
async function follow({ ports, terminal }: CommandContext, started: Job, signal: AbortSignal): Promise<Report> {
  const stop = typed(`jobs stop ${started.id}`);
  terminal.note(colours.dim(`Job ${started.id}; \`${stop}\` stops it.`));
  const bar = terminal.progress(started.action, started.expected);
  let job = started;
  try {
    while (!isJobOver(job) && !signal.aborted) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      const found = await loadJob(ports, job.id);
      bar.advance(seenOf(found) - seenOf(job));
      job = found;
    }
  } finally {
    bar.stop();
  }
  if (!isJobOver(job)) {
    terminal.note(`The job goes on without this command. It is stopped by: ${stop}`);
    return { ...reportOf(job), exitCode: exitCodes.interrupted };
  }
  return { ...reportOf(job), ...(job.status === 'failed' && { exitCode: exitCodes.failed }) };
}
