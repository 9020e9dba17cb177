// The wide line of the log for each attempt that a committed change ends: derived from the task before and after, like
// its metrics, so that no code that ends attempts can forget it. Error texts are left out: they quote prompts.
import { metricCode } from '../domain/error-catalogue.ts';
import { findAttempt } from '../domain/task/task.ts';
import type { TaskChange } from '../domain/task/derived-counts.ts';
import type { Attempt, Task } from '../domain/task/task.ts';
import type { WideLine } from '../contract/wide-lines.ts';

export function attemptLines({ before, after }: TaskChange): readonly WideLine<'attempt'>[] {
  return after.attempts.flatMap((attempt) => {
    const earlier = before && findAttempt(before, attempt.number);
    if (attempt === earlier || attempt.state !== 'closed') return [];
    const isLate = earlier?.state === 'closed';
    // Other changes to a closed attempt do not change how it ended.
    if (isLate && earlier.outcome === attempt.outcome) return [];
    return [{ ...attemptLine(before ?? after, after, attempt), ...(isLate && { isLate }) }];
  });
}

function attemptLine(before: Task, after: Task, attempt: Attempt): WideLine<'attempt'> {
  const { number, startedAt, acceptedAt, endedAt = after.updatedAt, doubt, outcome } = attempt;
  const failure = outcome === 'completed' ? undefined : attempt.failure;
  return {
    taskId: after.id,
    correlationId: after.correlationId,
    accountId: after.accountId,
    model: after.model,
    attempt: number,
    upstreamId: attempt.upstreamId,
    outcome,
    code: failure ? metricCode(failure.level, failure.code) : metricCode('task', 0),
    next: after.status,
    waitMs: waitMs(before, attempt),
    ...(acceptedAt === undefined
      ? { answerMs: outcome === 'refused' ? between(startedAt, endedAt) : undefined }
      : { answerMs: between(startedAt, acceptedAt), workMs: between(acceptedAt, endedAt) }),
    tookMs: between(startedAt, endedAt),
    sinceSubmitMs: between(after.createdAt, endedAt),
    backoffMs: attempt.delayMs,
    failures: unlessZero(Object.values(after.failures).reduce((sum, count) => sum + count, 0)),
    polls: unlessZero(attempt.polls),
    ...(doubt && { doubt: doubt.resolution ?? 'open', doubtMs: between(doubt.since, endedAt) }),
    ...unusual(before, after, attempt),
    rank: attempt.rank,
  };
}

/** Only what is unusual is written, because each byte is paid for with every task. */
function unusual(before: Task, after: Task, attempt: Attempt): WideLine<'attempt'> {
  return {
    ...(attempt.outcome !== 'completed' && attempt.failure && { gateId: after.gateId }),
    ...(before.slot?.kind === 'retry' && { slot: before.slot.kind }),
    ...(attempt.circuitProbe && { isCircuitProbe: true }),
    ...(attempt.accountProbe && { isAccountProbe: true }),
    ...(attempt.unusedSuccess && { isUnusedSuccess: true }),
  };
}

function unlessZero(count: number): number | undefined {
  return count === 0 ? undefined : count;
}

/**
 * Undefined when it is unknown since when it could have started: a task that was put back first waited for a person.
 */
function waitMs(task: Task, { number, startedAt }: Attempt): number | undefined {
  if (number === 1) return between(task.createdAt, startedAt);
  const previous = findAttempt(task, number - 1);
  if (previous?.endedAt === undefined || (previous.delayMs === undefined && task.ends > 0)) return undefined;
  return between(previous.endedAt + (previous.delayMs ?? 0), startedAt);
}

/** The two times come from two functions, whose clocks may differ. */
function between(from: number, to: number): number {
  return Math.max(0, to - from);
}
