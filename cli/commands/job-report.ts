// A bulk job as the command line shows it, and how it is found by its id.
// bulk-jobs.ts makes jobs, job-commands.ts lists, shows and stops them.
import { publicJob } from '../../core/http/public-job.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { factsText, timeText } from '../terminal.ts';
import { typed } from '../typed-command.ts';
import type { Job } from '../../core/domain/job/job.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

/** Of what it is about, how much it has been through. */
export function seenOf({ done, skipped, failed }: Job): number {
  return done + skipped + failed;
}

/** @throws CommandFailure when there is none. */
export async function loadJob({ store }: CommandPorts, jobId: string): Promise<Job> {
  const job = await store.loadJob(jobId);
  if (job) return job;
  throw new CommandFailure(
    `There is no job ${jobId}.`,
    `\`${typed('jobs list')}\` shows those of the last 30 days.`,
    exitCodes.notFound,
  );
}

export function jobCountText(job: Job): string {
  return `${seenOf(job)} of ${job.expected}${job.isExpectedMore ? '+' : ''}`;
}

export function reportOf(job: Job): Report {
  const skips = Object.entries(job.skips).map(([why, count]) => `${count} ${why}`);
  const text = factsText({
    Job: job.id,
    Action: job.action,
    Filter: JSON.stringify(job.asked),
    State: job.status,
    Made: timeText(job.createdAt),
    Ended: timeText(job.endedAt),
    Seen: jobCountText(job),
    Done: String(job.done),
    Skipped: skips.length > 0 ? `${job.skipped}: ${skips.join(', ')}` : String(job.skipped),
    Failed: String(job.failed),
    'Last error': job.lastError,
    Reason: job.reason,
  });
  return { value: publicJob(job), text };
}
