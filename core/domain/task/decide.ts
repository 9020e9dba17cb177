// The state machine: the next state of a task after each event. Pure: no clock, no random source, no I/O.
// An attempt has a life of its own (submitting, in doubt, running, closed) that goes on even when a cancel or the
// deadline has ended the task; the task's status follows it only until the task ends.
// Flows commit the answer on the version they read and then perform the effects; each effect is safe to repeat.
import { limits } from '../limits.ts';
import { moneyOfRetry, settledMoney } from '../money/task-money.ts';
import { findError, taskCodes } from '../error-catalogue.ts';
import { findAttempt, isFinal, openAttempt, slotKindOf } from './task.ts';
import {
  acceptedNow,
  backOffOrEnd,
  closeAttempt,
  endTask,
  failureResult,
  releaseSlot,
  replaceAttempt,
  schedulePoll,
  settleOrphan,
  takeTicket,
  unclaimed,
  withDue,
  without,
} from './task-transitions.ts';
import { enterDoubt } from './doubt.ts';
import { decideDue } from './decide-due.ts';
import { decideHandedOn, decideMetEarly } from './decide-unseen.ts';
import { sweptAt } from './open-ends.ts';
import { requireSound } from './task-invariants.ts';
import type { StateRow } from '../state-row.ts';
import type { Attempt, Failure, Task, TaskStatus } from './task.ts';
import type { Decision, Effect, Refusal, TaskEvent, TaskEventType } from './event.ts';
import type { DecideContext, Transition } from './task-transitions.ts';

/** The nine states, and the events that leave each; every sentence of task-invariants.ts holds in all of them. */
export const taskStates = {
  queued: {
    entered: 'accepted, put back, or granted a slot',
    holds: 'due now; a slot when one was granted, else none',
    leaves: ['claimed', 'slot-denied', 'slot-returned', 'cancel-requested', 'due-passed', 'outcome-reported'],
  },
  waiting: {
    entered: 'no slot was free, a slot was returned, or Get3W refused the account',
    holds: 'a ticket in its queue at the gate, and no slot; due only at its deadline',
    leaves: ['slot-granted', 'cancel-requested', 'due-passed', 'outcome-reported'],
  },
  submitting: {
    entered: 'claimed with a slot',
    holds: 'a lease, under which one attempt is being submitted',
    leaves: ['accepted', 'refused', 'doubted', 'slot-returned', 'outcome-reported', 'cancel-requested', 'due-passed'],
  },
  'in-doubt': {
    entered: 'the answer was lost, or the lease ran out',
    holds: 'the slot; the callback address stays valid, and nothing is submitted again',
    leaves: ['accepted', 'refused', 'outcome-reported', 'cancel-requested', 'due-passed'],
  },
  running: {
    entered: 'Get3W accepted the attempt',
    holds: 'the slot; due at the next poll',
    leaves: ['outcome-reported', 'cancel-requested', 'due-passed'],
  },
  backoff: {
    entered: 'a transient failure, or a doubt that is over',
    holds: 'no slot; the time of the next attempt',
    leaves: ['claimed', 'slot-denied', 'outcome-reported', 'cancel-requested', 'due-passed'],
  },
  completed: {
    entered: 'the first success',
    holds: 'its outputs; due only while an attempt is open; its end, until it is handed on',
    leaves: [],
  },
  failed: {
    entered: 'a permanent failure, attempts used up, or the deadline',
    holds: 'a task code and a text; due only while an attempt is open; its end, until it is handed on',
    leaves: ['retry-requested'],
  },
  cancelled: {
    entered: 'asked for by its client or an operator',
    holds: 'due only while an attempt is open; its end, until it is handed on',
    leaves: [],
  },
} as const satisfies Readonly<Record<TaskStatus, StateRow & { readonly leaves: readonly TaskEventType[] }>>;

type Of<Type extends TaskEvent['type']> = Extract<TaskEvent, { type: Type }>;

function refuse(reason: Refusal): Decision {
  return { kind: 'refused', reason };
}

/**
 * Finishes a decision: the next version, and an allocation at the gate whenever a slot became free.
 * @throws RelayError `decision-unsound`: an impossible state is never written.
 */
function finish(before: Task, transition: Transition, now: number): Decision {
  const effects: Effect[] = [...transition.effects];
  const isFreed = before.slot !== undefined && transition.task.slot === undefined;
  if (isFreed) effects.push({ type: 'allocate-slots', gateId: before.gateId });
  const moved = sweptAt(before, transition.task);
  const task = requireSound({ ...moved, version: before.version + 1, updatedAt: now });
  return { kind: 'changed', task, effects };
}

/**
 * Decides what an event does to a task.
 * @returns the next task with its effects, or a refusal: the event is stale, duplicated or out of place, and is
 *   to be acknowledged without a write.
 */
export function decide(task: Task, event: TaskEvent, context: DecideContext): Decision {
  const decision = decideEvent(task, event, context);
  if (decision.kind === 'refused') return decision;
  const money = settledMoney(decision.task, context.settings.charging);
  return money === decision.task.money || !money ? decision : { ...decision, task: { ...decision.task, money } };
}

function decideEvent(task: Task, event: TaskEvent, context: DecideContext): Decision {
  switch (event.type) {
    case 'claimed':
      return decideClaimed(task, event, context);
    case 'slot-denied':
      return decideSlotDenied(task, context);
    case 'slot-granted':
      return decideSlotGranted(task, event, context);
    case 'slot-returned':
      return decideSlotReturned(task, event, context);
    case 'accepted':
      return decideAccepted(task, event, context);
    case 'refused':
      return decideRefused(task, event, context);
    case 'doubted':
      return decideDoubted(task, event, context);
    case 'outcome-reported':
      return decideOutcome(task, event, context);
    case 'poll-inconclusive':
      return decidePollInconclusive(task, event, context);
    case 'due-passed': {
      const met = decideDue(task, context);
      if (!met) return decideMetEarly(task, context.now);
      return finish(task, met, met.task.due === task.due ? task.updatedAt : context.now);
    }
    case 'end-handed-on':
      return decideHandedOn(task, event.end);
    case 'cancel-requested':
      return decideCancel(task, context);
    case 'retry-requested':
      return decideRetry(task, event, context);
    default:
      return event satisfies never;
  }
}

/** True when dispatch may start the next attempt now, given a slot. */
export function isClaimable(task: Task, now: number): boolean {
  if (now >= task.deadlineAt) return false;
  return task.status === 'queued' || (task.status === 'backoff' && (task.nextAttemptAt ?? 0) <= now);
}

function decideClaimed(task: Task, event: Of<'claimed'>, { now, settings }: DecideContext): Decision {
  if (!isClaimable(task, now)) return refuse('not-claimable');
  // Its token would name an attempt that is over, and Get3W's callback would be a stranger's.
  if (event.attempt !== task.attemptCount + 1) return refuse('stale-attempt');
  const slot = task.slot ?? event.slot;
  if (slot === undefined) return refuse('no-slot');
  const attempt: Attempt = {
    number: task.attemptCount + 1,
    state: 'submitting',
    startedAt: now,
    callbackDigest: event.callbackDigest,
    circuitProbe: slot.circuitProbe,
    accountProbe: slot.accountProbe,
    rank: slot.rank,
    polls: 0,
  };
  const lease = { id: event.leaseId, until: now + settings.leaseMs };
  const claimed: Task = {
    ...without(task, 'nextAttemptAt', 'ticket'),
    status: 'submitting',
    slot,
    lease,
    attemptCount: attempt.number,
    attempts: [...task.attempts, attempt].slice(-limits.attemptsKept),
  };
  const leased = withDue(claimed, { at: lease.until, by: 'doorbell' });
  return finish(task, { task: leased, effects: [] }, now);
}

function decideSlotDenied(task: Task, context: DecideContext): Decision {
  if (!isClaimable(task, context.now) || task.slot) return refuse('not-claimable');
  return finish(task, { task: takeTicket(task, slotKindOf(task)), effects: [] }, context.now);
}

function decideSlotGranted(task: Task, event: Of<'slot-granted'>, { now, settings }: DecideContext): Decision {
  if (task.status !== 'waiting') return refuse('not-waiting');
  if (now >= task.deadlineAt) return refuse('not-claimable');
  const granted: Task = { ...without(task, 'ticket'), status: 'queued', slot: event.slot };
  const doorbell: Effect = {
    type: 'send-dispatch-doorbell',
    taskId: task.id,
    attempt: task.attemptCount + 1,
    delayMs: 0,
  };
  return finish(
    task,
    { task: withDue(granted, { at: now + settings.graceMs, by: 'doorbell' }), effects: [doorbell] },
    now,
  );
}

function decideSlotReturned(task: Task, { leaseId }: Of<'slot-returned'>, context: DecideContext): Decision {
  if (task.status === 'submitting' && task.slot && leaseId !== undefined && task.lease?.id === leaseId) {
    return finish(task, { task: takeTicket(releaseSlot(unclaimed(task)), task.slot.kind), effects: [] }, context.now);
  }
  if (task.status !== 'queued' || !task.slot) return refuse('no-slot');
  return finish(task, { task: takeTicket(releaseSlot(task), task.slot.kind), effects: [] }, context.now);
}

function decideAccepted(task: Task, event: Of<'accepted'>, context: DecideContext): Decision {
  const attempt = findAttempt(task, event.attempt);
  if (!attempt) return refuse('unknown-attempt');
  if (attempt.state !== 'submitting' && attempt.state !== 'in-doubt') return refuse('stale-attempt');
  const running: Attempt = {
    ...attempt,
    state: 'running',
    acceptedAt: context.now,
    upstreamId: event.upstreamId,
    ...(event.estimatedMs !== undefined && { estimatedMs: event.estimatedMs }),
    ...(attempt.doubt && { doubt: { ...attempt.doubt, resolution: 'found' as const } }),
  };
  const changed = without(replaceAttempt(acceptedNow(task, context.now), running), 'lease');
  const next: Task = isFinal(task.status) ? changed : { ...changed, status: 'running' };
  return finish(task, schedulePoll(next, running, context), context.now);
}

function decideRefused(task: Task, event: Of<'refused'>, context: DecideContext): Decision {
  const { failure, retryAfterMs } = event;
  const attempt = findAttempt(task, event.attempt);
  if (!attempt) return refuse('unknown-attempt');
  // In doubt too: the lease ran out during the POST, and the answer now shows that no task was created.
  if (attempt.state !== 'submitting' && attempt.state !== 'in-doubt') return refuse('stale-attempt');
  const doubtOver: Attempt = attempt.doubt
    ? { ...attempt, doubt: { ...attempt.doubt, resolution: 'refused' } }
    : attempt;
  const closed = closeAttempt(task, doubtOver, { outcome: 'refused', failure, now: context.now });
  if (isFinal(task.status)) return finish(task, settleOrphan(closed), context.now);
  switch (findError(failure.level, failure.code)?.reaction) {
    case 'hold-account':
      // The account is at fault: the task returns to its queue and nothing is counted against it.
      return finish(task, { task: takeTicket(closed, slotKindOf(closed)), effects: [] }, context.now);
    case 'retry':
    case 'doubt':
      return finish(task, backOffOrEnd(closed, { attempt: doubtOver, failure, retryAfterMs }, context), context.now);
    case 'none':
    case 'end':
    case undefined:
      return finish(task, endTask(closed, 'failed', failureResult(failure), context), context.now);
  }
}

function decideDoubted(task: Task, event: Of<'doubted'>, context: DecideContext): Decision {
  const attempt = findAttempt(task, event.attempt);
  if (!attempt) return refuse('unknown-attempt');
  if (attempt.state !== 'submitting') return refuse('stale-attempt');
  return finish(task, enterDoubt(task, attempt, event.failure, context), context.now);
}

function decideOutcome(task: Task, event: Of<'outcome-reported'>, context: DecideContext): Decision {
  const attempt = findAttempt(task, event.attempt);
  if (!attempt) return refuse('unknown-attempt');
  const { upstreamId } = event;
  if (upstreamId !== undefined && attempt.upstreamId !== undefined && upstreamId !== attempt.upstreamId) {
    return refuse('foreign-upstream-id');
  }
  const known: Attempt = {
    ...attempt,
    ...(upstreamId !== undefined && { upstreamId }),
    // An early callback proves that the task was created before the POST's own answer does.
    acceptedAt: attempt.acceptedAt ?? context.now,
    ...(attempt.doubt && { doubt: { ...attempt.doubt, resolution: 'found' as const } }),
  };
  const taken = acceptedNow(task, context.now);
  return attempt.state === 'closed'
    ? decideLateOutcome(taken, known, event, context)
    : decideOpenOutcome(taken, known, event, context);
}

/** The failure of an attempt that was written off: it only shows that nothing is in doubt any more. */
function decideLateFailure(task: Task, attempt: Attempt, failure: Failure, { now }: DecideContext): Decision {
  const isNews = attempt.outcome === 'abandoned' && !attempt.isLateFailure && task.money !== undefined;
  if (!isNews || !isFinal(task.status)) return refuse('stale-attempt');
  const refuted: Attempt = { ...attempt, failure, isLateFailure: true };
  return finish(task, { task: replaceAttempt(task, refuted), effects: [] }, now);
}

/** An outcome of an attempt that was already written off. */
function decideLateOutcome(
  task: Task,
  attempt: Attempt,
  { outcome }: Of<'outcome-reported'>,
  context: DecideContext,
): Decision {
  if (outcome.kind === 'failed') return decideLateFailure(task, attempt, outcome.failure, context);
  if (attempt.outcome === 'completed' || attempt.outcome === 'failed') return refuse('duplicate-outcome');
  const isWinner = !isFinal(task.status);
  const { failure: _overtaken, ...rest } = attempt;
  const late: Attempt = {
    ...rest,
    outcome: 'completed',
    endedAt: context.now,
    ...(!isWinner && { unusedSuccess: true }),
  };
  const recorded = replaceAttempt(task, late);
  const transition = isWinner
    ? endTask(recorded, 'completed', { code: taskCodes.success, outputs: outcome.outputs, error: null }, context)
    : { task: recorded, effects: [] };
  return finish(task, transition, context.now);
}

function decideOpenOutcome(
  task: Task,
  attempt: Attempt,
  { outcome }: Of<'outcome-reported'>,
  context: DecideContext,
): Decision {
  const { now } = context;
  const failure = outcome.kind === 'failed' ? outcome.failure : undefined;
  const closed = closeAttempt(task, attempt, {
    outcome: outcome.kind === 'succeeded' ? 'completed' : 'failed',
    failure,
    now,
  });
  if (isFinal(task.status)) {
    return finish(
      task,
      settleOrphan(outcome.kind === 'succeeded' ? markUnusedSuccess(closed, attempt.number) : closed),
      now,
    );
  }
  if (outcome.kind === 'succeeded') {
    const result = { code: taskCodes.success, outputs: outcome.outputs, error: null };
    return finish(task, endTask(closed, 'completed', result, context), now);
  }
  const isTransient = findError(outcome.failure.level, outcome.failure.code)?.reaction === 'retry';
  return finish(
    task,
    isTransient
      ? backOffOrEnd(closed, { attempt, failure: outcome.failure }, context)
      : endTask(closed, 'failed', failureResult(outcome.failure), context),
    now,
  );
}

function markUnusedSuccess(task: Task, number: number): Task {
  return {
    ...task,
    attempts: task.attempts.map((attempt) =>
      attempt.number === number ? { ...attempt, unusedSuccess: true } : attempt,
    ),
  };
}

function decidePollInconclusive(task: Task, event: Of<'poll-inconclusive'>, context: DecideContext): Decision {
  const attempt = findAttempt(task, event.attempt);
  if (!attempt) return refuse('unknown-attempt');
  // Each poll schedules the next: if a duplicated doorbell counted, its polls would continue beside the others.
  if (attempt.state !== 'running' || attempt.polls !== event.poll) return refuse('stale-attempt');
  const polled: Attempt = { ...attempt, polls: attempt.polls + 1 };
  return finish(task, schedulePoll(replaceAttempt(task, polled), polled, context), context.now);
}

function decideCancel(task: Task, context: DecideContext): Decision {
  if (isFinal(task.status)) return refuse('already-ended');
  return finish(task, endTask(task, 'cancelled', { code: null, outputs: null, error: null }, context), context.now);
}

function decideRetry(task: Task, event: Of<'retry-requested'>, context: DecideContext): Decision {
  if (!isFinal(task.status)) return refuse('not-ended');
  if (task.status !== 'failed') return refuse('not-failed');
  const { now, settings } = context;
  // A task that was uncounted counts from now on if its account has a limit by now.
  const kept = event.isCounted ? without(task, 'isUncounted') : task;
  const money = moneyOfRetry(task.money, event.reserve);
  const again: Task = {
    ...without(kept, 'result', 'endedAt'),
    failures: {},
    deadlineAt: now + settings.deadlineMs,
    ...(money && { money }),
  };
  const open = openAttempt(task);
  if (open) {
    // Get3W may still be working on the last attempt: waiting for it is cheaper than paying for another.
    const resumed: Task = { ...again, status: open.state === 'closed' ? 'queued' : open.state };
    return finish(task, { task: withDue(resumed, task.due ?? { at: now, by: 'sweep' }), effects: [] }, now);
  }
  const queued = withDue({ ...again, status: 'queued' }, { at: now + settings.graceMs, by: 'doorbell' });
  const doorbell: Effect = {
    type: 'send-dispatch-doorbell',
    taskId: task.id,
    attempt: task.attemptCount + 1,
    delayMs: 0,
  };
  return finish(task, { task: queued, effects: [doorbell] }, now);
}
