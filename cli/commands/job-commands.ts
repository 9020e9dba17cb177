// `relay jobs`: cancels, retries or replays in bulk whatever a filter matches, and lists, shows and stops the jobs that do it.
// bulk-jobs.ts makes and follows them, the relay works them off.
import colours from 'picocolors';
import { limits } from '../../core/domain/limits.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { ringForJob, stopJob } from '../../core/flows/start-job.ts';
import { publicJob } from '../../core/http/public-job.ts';
import { addCommand, runAs, withReason } from '../add-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { readWholeNumber } from '../read-options.ts';
import { shortened, tableText, timeText } from '../terminal.ts';
import { accountOf } from './account-of.ts';
import { addBulkOptions, runReplay, runTaskJob } from './bulk-jobs.ts';
import { jobCountText, loadJob, reportOf } from './job-report.ts';
import { addSpan, addTaskFilter } from './task-filter-options.ts';
import { continued } from '../typed-command.ts';
import type { Command } from 'commander';
import type { JobPage } from '../../core/ports/job-store.ts';
import type { CommandContext } from '../add-command.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';
import type { BulkOptions, TaskFilterOptions } from './bulk-jobs.ts';
import type { SpanOptions } from './task-filter-options.ts';

interface ListOptions {
  readonly account?: string;
  readonly limit: number;
  readonly cursor?: string;
}

type ReplayOptions = SpanOptions & BulkOptions & { readonly endpoint: string };

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
    jobCountText(job),
    shortened(JSON.stringify(job.asked), 60),
  ]);
  const table = tableText(['Job', 'Made', 'Account', 'Action', 'State', 'Seen', 'Filter'], rows, 'There are no jobs.');
  const more = page.cursor === undefined ? '' : `\n\n${colours.dim(`More: ${continued(page.cursor)}`)}`;
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

function addBulk(jobs: Command, action: 'cancel' | 'retry', description: string, examples: readonly string[]): void {
  const command = withReason(addCommand(jobs, action, description, examples));
  runAs<TaskFilterOptions>(addBulkOptions(addTaskFilter(command)), (context, _args, options) =>
    runTaskJob(context, action, options),
  );
}

function addReplay(jobs: Command): void {
  const command = withReason(
    addCommand(jobs, 'replay', 'Sends all webhooks again that the relay gave up on an endpoint.', [
      'jobs replay --endpoint we_01983f4e-… --since 24h --dry-run',
      'jobs replay --endpoint we_01983f4e-… --yes --reason "the receiver is back"',
    ]),
  ).requiredOption('--endpoint <endpoint>', 'whose deliveries are sent again');
  runAs<ReplayOptions>(addBulkOptions(addSpan(command)), (context, _args, options) =>
    runReplay(context, options.endpoint, options),
  );
}

export function addJobCommands(program: Command): void {
  const jobs = program.command('jobs').description('cancel, retry and replay in bulk; the relay works the jobs off');
  addBulk(jobs, 'cancel', 'Cancels all unfinished tasks that match.', [
    'jobs cancel --status waiting --model demo/image-1/text-to-image --dry-run',
    'jobs cancel --model \'demo/*\' --since 2h --yes --reason "the model is dead"',
  ]);
  addBulk(jobs, 'retry', 'Puts all failed tasks that match back; each is charged like a new one.', [
    'jobs retry --code 5003 --account studio --dry-run',
    'jobs retry --met 429 --from 2026-11-01T12:00:00Z --to 2026-11-01T13:00:00Z --yes',
  ]);
  addReplay(jobs);
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
