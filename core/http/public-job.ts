// A bulk job as clients see it: snake_case like the rest of the API, times in ISO 8601.
// Pure; the job's own fields are in domain/job/job.ts.
import { publicActor } from './public-audit.ts';
import type { Job } from '../domain/job/job.ts';
import type { PublicAuditEntry } from './public-audit.ts';

export interface PublicJob {
  readonly id: string;
  /** `cancel`, `retry` or `replay`. */
  readonly action: string;
  /** As it was asked for. */
  readonly filter: Readonly<Record<string, unknown>>;
  /** `running`, `stopping`, `stopped`, `done` or `failed`. */
  readonly status: string;
  /** Whose job it is; `*` for one of the command line over all accounts. */
  readonly account: string;
  readonly by: PublicAuditEntry['actor'];
  readonly reason: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly ended_at: string | null;
  /** Counted when it was made; at least that many where `expected_at_least`. */
  readonly expected: number;
  readonly expected_at_least: boolean;
  /** Of those, `done`, `skipped` and `failed` together. */
  readonly seen: number;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  /** How many were skipped, by why. */
  readonly skips: Readonly<Record<string, number>>;
  readonly last_error: string | null;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

export function publicJob(job: Job): PublicJob {
  const { done, skipped, failed } = job;
  return {
    id: job.id,
    action: job.action,
    filter: job.asked,
    status: job.status,
    account: job.accountId,
    by: publicActor(job.actor),
    reason: job.reason ?? null,
    created_at: iso(job.createdAt),
    updated_at: iso(job.updatedAt),
    ended_at: job.endedAt === undefined ? null : iso(job.endedAt),
    expected: job.expected,
    expected_at_least: job.isExpectedMore,
    seen: done + skipped + failed,
    done,
    skipped,
    failed,
    skips: job.skips,
    last_error: job.lastError ?? null,
  };
}
