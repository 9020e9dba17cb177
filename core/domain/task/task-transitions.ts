// The transitions that decide is made of: end a task, back it off, schedule it, open and close its attempts.
// Each takes a task and returns a new one; decide chooses which of them an event needs.
import { limits } from '../limits.ts';
import { backoffDelayMs, retryPolicyFor } from './backoff.ts';
import { errorKey, findError, taskCodes } from '../error-catalogue.ts';
import { openAttempt } from './task.ts';
import { hasOutputsToKeep, holdsEvent } from '../media/keep-mode.ts';
import { withOpenEnd } from './open-ends.ts';
import type { Attempt, AttemptOutcome, Due, Failure, FinalStatus, Task, TaskResult } from './task.ts';
import type { Effect } from './event.ts';
import type { TaskSettings } from './task-settings.ts';

export interface DecideContext {
  readonly now: number;
  /** Uniform in [0, 1); asked at most once per decision. */
  readonly random: () => number;
  readonly settings: TaskSettings;
}

/** A task on its way through one decision, with the effects gathered so far. */
export interface Transition {
  readonly task: Task;
  readonly effects: readonly Effect[];
}

type Optional = { [Key in keyof Task]-?: undefined extends Task[Key] ? Key : never }[keyof Task];

/** Removes keys instead of setting them to undefined, so that an item never stores an absent value. */
export function without(task: Task, ...keys: readonly Optional[]): Task {
  const copy: { -readonly [Key in keyof Task]: Task[Key] } = { ...task };
  for (const key of keys) delete copy[key];
  return copy;
}

/** No schedule may miss the deadline: whatever is planned later is moved forward to it, and left to the sweep. */
export function withDue(task: Task, due: Due): Task {
  return {
    ...task,
    due: due.at <= task.deadlineAt ? due : { at: task.deadlineAt, by: 'sweep' },
  };
}

export function replaceAttempt(task: Task, changed: Attempt): Task {
  return {
    ...task,
    attempts: task.attempts.map((attempt) => (attempt.number === changed.number ? changed : attempt)),
  };
}

export function releaseSlot(task: Task): Task {
  return without(task, 'slot');
}

export function acceptedNow(task: Task, now: number): Task {
  return { ...task, acceptedAt: task.acceptedAt ?? now };
}

/** As if its latest attempt had not been claimed: no POST was made under its lease, and none will be. */
export function unclaimed(task: Task): Task {
  const { attempts, attemptCount } = task;
  return { ...without(task, 'lease'), attempts: attempts.slice(0, -1), attemptCount: attemptCount - 1 };
}

interface CloseInput {
  readonly outcome: AttemptOutcome;
  readonly failure?: Failure | undefined;
  readonly now: number;
}

/** Closes an attempt and gives its slot back; the task's own status is left to the caller. */
export function closeAttempt(task: Task, attempt: Attempt, { outcome, failure, now }: CloseInput): Task {
  // Only polls of an open attempt use the estimate.
  const { estimatedMs: _, ...open } = attempt;
  return releaseSlot(
    without(
      replaceAttempt(task, { ...open, state: 'closed', outcome, endedAt: now, ...(failure && { failure }) }),
      'lease',
    ),
  );
}

/** Delay before the next poll of an attempt, longer with each poll made so far. */
export function pollDelayMs(attempt: Attempt, settings: TaskSettings): number {
  const estimateMs = attempt.estimatedMs ?? settings.pollMinMs;
  // Without callbacks the poll is the only way to the outcome, so it starts before the estimate; else it is a fallback.
  const firstMs = settings.callbacks
    ? Math.max(settings.pollMinMs, estimateMs * settings.pollFactor)
    : Math.max(1_000, estimateMs * 0.6);
  const growth = settings.callbacks ? 1.5 : 1.2;
  return Math.round(Math.min(settings.pollMaxMs, firstMs * growth ** Math.min(attempt.polls, 40)));
}

/** Sets when a running attempt is polled next. */
export function schedulePoll(task: Task, attempt: Attempt, { now, settings }: DecideContext): Transition {
  const delayMs = pollDelayMs(attempt, settings);
  const holdUntil = isEnded(task) ? (task.endedAt ?? now) + settings.orphanHoldMs : task.deadlineAt;
  if (settings.callbacks || delayMs > limits.doorbellDelayMsMax || isEnded(task)) {
    return { task: { ...task, due: { at: Math.min(now + delayMs, holdUntil), by: 'sweep' } }, effects: [] };
  }
  const doorbell: Effect = {
    type: 'send-settle-doorbell',
    taskId: task.id,
    attempt: attempt.number,
    poll: attempt.polls,
    delayMs,
  };
  return { task: withDue(task, { at: now + delayMs + settings.graceMs, by: 'doorbell' }), effects: [doorbell] };
}

function isEnded(task: Task): boolean {
  return task.endedAt !== undefined;
}

/** The last attempt of an ended task is over: nothing is left to check. */
export function settleOrphan(task: Task): Transition {
  return { task: without(task, 'due'), effects: [] };
}

/**
 * Ends a task. An attempt that Get3W may still be working on keeps its slot, and the task its `due`, until that
 * attempt is over too: freeing the slot now would let the gate submit more than Get3W has room for.
 */
export function endTask(task: Task, status: FinalStatus, result: TaskResult, context: DecideContext): Transition {
  const { now } = context;
  const open = openAttempt(task);
  const ended = withOpenEnd(
    {
      ...without(task, 'ticket', 'nextAttemptAt', 'due', ...(open ? [] : (['slot', 'lease'] as const))),
      status,
      result,
      endedAt: now,
      ends: task.ends + 1,
    },
    now,
  );
  const effects = endEffects(ended, now);
  if (!open) return { task: ended, effects };
  return { task: { ...ended, due: { at: orphanPollAt(task, open, context), by: 'sweep' } }, effects };
}

/** A held end is announced by the keep stage, once the outputs are kept. */
function endEffects(ended: Task, now: number): readonly Effect[] {
  const announce: Effect = { type: 'announce-end', taskId: ended.id, end: ended.ends, at: now };
  if (!hasOutputsToKeep(ended)) return [announce];
  const keep: Effect = { type: 'send-keep-doorbell', taskId: ended.id };
  return holdsEvent(ended) ? [keep] : [announce, keep];
}

/** When the open attempt of an ended task is polled: at its poll, or when its lease or its hold ends. */
function orphanPollAt(task: Task, open: Attempt, { now, settings }: DecideContext): number {
  switch (open.state) {
    case 'submitting':
      // A task that was put back and has ended again may hold a lease that ran out long ago.
      return Math.max(now, task.lease?.until ?? now + settings.leaseMs);
    case 'in-doubt':
      return Math.max(now, (open.doubt?.since ?? now) + settings.doubtHoldMs);
    case 'running':
    case 'closed':
      return now + Math.min(pollDelayMs(open, settings), settings.orphanHoldMs);
  }
}

/** The result of a task that a failure ends, with a task code of the catalogue. */
export function failureResult(failure: Failure): TaskResult {
  const own = failure.level === 'task' && typeof failure.code === 'number' ? failure.code : undefined;
  const fallback = failure.level === 'http' ? taskCodes.invalidParameter : taskCodes.taskFailed;
  const code = findError(failure.level, failure.code)?.finalCode ?? own ?? fallback;
  return { code, outputs: null, error: failure.text };
}

interface RetryInput {
  readonly attempt: Attempt;
  readonly failure: Failure;
  readonly retryAfterMs?: number | undefined;
}

/** After a transient failure: backs the task off, or ends it when its policy, its bound or its deadline requires it. */
export function backOffOrEnd(task: Task, input: RetryInput, context: DecideContext): Transition {
  const { attempt, failure, retryAfterMs } = input;
  const { now, settings } = context;
  const key = errorKey(failure.level, failure.code);
  const policy = retryPolicyFor(failure, settings);
  // A circuit probe learned about the model on the relay's own initiative: it uses up no attempt of the task.
  const isCounted = !attempt.circuitProbe;
  const count = (task.failures[key] ?? 0) + (isCounted ? 1 : 0);
  const counted: Task = isCounted ? { ...task, failures: { ...task.failures, [key]: count } } : task;
  const delayMs = backoffDelayMs({ policy, failures: count, random: context.random(), retryAfterMs });
  const nextAttemptAt = now + delayMs;
  const countOfAll = Object.values(counted.failures).reduce((sum, failures) => sum + failures, 0);
  const isUsedUp = isCounted && (count >= policy.attemptsMax || countOfAll >= limits.attemptsTotalMax);
  if (isUsedUp || nextAttemptAt >= task.deadlineAt) {
    return endTask(counted, 'failed', failureResult(failure), context);
  }
  const waiting: Task = {
    ...replaceAttempt(counted, { ...closedNow(counted, attempt), delayMs }),
    status: 'backoff',
    nextAttemptAt,
  };
  if (delayMs > limits.doorbellDelayMsMax) {
    return { task: withDue(waiting, { at: nextAttemptAt, by: 'sweep' }), effects: [] };
  }
  const doorbell: Effect = { type: 'send-dispatch-doorbell', taskId: task.id, attempt: task.attemptCount + 1, delayMs };
  return {
    task: withDue(waiting, { at: nextAttemptAt + settings.graceMs, by: 'doorbell' }),
    effects: [doorbell],
  };
}

/** The attempt as the task holds it now: the caller's copy may be from before it was closed. */
function closedNow(task: Task, attempt: Attempt): Attempt {
  return task.attempts.find(({ number }) => number === attempt.number) ?? attempt;
}

/** Enqueues a task at the gate. */
export function takeTicket(task: Task, kind: 'fresh' | 'retry'): Task {
  const standing: Task = {
    ...without(task, 'slot', 'lease', 'nextAttemptAt'),
    status: 'waiting',
    ticket: { kind, order: task.createdAt - task.priorityMs, version: task.version + 1 },
  };
  // The gate wakes it, and the sweep allocates for every gate: visiting each task of a long queue would cost and find
  // nothing.
  return withDue(standing, { at: task.deadlineAt, by: 'sweep' });
}

/** An attempt whose answer was lost. */
export function putInDoubt(task: Task, attempt: Attempt, failure: Failure, now: number): Task {
  return without(replaceAttempt(task, { ...attempt, state: 'in-doubt', doubt: { failure, since: now } }), 'lease');
}
