// Attempts whose answer was lost: they may have made a task, and a task may have been paid for.
// Nobody pays twice where that can be avoided: by default the attempt is held for its callback before another POST.
// decide and decide-due call this; the outcome of a held attempt is decide's ordinary business.
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

/** The answer was lost; what now depends on the policy. Also for a lease that ran out. */
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

/** The attempt with its doubt given up, where it had one that nothing has resolved. */
export function givenUp(attempt: Attempt): Attempt {
  return attempt.doubt ? { ...attempt, doubt: { ...attempt.doubt, resolution: 'given-up' } } : attempt;
}

function giveUp(task: Task, context: DecideContext): Transition {
  const attempt = latestAttempt(task);
  if (!attempt?.doubt) return { task, effects: [] };
  // The attempt stays open: its slot is held for as long as Get3W may be working on it.
  return endTask(replaceAttempt(task, givenUp(attempt)), 'failed', failureResult(attempt.doubt.failure), context);
}
