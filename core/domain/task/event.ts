// What can happen to a task, in the past tense, and what decide asks the flows to do about it, in the imperative.
// A new event without an arm in decide.ts breaks the build.
import type { Failure, Task } from './task.ts';
import type { Slot } from './slot.ts';

/** What Get3W reports about an attempt that has ended. */
export type ReportedOutcome =
  { readonly kind: 'succeeded'; readonly outputs: unknown } | { readonly kind: 'failed'; readonly failure: Failure };

export type TaskEvent =
  /** The gate let a task that is ready for dispatch pass: it is claimed and its POST follows. */
  | {
      readonly type: 'claimed';
      /** The attempt that the callback token names: the task may have had it since the claim was prepared. */
      readonly attempt: number;
      readonly leaseId: string;
      readonly callbackDigest: string;
      /** Absent when the task already holds a slot, granted while it waited. */
      readonly slot?: Slot;
    }
  /** There was no slot: the task takes a ticket. */
  | { readonly type: 'slot-denied' }
  /** A slot became free for a waiting task. */
  | { readonly type: 'slot-granted'; readonly slot: Slot }
  /** Dispatch found the gate paused after the slot had been granted, or claimed under this lease; nothing was sent. */
  | { readonly type: 'slot-returned'; readonly leaseId?: string }
  /** Get3W answered the POST of an attempt with an id. */
  | {
      readonly type: 'accepted';
      readonly attempt: number;
      readonly upstreamId: string;
      readonly estimatedMs?: number | undefined;
    }
  /** Get3W refused the POST: no task was created. */
  | {
      readonly type: 'refused';
      readonly attempt: number;
      readonly failure: Failure;
      readonly retryAfterMs?: number | undefined;
    }
  /** The answer was lost or was not Get3W's own: a task may have been created. */
  | { readonly type: 'doubted'; readonly attempt: number; readonly failure: Failure }
  /** An attempt has ended, according to a callback or a poll. */
  | {
      readonly type: 'outcome-reported';
      readonly attempt: number;
      readonly upstreamId?: string | undefined;
      readonly outcome: ReportedOutcome;
    }
  /** A poll found the attempt still at work, or failed. `poll`: the polls made before this one. */
  | { readonly type: 'poll-inconclusive'; readonly attempt: number; readonly poll: number }
  /** Its `due.at` has passed; sent by a doorbell or by the sweep. */
  | { readonly type: 'due-passed' }
  | { readonly type: 'cancel-requested' }
  /** The event of one of its ends has reached each of its receivers, or is queued in their lanes. */
  | { readonly type: 'end-handed-on'; readonly end: number }
  /** An operator, or the client itself, puts a failed task back. */
  | {
      readonly type: 'retry-requested';
      /** Whether the account has a limit of unfinished tasks, so that it counts this one from now on. */
      readonly isCounted: boolean;
      /** What is reserved again for an account with a balance or budget, unless the task still holds its price. */
      readonly reserve?: { readonly priceMicros: number; readonly day: number } | undefined;
    };

export type TaskEventType = TaskEvent['type'];

export type Effect =
  /** Send a doorbell to a stage's queue. */
  | {
      readonly type: 'send-dispatch-doorbell';
      readonly taskId: string;
      readonly attempt: number;
      readonly delayMs: number;
    }
  | {
      readonly type: 'send-settle-doorbell';
      readonly taskId: string;
      readonly attempt: number;
      /** The polls made so far: a doorbell is good for one poll, however often it is delivered. */
      readonly poll: number;
      readonly delayMs: number;
    }
  /** A slot became free or the queue changed: check whether a waiting task can go on. */
  | { readonly type: 'allocate-slots'; readonly gateId: string }
  /** The end was recorded: notify the clients that wait for it. */
  | { readonly type: 'announce-end'; readonly taskId: string; readonly end: number; readonly at: number }
  /** Its outputs are to be kept. */
  | { readonly type: 'send-keep-doorbell'; readonly taskId: string };

/** Why an event changed nothing. Each is normal in a system of duplicated and late messages. */
export type Refusal =
  | 'already-ended'
  | 'not-ended'
  | 'not-open'
  | 'not-failed'
  | 'not-due'
  | 'not-waiting'
  | 'not-claimable'
  | 'stale-attempt'
  | 'unknown-attempt'
  | 'foreign-upstream-id'
  | 'duplicate-outcome'
  | 'no-slot';

export type Decision =
  | { readonly kind: 'changed'; readonly task: Task; readonly effects: readonly Effect[] }
  | { readonly kind: 'refused'; readonly reason: Refusal };
