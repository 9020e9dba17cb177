// The metrics of a committed change of a task: derived from the task before and after, so that no code that changes
// tasks can forget one. Emitted right after the commit, once per commit.
import { lostTaskCodes, metricCode } from '../domain/error-catalogue.ts';
import { MICROS_PER_DOLLAR } from '../domain/money/price-table.ts';
import { findAttempt, isFinal } from '../domain/task/task.ts';
import type { TaskChange } from '../domain/task/derived-counts.ts';
import type { Attempt, Failure, Task } from '../domain/task/task.ts';
import type { MetricLine } from '../contract/metrics.ts';

function codeOf(failure: Failure): string {
  return metricCode(failure.level, failure.code);
}

/** The two times come from two functions, whose clocks may differ. */
function between(from: number, to: number): number {
  return Math.max(0, to - from);
}

function resultCode(task: Task): string {
  return task.status === 'cancelled' ? 'cancelled' : metricCode('task', task.result?.code ?? 'none');
}

/** The lines for one change, in the order things happened. */
export function measureChange({ before, after }: TaskChange): readonly MetricLine[] {
  const lines: MetricLine[] = [];
  for (const attempt of after.attempts) {
    const earlier = before && findAttempt(before, attempt.number);
    if (attempt === earlier) continue;
    lines.push(...measureAttempt(after, earlier, attempt), ...measureSpend(after, earlier, attempt));
  }
  if (isFinal(after.status) && after.ends > (before?.ends ?? 0)) lines.push(measureEnd(after));
  // Queries need the account of a failed task; for any other its id is enough.
  const properties = { taskId: after.id, ...(after.status === 'failed' && { accountId: after.accountId }) };
  const own = merged(lines).map((line) => ({ ...line, properties: { ...properties, ...line.properties } }));
  // The line of the request already has the task's id.
  return before ? own : [{ values: { TasksAccepted: 1 } }, ...own];
}

/**
 * Merges lines that are about the same moment into one, the end of an attempt with its cost and the end of its task:
 * lines are paid for by the byte, and each repeats its ids and the form of a metric.
 */
function merged(lines: readonly MetricLine[]): readonly MetricLine[] {
  return lines.reduce<readonly MetricLine[]>((done, line) => {
    const previous = done.at(-1);
    return previous && mayMerge(previous, line) ? [...done.slice(0, -1), mergedLine(previous, line)] : [...done, line];
  }, []);
}

/** True when neither line has anything that the other has with another value. */
function mayMerge(one: MetricLine, other: MetricLine): boolean {
  const isSame = (a: unknown, b: unknown): boolean => a === undefined || b === undefined || a === b;
  const { properties = {} } = one;
  return (
    isSame(one.code, other.code) &&
    isSame(one.model, other.model) &&
    Object.keys(other.values).every((name) => !(name in one.values)) &&
    Object.entries(other.properties ?? {}).every(([name, value]) => isSame(properties[name], value))
  );
}

function mergedLine(one: MetricLine, other: MetricLine): MetricLine {
  return {
    ...one,
    ...other,
    values: { ...one.values, ...other.values },
    properties: { ...one.properties, ...other.properties },
  };
}

function measureAttempt(task: Task, earlier: Attempt | undefined, attempt: Attempt): MetricLine[] {
  const lines: MetricLine[] = earlier ? [] : [measureStart(task, attempt)];
  const properties = { attempt: attempt.number };
  const before = earlier ?? unbegun;
  if (attempt.doubt && !before.doubt) {
    lines.push({ values: { DoubtsEntered: 1 }, code: codeOf(attempt.doubt.failure), properties });
  }
  if (attempt.unusedSuccess && !before.unusedSuccess) lines.push({ values: { UnusedSuccesses: 1 }, properties });
  if (attempt.state === 'closed' && before.state !== 'closed') lines.push(...measureClosed(task, attempt));
  return lines;
}

/** An attempt before it was started. */
const unbegun: Partial<Attempt> = {};

function measureStart(task: Task, attempt: Attempt): MetricLine {
  // A task that was put back without an attempt has mostly waited for its owner, not for a slot.
  const isFirst = attempt.number === 1 && task.ends === 0;
  return {
    values: { AttemptsStarted: 1, ...(isFirst && { QueueWait: between(task.createdAt, attempt.startedAt) }) },
    properties: { attempt: attempt.number },
  };
}

/** A success is paid for, even if its task could not use it; the cost of a task without a price is unknown. */
function measureSpend({ model, money }: Task, earlier: Attempt | undefined, attempt: Attempt): MetricLine[] {
  const isPaid = (one: Attempt | undefined): boolean => one?.outcome === 'completed' || one?.unusedSuccess === true;
  if (money === undefined || !isPaid(attempt) || isPaid(earlier)) return [];
  return [{ values: { Spend: money.priceMicros / MICROS_PER_DOLLAR }, model, properties: { attempt: attempt.number } }];
}

function measureClosed(task: Task, attempt: Attempt): MetricLine[] {
  const properties = { attempt: attempt.number };
  const failure = attempt.outcome === 'completed' ? undefined : attempt.failure;
  const code = failure ? codeOf(failure) : metricCode('task', 0);
  const workMs =
    attempt.acceptedAt !== undefined && attempt.endedAt !== undefined && between(attempt.startedAt, attempt.endedAt);
  const lines: MetricLine[] = [
    {
      values: {
        AttemptsEnded: 1,
        ...(failure && { AttemptsFailed: 1 }),
        ...(workMs !== false && { ProviderWorkTime: workMs }),
      },
      code,
      model: task.model,
      properties,
    },
  ];
  if (failure && attempt.delayMs !== undefined) {
    lines.push({ values: { RetriesScheduled: 1, BackoffGiven: attempt.delayMs }, code, properties });
  }
  return lines;
}

function measureEnd(task: Task): MetricLine {
  return {
    values: {
      TasksEnded: 1,
      ...(task.status === 'failed' && { TasksFailed: 1 }),
      ...(task.status === 'failed' && lostTaskCodes.has(task.result?.code ?? 0) && { TasksLost: 1 }),
      // Between the submit and a second end are the hours or days until the task was put back.
      ...(task.ends === 1 && { EndToEndTime: between(task.createdAt, task.endedAt ?? task.updatedAt) }),
      AttemptsPerTask: task.attemptCount,
    },
    code: resultCode(task),
    model: task.model,
  };
}
