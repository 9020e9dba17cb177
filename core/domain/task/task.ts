// What a task is: its states, its attempts, and what can be derived from it without deciding anything.
// decide.ts changes it; the store keeps it; core/http/public-task.ts shows it to clients.
import type { ErrorLevel } from '../error-catalogue.ts';
import type { TaskMoney } from '../money/charge.ts';
import type { KeepMode } from '../media/keep-mode.ts';
import type { QueueKey, Slot, SlotKind, Ticket } from './slot.ts';

export type TaskStatus =
  'queued' | 'waiting' | 'submitting' | 'in-doubt' | 'running' | 'backoff' | 'completed' | 'failed' | 'cancelled';

export const taskStatuses: readonly TaskStatus[] = [
  'queued',
  'waiting',
  'submitting',
  'in-doubt',
  'running',
  'backoff',
  'completed',
  'failed',
  'cancelled',
];

export type FinalStatus = 'completed' | 'failed' | 'cancelled';

/** One failure as named in the catalogue, with the text that Get3W (or the network) gave. */
export interface Failure {
  readonly level: ErrorLevel;
  readonly code: number | string;
  readonly text: string;
}

type AttemptState = 'submitting' | 'in-doubt' | 'running' | 'closed';

/** How an attempt was closed. `abandoned`: its hold ended without an outcome. */
export type AttemptOutcome = 'completed' | 'failed' | 'refused' | 'abandoned';

export interface Doubt {
  readonly failure: Failure;
  readonly since: number;
  /** How it ended: the task existed after all, it did not, it was submitted again, or given up. */
  readonly resolution?: 'found' | 'refused' | 'resubmitted' | 'given-up';
}

export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  readonly state: AttemptState;
  readonly startedAt: number;
  /** The first 128 bits (hex) of the SHA-256 of this attempt's callback token. */
  readonly callbackDigest: string;
  readonly circuitProbe: boolean;
  readonly accountProbe: boolean;
  /** Rank of its slot. */
  readonly rank: number;
  readonly acceptedAt?: number;
  /** Id of the task at Get3W, once known. */
  readonly upstreamId?: string;
  /** Get3W's estimate, a hint only. */
  readonly estimatedMs?: number;
  readonly endedAt?: number;
  readonly outcome?: AttemptOutcome;
  readonly failure?: Failure;
  /** Backoff given after this attempt. */
  readonly delayMs?: number;
  readonly doubt?: Doubt;
  /** Polls made for it, which space out the next one. */
  readonly polls: number;
  /** Set when it succeeded but the task ended with something else: probably paid for nothing. */
  readonly unusedSuccess?: boolean;
  /** Set when Get3W reported, after its hold had ended, that it failed: nothing is in doubt any more. */
  readonly isLateFailure?: true;
}

export interface Lease {
  readonly id: string;
  readonly until: number;
}

export interface TaskResult {
  /** A task code of the catalogue; null for a cancelled task. */
  readonly code: number | null;
  /** As Get3W returned them; null where it returned none. */
  readonly outputs: unknown;
  readonly error: string | null;
}

/** What wakes it at `dueAt`: a message already sent, so that the sweep is a repair, or the sweep itself, as planned. */
type DueBy = 'doorbell' | 'sweep';

export interface Due {
  readonly at: number;
  readonly by: DueBy;
}

/** An end whose event deliver has still to hand on to its receivers. */
export interface OpenEnd {
  /** Its number among the task's ends. */
  readonly end: number;
  /** When it was: the time of its event. */
  readonly at: number;
  /** When the sweep announces it again; absent before the first time, see open-ends.ts. */
  readonly announceAt?: number;
}

export interface Task {
  /** UUIDv7. */
  readonly id: string;
  readonly accountId: string;
  /** `vendor/model/task`. */
  readonly model: string;
  readonly gateId: string;
  readonly status: TaskStatus;
  /** Raised by one with each commit; every commit is conditional on it. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When Get3W first accepted an attempt; the attempt itself may have been dropped from the bounded list since. */
  readonly acceptedAt?: number;
  /** Forced end; an operator's retry sets a new one. */
  readonly deadlineAt: number;
  readonly endedAt?: number;
  /** Ends so far: more than one only after an operator's retry. Numbers the terminal events. */
  readonly ends: number;
  readonly priorityMs: number;
  /** The account's weight at submit, for the fair queue. */
  readonly weight: number;
  readonly webhookUrl?: string;
  /** Id of the call that submitted it; its client finds the call in the log by it. */
  readonly correlationId?: string;
  readonly inputBytes: number;
  /** The input itself, if it is short enough to be stored in the task's own row. */
  readonly input?: string;
  /** Names its input in the bucket, if it is too long for the table. */
  readonly inputId?: string;
  readonly attempts: readonly Attempt[];
  /** Attempts made in all, including those no longer kept. */
  readonly attemptCount: number;
  /** Failures that count against the policies, by error key. */
  readonly failures: Readonly<Record<string, number>>;
  readonly slot?: Slot;
  readonly ticket?: Ticket;
  readonly lease?: Lease;
  /** When the next attempt may start, for clients; only in `backoff`. */
  readonly nextAttemptAt?: number;
  readonly due?: Due;
  /** Ends whose events are not handed on yet, oldest first: these events are due with the task. */
  readonly openEnds?: readonly OpenEnd[];
  /**
   * When the sweep finds it next: at its next visit (its `due`, or an open end's) or before. A visit that is postponed
   * leaves this unchanged and so costs no write of the index; a sweep that finds the task too early sets it to the true
   * time.
   */
  readonly sweepAt?: number;
  readonly result?: TaskResult;
  /** Its price and whether its account has paid it; absent where the price table knew no price. */
  readonly money?: TaskMoney;
  /** Set while its account has no limit of unfinished tasks: then it moves no count of the account. */
  readonly isUncounted?: true;
  /** Whether its outputs are kept in the relay's bucket; absent for a task that keeps nothing. */
  readonly keep?: KeepMode;
}

export function isFinal(status: TaskStatus): status is FinalStatus {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** The newest attempt, open or closed. */
export function latestAttempt(task: Task): Attempt | undefined {
  return task.attempts.at(-1);
}

/** The attempt that Get3W may still be working on; there is at most one. */
export function openAttempt(task: Task): Attempt | undefined {
  const latest = latestAttempt(task);
  return latest === undefined || latest.state === 'closed' ? undefined : latest;
}

export function findAttempt(task: Task, number: number): Attempt | undefined {
  return task.attempts.find((attempt) => attempt.number === number);
}

export function slotKindOf(task: Task): SlotKind {
  return Object.keys(task.failures).length > 0 ? 'retry' : 'fresh';
}

/** The queue that a waiting task is in; undefined when it holds no ticket. */
export function queueKeyOf(task: Task): QueueKey | undefined {
  return task.ticket && { kind: task.ticket.kind, accountId: task.accountId, model: task.model };
}
