// What must hold of every task at every moment, as sentences: the table test asks it of each answer of decide, the
// simulation of each commit. Written from the meaning of the fields and not from the code that sets them.
import type { Attempt, Task } from '../../core/domain/task/task.ts';

const finalStatuses: readonly string[] = ['completed', 'failed', 'cancelled'];

/** Sentences about the task that do not hold; empty for a sound one. */
export const brokenInvariants = (task: Task): readonly string[] => {
  const isFinal = finalStatuses.includes(task.status);
  const open = task.attempts.filter(({ state }) => state !== 'closed');
  const latest = task.attempts.at(-1);
  const isStandingBefore = task.status === 'queued' || task.status === 'waiting' || task.status === 'backoff';
  const rules: readonly (readonly [string, boolean])[] = [
    ['a ticket is held exactly while waiting', (task.ticket !== undefined) === (task.status === 'waiting')],
    ['an open attempt holds a slot', open.length === 0 || task.slot !== undefined],
    ['a slot is for an open attempt or was just granted', !task.slot || open.length > 0 || task.status === 'queued'],
    ['a lease is for an attempt being submitted', (task.lease !== undefined) === (open[0]?.state === 'submitting')],
    ['an unfinished task is due by its deadline', isFinal || (task.due?.at ?? Infinity) <= task.deadlineAt],
    ['a finished task is due while its attempt is open', !isFinal || (task.due !== undefined) === open.length > 0],
    ['a time of the next attempt means backoff', (task.nextAttemptAt !== undefined) === (task.status === 'backoff')],
    ['a result means that it has ended', (task.result !== undefined) === isFinal],
    ['a time of its end means that it has ended', (task.endedAt !== undefined) === isFinal],
    ['whoever has ended, has ended at least once', !isFinal || task.ends > 0],
    ['only the latest attempt is open', open.length === 0 || (open.length === 1 && open[0] === latest)],
    ['without an open attempt it stands before one', isFinal || open.length > 0 || isStandingBefore],
    ['its status is that of its open attempt', isFinal || open.length === 0 || open[0]?.state === task.status],
    ['it was accepted when an attempt was', task.acceptedAt !== undefined || !task.attempts.some(isAccepted)],
    ['attempts are numbered without a gap', areNumbered(task)],
    ['attempts are closed with an outcome', task.attempts.every(isClosedRightly)],
    ['its result is that of its status', !task.result || isResultOf(task)],
    ['one success at most is the one it ended with', task.attempts.filter(isUsedSuccess).length <= 1],
    ['only a completed task has a success it ended with', (task.status === 'completed') === hasUsedSuccess(task)],
  ];
  return rules.filter(([, holds]) => !holds).map(([sentence]) => sentence);
};

const isAccepted = ({ acceptedAt }: Attempt): boolean => acceptedAt !== undefined;

const areNumbered = ({ attempts, attemptCount }: Task): boolean =>
  attempts.every(({ number }, index) => number === attemptCount - attempts.length + index + 1);

const isClosedRightly = ({ state, outcome, endedAt, failure }: Attempt): boolean => {
  if (state !== 'closed') return outcome === undefined && endedAt === undefined;
  // Whoever reads a record of an attempt that brought nothing must find out why.
  return outcome !== undefined && endedAt !== undefined && (outcome === 'completed') === (failure === undefined);
};

const isResultOf = ({ status, result }: Task): boolean => {
  if (status === 'completed') return result?.code === 0 && result.error === null;
  if (status === 'cancelled') return result?.code === null;
  return result?.code !== 0 && result?.code !== null && result?.error !== null;
};

const isUsedSuccess = ({ outcome, unusedSuccess }: Attempt): boolean =>
  outcome === 'completed' && unusedSuccess !== true;

/** The list of attempts is bounded, but no attempt comes after the one that a task ended with. */
const hasUsedSuccess = ({ attempts }: Task): boolean => attempts.some(isUsedSuccess);
