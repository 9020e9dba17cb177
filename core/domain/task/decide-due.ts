// What happens to a task whose `due.at` has passed: the one place that repairs a lost message, a crash, a webhook that
// never came and a passed deadline. Only decide calls it; the sweep and late doorbells bring the event.
import { taskCodes } from '../error-catalogue.ts';
import { isFinal, latestAttempt, openAttempt } from './task.ts';
import { closeAttempt, endTask, failureResult, settleOrphan, withDue, without } from './task-transitions.ts';
import { enterDoubt, givenUp, resubmit } from './doubt.ts';
import { announceAtOf } from './open-ends.ts';
import type { Attempt, Failure, OpenEnd, Task, TaskResult } from './task.ts';
import type { Effect } from './event.ts';
import type { DecideContext, Transition } from './task-transitions.ts';

const leaseLost: Failure = {
  level: 'transport',
  code: 'lease-lost',
  text: 'The relay stopped before it had the answer',
};
const noOutcome: Failure = { level: 'task', code: taskCodes.timeout, text: 'No outcome in all the time it was held' };

/** An end that deliver does not hand on for long is announced this many times as late as at first, and never later. */
const WAIT_GRACES_COUNT_MAX = 16;

/**
 * Leaves `due` alone where an end is announced again and nothing else: its client sees no change of the task then.
 * @returns undefined when nothing is due.
 */
export function decideDue(task: Task, context: DecideContext): Transition | undefined {
  const announced = announceAgain(task, context);
  const moved = decideOwnDue(announced?.task ?? task, context);
  if (!announced || !moved) return announced ?? moved;
  return { task: moved.task, effects: [...announced.effects, ...moved.effects] };
}

function decideOwnDue(task: Task, context: DecideContext): Transition | undefined {
  if (task.due === undefined || context.now < task.due.at) return undefined;
  if (isFinal(task.status)) return pollOrphan(task, context);
  if (context.now >= task.deadlineAt) return endTask(task, 'failed', deadlineResult(task), context);
  return bringForward(task, context);
}

function bringForward(task: Task, context: DecideContext): Transition | undefined {
  const open = openAttempt(task);
  switch (task.status) {
    case 'queued':
    case 'backoff':
      return sendAgain(
        task,
        { type: 'send-dispatch-doorbell', taskId: task.id, attempt: task.attemptCount + 1, delayMs: 0 },
        context,
      );
    case 'waiting':
      // Besides a slot it waits only for its deadline; a row with another due is corrected.
      return {
        task: withDue(task, { at: task.deadlineAt, by: 'sweep' }),
        effects: [{ type: 'allocate-slots', gateId: task.gateId }],
      };
    case 'submitting':
      return open && enterDoubt(task, open, leaseLost, context);
    case 'in-doubt':
      return resubmit(task, context);
    case 'running':
      return open && sendAgain(task, pollDoorbell(task, open), context);
    case 'completed':
    case 'failed':
    case 'cancelled':
      return undefined;
  }
}

function pollDoorbell({ id }: Task, { number, polls }: Attempt): Effect {
  return {
    type: 'send-settle-doorbell',
    taskId: id,
    attempt: number,
    poll: polls,
    delayMs: 0,
  };
}

function sendAgain(task: Task, doorbell: Effect, { now, settings }: DecideContext): Transition {
  return {
    task: withDue(task, { at: now + settings.graceMs, by: 'doorbell' }),
    effects: [doorbell],
  };
}

/**
 * An ended task whose last attempt Get3W may still be working on: poll it again, or release it when its hold is over.
 */
function pollOrphan(task: Task, { now, settings }: DecideContext): Transition | undefined {
  const open = openAttempt(task);
  if (!open) return { task: without(task, 'due'), effects: [] };
  // Its lease ran out after the end: from now on it is in doubt, and held like any attempt in doubt.
  if (open.state === 'submitting') return enterDoubt(task, open, leaseLost, { now, settings, random: () => 0 });
  const holdUntil = orphanHoldUntil(task, open, { now, settings });
  if (now >= holdUntil || open.state === 'in-doubt') {
    const failure = open.doubt?.failure ?? noOutcome;
    return settleOrphan(closeAttempt(task, givenUp(open), { outcome: 'abandoned', failure, now }));
  }
  const again: Task = { ...task, due: { at: Math.min(now + settings.graceMs, holdUntil), by: 'sweep' } };
  return { task: again, effects: [pollDoorbell(task, open)] };
}

function orphanHoldUntil(task: Task, open: Attempt, { settings }: Pick<DecideContext, 'now' | 'settings'>): number {
  return (task.endedAt ?? open.startedAt) + settings.orphanHoldMs;
}

/** The code of a task that its deadline ends: the failure it was backing off from, else what it was waiting for. */
function deadlineResult(task: Task): TaskResult {
  if (openAttempt(task)) {
    return { code: taskCodes.timeout, outputs: null, error: 'No outcome by the deadline' };
  }
  const failure = latestAttempt(task)?.failure;
  if (failure) return failureResult(failure);
  return { code: taskCodes.unavailable, outputs: null, error: 'No room at Get3W by the deadline' };
}

/** Announces every end again that has waited for long; undefined when there is none. */
function announceAgain(task: Task, { now, settings }: DecideContext): Transition | undefined {
  const { id: taskId, openEnds = [] } = task;
  const late = openEnds.filter((open) => announceAtOf(open) <= now);
  if (late.length === 0) return undefined;
  // As long again as it has waited: a doorbell without an effect more often stands in a long queue than was lost.
  const waitMs = ({ at }: OpenEnd): number =>
    Math.min(Math.max(now - at, settings.graceMs), WAIT_GRACES_COUNT_MAX * settings.graceMs);
  const moved = openEnds.map((open) => (late.includes(open) ? { ...open, announceAt: now + waitMs(open) } : open));
  const effects = late.map(({ end, at }): Effect => ({ type: 'announce-end', taskId, end, at }));
  return { task: { ...task, openEnds: moved }, effects };
}
