// `relay jobs`: cancels or retries in bulk whatever a filter matches, and lists, shows and stops the jobs that do it. The
// relay works a job off; the command only follows it, and may be ended without ending the job.
import colours from 'picocolors';
import { EVERY_ACCOUNT, isJobOver } from '../../core/domain/job/job.ts';
import { limits } from '../../core/domain/limits.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { SECOND_MS } from '../../core/domain/time-ms.ts';
import { taskStatuses } from '../../core/domain/task/task.ts';
import { actableStatuses, estimateJob, ringForJob, startJob, stopJob } from '../../core/flows/start-job.ts';
import { publicJob } from '../../core/http/public-job.ts';
import { addCommand, runAs, withReason } from '../add-command.ts';
import { onRecord } from '../audited-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { principal } from '../principal.ts';
import { readWholeNumber, someOf } from '../read-options.ts';
import { factsText, shortened, tableText, timeText } from '../terminal.ts';
import { accountOf } from './account-of.ts';
import type { Command } from 'commander';
import type { Job } from '../../core/domain/job/job.ts';
import type { TaskStatus } from '../../core/domain/task/task.ts';
import type { JobPlan } from '../../core/flows/job-targets.ts';
import type { JobPage } from '../../core/ports/job-store.ts';
import type { CommandContext } from '../add-command.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

type BulkAction = 'cancel' | 'retry';

interface BulkOptions {
  readonly account?: string;
  readonly status?: readonly TaskStatus[];
  readonly code?: number;
  readonly model?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly reason?: string;
}

interface ListOptions {
  readonly account?: string;
  readonly limit: number;
  readonly cursor?: string;
}

const POLL_MS = SECOND_MS / 2;

/** @throws CommandFailure for a filter that names nothing, or only states that the action cannot change. */
async function planOf(ports: CommandPorts, action: BulkAction, options: BulkOptions): Promise<JobPlan> {
  const { account, status, code, model } = options;
  if (status === undefined && code === undefined && model === undefined) {
    const advice = 'Add one or several of --status, --code, --model; --account narrows it further.';
    throw new CommandFailure('Nothing says which tasks are meant.', advice, exitCodes.usage);
  }
  const actable = actableStatuses[action].filter((one) => status === undefined || status.includes(one));
  if (actable.length === 0) {
    const advice = `Of the states, ${action} can change ${actableStatuses[action].join(', ')}.`;
    throw new CommandFailure('Those states leave nothing to do.', advice, exitCodes.usage);
  }
  const accountId = account === undefined ? undefined : (await accountOf(ports, account)).id;
  return {
    action,
    target: { kind: 'tasks', query: { accountId, status: actable, code, model } },
    ids: [],
    createdAt: ports.clock.now(),
    // Not the customer's: it neither pays for it nor uses up what may run at once, and its keys cannot stop it.
    accountId: EVERY_ACCOUNT,
    isOperator: true,
  };
}

function askedOf({ account = EVERY_ACCOUNT, status, code, model }: BulkOptions): Job['asked'] {
  return {
    account,
    ...(status && { status: status.join(',') }),
    ...(code !== undefined && { code }),
    ...(model !== undefined && { model }),
  };
}

async function runBulk(context: CommandContext, action: BulkAction, options: BulkOptions): Promise<Report> {
  const store = { ...context.ports, listing: context.ports.store, webhooks: context.ports.store };
  const ports = { ...store, jobs: context.ports.store };
  const plan = await planOf(context.ports, action, options);
  const { tasks, isMore, sample } = await estimateJob(ports, plan);
  const count = `${isMore ? 'at least ' : ''}${tasks} tasks`;
  if (options.dryRun) {
    const value = { dry_run: true, action, filter: askedOf(options), tasks, at_least: isMore, sample };
    return {
      value,
      text: `It would ${action} ${count}${sample.length > 0 ? `, among them ${sample.join(', ')}` : ''}.`,
    };
  }
  if (!options.yes) {
    throw new CommandFailure(
      `This would ${action} ${count}.`,
      'Add --yes to do it, or --dry-run to only see it.',
      exitCodes.usage,
    );
  }
  const { reason } = options;
  const actor = { kind: 'command-line', principal: principal() } as const;
  const start = async (): Promise<Job> => {
    const job = await startJob(ports, { plan, asked: askedOf(options), actor, reason });
    if (job) return job;
    const advice = 'Wait for one, or end one with `jobs stop`; `jobs list` shows them.';
    throw new CommandFailure(`${limits.runningJobsMax} jobs of the account run already.`, advice);
  };
  const act = { action: 'job.create', reason } as const;
  const job = await onRecord(context.ports, act, start, ({ id, accountId }) => ({ target: id, accountId }));
  return follow(context, job);
}

/** Until the job is over. Ending the command leaves the job running. */
async function follow({ ports, terminal }: CommandContext, started: Job): Promise<Report> {
  terminal.note(colours.dim(`Job ${started.id}; \`jobs stop ${started.id}\` stops it.`));
  const bar = terminal.progress(started.action, started.expected);
  let job = started;
  try {
    while (!isJobOver(job)) {
      await ports.clock.sleep(POLL_MS);
      const found = await loadJob(ports, job.id);
      bar.advance(seenOf(found) - seenOf(job));
      job = found;
    }
  } finally {
    bar.stop();
  }
  return { ...reportOf(job), ...(job.status === 'failed' && { exitCode: exitCodes.failed }) };
}

function seenOf({ done, skipped, failed }: Job): number {
  return done + skipped + failed;
}

async function loadJob({ store }: CommandPorts, jobId: string): Promise<Job> {
  const job = await store.loadJob(jobId);
  if (job) return job;
  throw new CommandFailure(
    `There is no job ${jobId}.`,
    '`jobs list` shows those of the last 30 days.',
    exitCodes.notFound,
  );
}

function countsText(job: Job): string {
  return `${seenOf(job)} of ${job.expected}${job.isExpectedMore ? '+' : ''}`;
}

function reportOf(job: Job): Report {
  const skips = Object.entries(job.skips).map(([why, count]) => `${count} ${why}`);
  const text = factsText({
    Job: job.id,
    Action: job.action,
    Filter: JSON.stringify(job.asked),
    State: job.status,
    Made: timeText(job.createdAt),
    Ended: timeText(job.endedAt),
    Seen: countsText(job),
    Done: String(job.done),
    Skipped: skips.length > 0 ? `${job.skipped}: ${skips.join(', ')}` : String(job.skipped),
    Failed: String(job.failed),
    'Last error': job.lastError,
    Reason: job.reason,
  });
  return { value: publicJob(job), text };
}

async function listJobs({ ports }: CommandContext, options: ListOptions): Promise<Report> {
  const { account, limit, cursor } = options;
  const accountId = account === undefined ? undefined : (await accountOf(ports, account)).id;
  const page = await pageOf(ports, { accountId, limit, cursor });
  const rows = page.jobs.map((job) => [
    job.id,
    timeText(job.createdAt),
    shortened(job.accountId, 16),
    job.action,
    job.status,
    countsText(job),
    shortened(JSON.stringify(job.asked), 60),
  ]);
  const table = tableText(['Job', 'Made', 'Account', 'Action', 'State', 'Seen', 'Filter'], rows, 'There are no jobs.');
  const more = page.cursor === undefined ? '' : `\n\n${colours.dim(`More: --cursor ${page.cursor}`)}`;
  return { value: { data: page.jobs.map(publicJob), next_cursor: page.cursor ?? null }, text: table + more };
}

/** @throws CommandFailure for a cursor of another list. */
async function pageOf(
  { store }: CommandPorts,
  query: Parameters<CommandPorts['store']['listJobs']>[0],
): Promise<JobPage> {
  try {
    return await store.listJobs(query);
  } catch (error) {
    if (!(error instanceof RelayError && error.code === 'bad-cursor')) throw error;
    throw new CommandFailure('The cursor is not one of this list.', 'Begin without --cursor.', exitCodes.usage);
  }
}

async function stop({ ports }: CommandContext, jobId: string): Promise<Report> {
  const stopped = await stopJob({ jobs: ports.store, clock: ports.clock }, await loadJob(ports, jobId));
  if (!stopped) throw new CommandFailure('The job is being changed by others.', 'Try again.');
  if (stopped.status === 'stopping') await ringForJob(ports, stopped, 0);
  return reportOf(stopped);
}

function addBulk(jobs: Command, action: BulkAction, description: string, examples: readonly string[]): void {
  const command = withReason(addCommand(jobs, action, description, examples))
    .option('--account <account>', 'of this account only; id or name')
    .option('--status <states>', `one or several of ${taskStatuses.join(', ')}`, someOf(taskStatuses))
    .option('--code <code>', 'task code of the result', readWholeNumber(0, 99_999))
    .option('--model <model>', 'vendor/model/task')
    .option('--dry-run', 'only counts what it would change')
    .option('--yes', 'does it');
  runAs<BulkOptions>(command, (context, _args, options) => runBulk(context, action, options));
}

export function addJobCommands(program: Command): void {
  const jobs = program.command('jobs').description('cancel and retry in bulk; the relay works the jobs off');
  addBulk(jobs, 'cancel', 'Cancels all unfinished tasks that match.', [
    'jobs cancel --status waiting --model demo/image-1/text-to-image --dry-run',
    'jobs cancel --status waiting --model demo/image-1/text-to-image --yes --reason "the model is dead"',
  ]);
  addBulk(jobs, 'retry', 'Puts all failed tasks that match back; each is charged like a new one.', [
    'jobs retry --code 5003 --account studio --dry-run',
    'jobs retry --code 5003 --yes',
  ]);
  runAs<ListOptions>(
    addCommand(jobs, 'list', 'Lists bulk jobs, newest first.', ['jobs list', 'jobs list --account studio --json'])
      .option('--account <account>', 'of this account only; id or name')
      .option('--limit <number>', 'how many', readWholeNumber(1, limits.pageSizeMax), limits.pageSizeDefault)
      .option('--cursor <cursor>', 'where an earlier page ended'),
    (context, _args, options) => listJobs(context, options),
  );
  runAs(
    addCommand(jobs, 'show <job>', 'Shows a job and how far it is.', ['jobs show job_01983f4e-…']),
    async ({ ports }, [jobId = '']) => reportOf(await loadJob(ports, jobId)),
  );
  runAs(
    withReason(
      addCommand(jobs, 'stop <job>', 'Stops a job; what it has done is not undone.', ['jobs stop job_01983f4e-…']),
    ),
    (context, [jobId = '']) => stop(context, jobId),
    'job.stop',
  );
}
