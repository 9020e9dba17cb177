// A bulk job: one act on every task, or every failed delivery, that a filter names. Pure: what a job is and how it moves;
// flows/start-job.ts makes one, functions/api/run-job.ts works it off in steps.
import type { AuditActor } from '../audit-entry.ts';
import type { TaskStatus } from '../task/task.ts';

export const jobActions = ['cancel', 'retry', 'replay'] as const;
export type JobAction = (typeof jobActions)[number];

export const jobStatuses = ['running', 'stopping', 'stopped', 'done', 'failed'] as const;
type JobStatus = (typeof jobStatuses)[number];

/** The filter of a list of tasks, without its page. */
export interface JobQuery {
  /** Undefined for all accounts. */
  readonly accountId?: string | undefined;
  readonly status?: readonly TaskStatus[] | undefined;
  readonly code?: number | undefined;
  readonly model?: string | undefined;
  readonly modelPrefix?: string | undefined;
  readonly met?: readonly string[] | undefined;
  readonly correlationId?: string | undefined;
  readonly upstreamId?: string | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

export type JobTarget =
  | {
      readonly kind: 'tasks';
      readonly query: JobQuery;
      /** Of unfinished tasks, only those that Get3W has or has not yet accepted: the index does not know. */
      readonly shownStatus?: 'created' | 'processing';
    }
  /** The ids are kept beside the job. */
  | { readonly kind: 'ids' }
  | {
      readonly kind: 'deliveries';
      readonly endpointId: string;
      /** Whose the endpoint is. */
      readonly ownerId: string;
      readonly fromMs?: number;
      readonly toMs?: number;
    };

/** In place of an account: a job of the command line belongs to none, and is over those that its filter names. */
export const EVERY_ACCOUNT = '*';

export interface Job {
  /** `job_` and a UUIDv7. */
  readonly id: string;
  /** Whose job it is; `*` for one of the command line. */
  readonly accountId: string;
  /** Whether it may touch what is another account's. */
  readonly isOperator: boolean;
  readonly action: JobAction;
  readonly target: JobTarget;
  /** The filter as it was asked for, to be shown. */
  readonly asked: Readonly<Record<string, unknown>>;
  readonly actor: AuditActor;
  readonly reason?: string;
  readonly status: JobStatus;
  /** Only what was made before then is touched. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly endedAt?: number;
  /** How many matched when it was made, and whether counting stopped there. */
  readonly expected: number;
  readonly isExpectedMore: boolean;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  /** How many were skipped, by why. */
  readonly skips: Readonly<Record<string, number>>;
  readonly lastError?: string;
  /** Where the list goes on; of ids, how many were taken. */
  readonly cursor?: string;
  /** Whether the list is read to its end. */
  readonly isRead?: boolean;
  /** Written before they are acted on, so that a later run knows what a run that died may have done already. */
  readonly batch?: readonly string[];
  /** Saves of its runs, by which a run knows a save of its own whose answer was lost. */
  readonly saves?: number;
  /** Steps in a row that a fault ended. */
  readonly faults?: number;
  /** Steps in a row that could do nothing, because the account had no room. */
  readonly waits?: number;
  /** Who works on it, and until when no other run does. */
  readonly lease?: { readonly holderId: string; readonly until: number };
  readonly due?: { readonly at: number; readonly by: 'doorbell' | 'sweep' };
  readonly version: number;
}

export function isJobOver({ status }: Pick<Job, 'status'>): boolean {
  return status === 'done' || status === 'stopped' || status === 'failed';
}

/** What became of one task or delivery. */
export type JobOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'skipped'; readonly why: string }
  | { readonly kind: 'failed'; readonly error: string };

/** Different reasons that are told apart: texts of refusals are few, but nothing bounds them. */
const SKIPS_MAX = 20;

/** The job with these outcomes counted. */
export function tallied<Counted extends Pick<Job, 'done' | 'skipped' | 'failed' | 'skips' | 'lastError'>>(
  job: Counted,
  outcomes: readonly JobOutcome[],
): Counted {
  const skips: Record<string, number> = { ...job.skips };
  let { done, skipped, failed, lastError } = job;
  for (const outcome of outcomes) {
    if (outcome.kind === 'done') done += 1;
    else if (outcome.kind === 'failed') {
      failed += 1;
      lastError = outcome.error;
    } else {
      skipped += 1;
      const isKnown = skips[outcome.why] !== undefined || Object.keys(skips).length < SKIPS_MAX;
      const why = isKnown ? outcome.why : 'other';
      skips[why] = (skips[why] ?? 0) + 1;
    }
  }
  return { ...job, done, skipped, failed, skips, ...(lastError !== undefined && { lastError }) };
}

/** The job at its end: nothing is left that a function must do. */
export function ended(job: Job, status: 'done' | 'stopped' | 'failed', now: number): Job {
  const { lease: _lease, due: _due, batch: _batch, cursor: _cursor, ...rest } = job;
  return { ...rest, status, endedAt: now, updatedAt: now };
}
