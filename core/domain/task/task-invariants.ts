// What must hold of every task at every moment, as sentences: decide checks each answer it gives, the store each row
// it reads back. Written from the meaning of the fields, not from the code that sets them, so that a mistake there is
// found here.
import { RelayError } from '../relay-error.ts';
import { isFinal } from './task.ts';
import { nextVisit } from './open-ends.ts';
import type { Attempt, Task } from './task.ts';

interface TaskInvariant {
  readonly sentence: string;
  readonly holds: (task: Task) => boolean;
}

export const taskInvariants: readonly TaskInvariant[] = [
  {
    sentence: 'a ticket is held exactly while waiting',
    holds: ({ ticket, status }) => (ticket !== undefined) === (status === 'waiting'),
  },
  {
    sentence: 'an open attempt holds a slot',
    holds: (task) => openAttempts(task).length === 0 || task.slot !== undefined,
  },
  {
    sentence: 'a slot is for an open attempt or was just granted',
    holds: (task) => !task.slot || openAttempts(task).length > 0 || task.status === 'queued',
  },
  {
    sentence: 'a lease is for an attempt being submitted',
    holds: (task) => (task.lease !== undefined) === (openAttempts(task)[0]?.state === 'submitting'),
  },
  {
    sentence: 'an unfinished task is due by its deadline',
    holds: ({ status, due, deadlineAt }) => isFinal(status) || (due?.at ?? Infinity) <= deadlineAt,
  },
  {
    sentence: 'the sweep finds it at its next visit or before',
    holds: (task) => (task.sweepAt ?? -Infinity) <= (nextVisit(task)?.at ?? -Infinity),
  },
  {
    sentence: 'its open ends are ends that it had, in their order',
    holds: ({ openEnds, ends }) =>
      openEnds === undefined ||
      (openEnds.length > 0 && openEnds.every(({ end }, index) => end > (openEnds[index - 1]?.end ?? 0) && end <= ends)),
  },
  {
    sentence: 'a finished task is due while its attempt is open',
    holds: (task) => !isFinal(task.status) || (task.due !== undefined) === openAttempts(task).length > 0,
  },
  {
    sentence: 'a time of the next attempt means backoff',
    holds: ({ nextAttemptAt, status }) => (nextAttemptAt !== undefined) === (status === 'backoff'),
  },
  {
    sentence: 'a result means that it has ended',
    holds: ({ result, status }) => (result !== undefined) === isFinal(status),
  },
  {
    sentence: 'an end time means that it has ended',
    holds: ({ endedAt, status }) => (endedAt !== undefined) === isFinal(status),
  },
  {
    sentence: 'an ended task has ended at least once',
    holds: ({ status, ends }) => !isFinal(status) || ends > 0,
  },
  {
    sentence: 'only the latest attempt is open',
    holds: (task) => {
      const open = openAttempts(task);
      return open.length === 0 || (open.length === 1 && open[0] === task.attempts.at(-1));
    },
  },
  {
    sentence: 'without an open attempt it is ready for one',
    holds: (task) => isFinal(task.status) || openAttempts(task).length > 0 || isBeforeAttempt(task),
  },
  {
    sentence: 'its status is that of its open attempt',
    holds: (task) => {
      const [open] = openAttempts(task);
      return isFinal(task.status) || open === undefined || open.state === task.status;
    },
  },
  {
    sentence: 'it was accepted when an attempt was',
    holds: ({ acceptedAt, attempts }) => acceptedAt !== undefined || !attempts.some(isAccepted),
  },
  {
    sentence: 'attempts are numbered without a gap',
    holds: ({ attempts, attemptCount }) =>
      attempts.every(({ number }, index) => number === attemptCount - attempts.length + index + 1),
  },
  { sentence: 'attempts are closed with an outcome', holds: ({ attempts }) => attempts.every(isClosedRightly) },
  { sentence: 'its result is that of its status', holds: (task) => !task.result || isResultOf(task) },
  {
    sentence: 'at most one success is the one it ended with',
    holds: ({ attempts }) => attempts.filter(isUsedSuccess).length <= 1,
  },
  {
    sentence: 'only a completed task has a success it ended with',
    // The list of attempts is bounded, but no attempt follows the one that a task ended with.
    holds: ({ status, attempts }) => (status === 'completed') === attempts.some(isUsedSuccess),
  },
];

/** Sentences that do not hold for the task; empty for a sound one. */
export function brokenInvariants(task: Task): readonly string[] {
  return taskInvariants.filter(({ holds }) => !holds(task)).map(({ sentence }) => sentence);
}

/** @throws RelayError `decision-unsound` for a task that a decision would leave in an impossible state. */
export function requireSound(task: Task): Task {
  const broken = brokenInvariants(task);
  if (broken.length === 0) return task;
  const { id: taskId, status } = task;
  throw new RelayError('decision-unsound', 'A decision would leave its task in an impossible state', {
    taskId,
    status,
    broken: broken.join('; '),
  });
}

function openAttempts({ attempts }: Task): readonly Attempt[] {
  return attempts.filter(({ state }) => state !== 'closed');
}

function isBeforeAttempt({ status }: Task): boolean {
  return status === 'queued' || status === 'waiting' || status === 'backoff';
}

function isAccepted({ acceptedAt }: Attempt): boolean {
  return acceptedAt !== undefined;
}

function isClosedRightly({ state, outcome, endedAt, failure }: Attempt): boolean {
  if (state !== 'closed') return outcome === undefined && endedAt === undefined;
  // The record of an attempt without a result must show why.
  return outcome !== undefined && endedAt !== undefined && (outcome === 'completed') === (failure === undefined);
}

function isResultOf({ status, result }: Task): boolean {
  if (status === 'completed') return result?.code === 0 && result.error === null;
  if (status === 'cancelled') return result?.code === null;
  return result?.code !== 0 && result?.code !== null && result?.error !== null;
}

function isUsedSuccess({ outcome, unusedSuccess }: Attempt): boolean {
  return outcome === 'completed' && unusedSuccess !== true;
}
