// Attempts whose answer was lost: Get3W may have created a task, and it may have been paid for.
// To avoid paying twice, the attempt is by default held for its callback before another POST.
// decide and decide-due call this; decide handles the outcome of a held attempt like any other.
import { isFinal, latestAttempt } from './task.ts';
import {
  backOffOrEnd,
  closeAttempt,
  endTask,
  failureResult,
  putInDoubt,
  replaceAttempt,
  withDue,
} from './task-transitions.ts';
import type { Attempt, Failure, Task } from './task.ts';
import type { DecideContext, Transition } from './task-transitions.ts';

/** The answer was lost; the policy decides what follows. Also for a lease that ran out. */
export function enterDoubt(task: Task, attempt: Attempt, failure: Failure, context: DecideContext): Transition {
  const { now, settings } = context;
  const doubted = putInDoubt(task, attempt, failure, now);
  const holdUntil = now + settings.doubtHoldMs;
  if (isFinal(task.status)) return { task: { ...doubted, due: { at: holdUntil, by: 'sweep' } }, effects: [] };
  switch (settings.onDoubt) {
    case 'wait':
      return {
        task: withDue({ ...doubted, status: 'in-doubt' }, { at: holdUntil, by: 'sweep' }),
        effects: [],
      };
    case 'resubmit':
      return resubmit(doubted, context);
    case 'fail':
      return giveUp(doubted, context);
  }
}

/** The doubt is over without an outcome: the attempt is written off, and the task submitted again if it may be. */
export function resubmit(task: Task, context: DecideContext): Transition {
  const attempt = latestAttempt(task);
  if (!attempt?.doubt) return { task, effects: [] };
  const { failure } = attempt.doubt;
  const over: Attempt = { ...attempt, doubt: { ...attempt.doubt, resolution: 'resubmitted' } };
  const closed = closeAttempt(task, over, { outcome: 'abandoned', failure, now: context.now });
  const transition = backOffOrEnd(closed, { attempt: over, failure }, context);
  const closedAttempt = latestAttempt(transition.task);
  if (!isFinal(transition.task.status) || !closedAttempt) return transition;
  return { ...transition, task: replaceAttempt(transition.task, givenUp(closedAttempt)) };
}

/** The attempt with its doubt given up, if it had an unresolved one. */
export function givenUp(attempt: Attempt): Attempt {
  return attempt.doubt ? { ...attempt, doubt: { ...attempt.doubt, resolution: 'given-up' } } : attempt;
}

function giveUp(task: Task, context: DecideContext): Transition {
  const attempt = latestAttempt(task);
  if (!attempt?.doubt) return { task, effects: [] };
  // The attempt stays open: its slot is held as long as Get3W may be working on it.
  return endTask(replaceAttempt(task, givenUp(attempt)), 'failed', failureResult(attempt.doubt.failure), context);
}
