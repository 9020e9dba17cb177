// A task as clients see it: Get3W's own object, plus what the relay knows of the attempts.
// Names use Get3W's spelling; times are ISO 8601. Pure.
import { shownMoney } from '../domain/money/shown-money.ts';
import { isFinal } from '../domain/task/task.ts';
import type { PublicKeptOutput } from './public-outputs.ts';
import type { ShownMoney } from '../domain/money/shown-money.ts';
import type { DamagedTask } from '../domain/task/damaged-task.ts';
import type { Wait } from '../domain/gate/why-waiting.ts';
import type { Attempt, Task, TaskStatus } from '../domain/task/task.ts';

type PublicStatus =
  | 'created'
  | 'processing'
  | 'completed'
  | 'failed'
  | 'cancelled'
  /** The relay's own record of the task is impossible, and an operator has to end it. */
  | 'damaged';

export interface PublicAttempt {
  /** 1 for the first. */
  readonly attempt: number;
  /** `submitting`, `in_doubt`, `running`, or how it ended: `completed`, `failed`, `refused`, `abandoned`. */
  readonly status: string;
  /** Id of the task at Get3W, once known. */
  readonly request_id: string | null;
  /** `http`, `task` or `transport`: where the error showed itself; null without an error. */
  readonly level: string | null;
  /** HTTP status, task code, or the name of the connection error; 0 for success, null while open. */
  readonly code: number | string | null;
  readonly error: string | null;
  readonly started_at: string;
  readonly accepted_at: string | null;
  readonly ended_at: string | null;
  /** Backoff after it, in milliseconds. */
  readonly delay_ms: number | null;
  /** Present when its answer was lost: why, since when, and how the doubt ended. */
  readonly doubt?: { readonly reason: string; readonly since: string; readonly resolution: string | null };
  /** True when it succeeded but the task ended with something else. */
  readonly unused_success?: true;
}

export interface PublicTask {
  /** Whose it is; only in answers to operators. */
  readonly account?: string;
  readonly id: string;
  readonly model: string;
  readonly status: PublicStatus;
  readonly code: number | null;
  readonly outputs: unknown;
  readonly error: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly completed_at: string | null;
  readonly next_attempt_at: string | null;
  /** What the relay is doing with it, finer than `status`. */
  readonly phase: TaskStatus | 'damaged';
  /** Its price and what has become of it; null where the price table knew no price. */
  readonly money: ShownMoney | null;
  readonly attempts: readonly PublicAttempt[];
  /** Of the call that submitted it; only where the task is read, not in events. */
  readonly correlation_id?: string | null;
  /** Why it is not at Get3W just now; null where it waits for nothing of the relay's. Only where it is asked for. */
  readonly waits?: PublicWait | null;
  /** What its submit said, and until when it may take. Only where it is asked for: the input may be another read. */
  readonly details?: PublicTaskDetails;
  /** Present once a task that keeps its outputs has completed. */
  readonly kept_outputs?: readonly PublicKeptOutput[];
}

export interface PublicTaskDetails {
  /** As its client sent it; null where `input_state` says why. */
  readonly input: unknown;
  /** `too_long` to be shown, or `gone` from the store. */
  readonly input_state: 'shown' | 'too_long' | 'gone';
  readonly input_bytes: number;
  /** Forced end. */
  readonly deadline_at: string;
  /** By how much it jumps ahead in its account's queue. */
  readonly priority_seconds: number;
  /** Of the call that submitted it; the log names it. */
  readonly correlation_id: string | null;
  /** The `?webhook=` of its submit. */
  readonly webhook: string | null;
}

export interface PublicWait {
  readonly reason: string;
  /** When it goes on or is tried next; null where that depends on others. */
  readonly until: string | null;
  /** The whole reason as a sentence. */
  readonly text: string;
}

/** A wait as `waits` of its task. */
export function publicWait(wait: Wait | undefined): PublicWait | null {
  return wait ? { reason: wait.reason.replaceAll('-', '_'), until: isoOrNull(wait.until), text: wait.text } : null;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : iso(at);
}

/** `created` until Get3W first accepted an attempt, `processing` from then on. */
export function publicStatus(task: Task): PublicStatus {
  if (isFinal(task.status)) return task.status;
  return task.acceptedAt === undefined ? 'created' : 'processing';
}

export function publicTask(task: Task): PublicTask {
  return {
    id: task.id,
    model: task.model,
    status: publicStatus(task),
    code: task.result?.code ?? null,
    outputs: task.result?.outputs ?? null,
    error: task.result?.error ?? null,
    created_at: iso(task.createdAt),
    updated_at: iso(task.updatedAt),
    completed_at: isoOrNull(task.endedAt),
    next_attempt_at: isoOrNull(task.nextAttemptAt),
    phase: task.status,
    money: task.money ? shownMoney(task.money) : null,
    attempts: task.attempts.map(publicAttempt),
  };
}

/** The task as the calls show it that read it. */
export function taskAsRead(task: Task): PublicTask {
  return { ...publicTask(task), correlation_id: task.correlationId ?? null };
}

/** An impossible row, as lists show it: its id and model, and what is wrong; the rest of it cannot be trusted. */
export function publicDamagedTask({ id, model, broken, stored }: DamagedTask): PublicTask {
  return {
    id,
    model,
    status: 'damaged',
    code: null,
    outputs: null,
    error: `The record of this task is damaged: ${broken.join('; ')}`,
    created_at: iso(stored.createdAt),
    updated_at: iso(stored.updatedAt),
    completed_at: null,
    next_attempt_at: null,
    phase: 'damaged',
    money: null,
    attempts: [],
  };
}

function publicAttempt(attempt: Attempt): PublicAttempt {
  return {
    attempt: attempt.number,
    status: attemptStatus(attempt),
    request_id: attempt.upstreamId ?? null,
    ...attemptError(attempt),
    started_at: iso(attempt.startedAt),
    accepted_at: isoOrNull(attempt.acceptedAt),
    ended_at: isoOrNull(attempt.endedAt),
    delay_ms: attempt.delayMs ?? null,
    ...(attempt.doubt && {
      doubt: {
        reason: attempt.doubt.failure.text,
        since: iso(attempt.doubt.since),
        resolution: attempt.doubt.resolution ?? null,
      },
    }),
    ...(attempt.unusedSuccess && { unused_success: true as const }),
  };
}

function attemptStatus({ state, outcome }: Attempt): string {
  if (state === 'closed') return outcome ?? 'abandoned';
  return state === 'in-doubt' ? 'in_doubt' : state;
}

function attemptError({ outcome, failure, doubt }: Attempt): Pick<PublicAttempt, 'level' | 'code' | 'error'> {
  if (outcome === 'completed') return { level: null, code: 0, error: null };
  const met = failure ?? doubt?.failure;
  return met ? { level: met.level, code: met.code, error: met.text } : { level: null, code: null, error: null };
}
