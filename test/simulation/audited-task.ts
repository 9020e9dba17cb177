// The auditor's own idea of one task: which states may follow which, what an end is, and when another POST of the same job
// may go out. Written from the promises of the relay and not from its code: nothing of decide is imported here.
import { brokenInvariants } from '../../core/domain/task/task-invariants.ts';
import { RETRY_AFTER_MS_MAX } from './nonsense.ts';
import type { Attempt, Task, TaskStatus } from '../../core/domain/task/task.ts';
import type { OnDoubt } from '../../core/domain/task/task-settings.ts';
import type { LedgerEntry } from './get3w-model.ts';

export interface TaskRules {
  readonly onDoubt: OnDoubt;
  readonly callbacks: boolean;
  readonly doubtHoldMs: number;
  readonly orphanHoldMs: number;
  /** How far two clocks may be apart. */
  readonly clockSpreadMs: number;
  /** The longest that a round of slots may take from its reading to its writing. */
  readonly roundMs: number;
  /** The least time between two polls of an attempt, after so many. */
  readonly pollMs: (polls: number) => number;
  /** The longest backoff of any policy; a Retry-After may add to it. */
  readonly backoffMsMax: number;
  /** Attempts that the policy of this error allows. */
  readonly attemptsMax: (errorKey: string) => number;
}

/** What may follow in one step. Every unfinished state may also end, and polls at a state leave it as it is. */
const next: Record<TaskStatus, readonly TaskStatus[]> = {
  queued: ['queued', 'waiting', 'submitting'],
  waiting: ['waiting', 'queued'],
  submitting: ['running', 'in-doubt', 'backoff', 'waiting'],
  'in-doubt': ['running', 'backoff', 'waiting'],
  running: ['running', 'backoff'],
  backoff: ['backoff', 'waiting', 'submitting'],
  completed: ['completed'],
  failed: ['failed'],
  cancelled: ['cancelled'],
};

/** How long after an end its event may be on its way to its receivers before the sweep looks after it. */
const END_GRACE_MS = 30_000;

const finalStatuses: readonly TaskStatus[] = ['completed', 'failed', 'cancelled'];

export function hasEnded({ status }: Pick<Task, 'status'>): boolean {
  return finalStatuses.includes(status);
}

/** What a failed task may be put back to: before an attempt, or to the attempt that is still open. */
const putBackTo: readonly TaskStatus[] = ['queued', 'submitting', 'in-doubt', 'running'];

/** Sentences about one commit of a task that do not hold. */
export function brokenByCommit(before: Task | undefined, after: Task, rules: TaskRules): readonly string[] {
  const problems = [...brokenInvariants(after)];
  const text = textOf(after);
  if (text === undefined) problems.push('it cannot be written as JSON');
  else if (halfPair.test(text)) problems.push('a text in it is not well-formed');
  if (!before) {
    if (after.version !== 1 || after.status !== 'queued') problems.push('a task begins queued, in version 1');
    return problems;
  }
  if (after.version !== before.version + 1) problems.push('a commit is on the version before it');
  problems.push(...brokenEnds(before, after));
  if (isUnseen(before, after)) return problems;
  const isPutBack = before.status === 'failed' && putBackTo.includes(after.status);
  const ends = !hasEnded(before) && hasEnded(after);
  if (!ends && !isPutBack && !next[before.status].includes(after.status)) {
    problems.push(`${before.status} is not followed by ${after.status}`);
  }
  if (after.ends - before.ends !== (ends ? 1 : 0)) problems.push('each end is counted once');
  if (hasEnded(before) && !isPutBack) problems.push(...changedAfterEnd(before, after));
  if (!isPutBack && publicRank(after) < publicRank(before)) problems.push('the status that clients see went backwards');
  for (const attempt of before.attempts) problems.push(...brokenAttempt(attempt, after));
  problems.push(...brokenPatience(before, after, rules));
  return problems;
}

/** When it must be looked at: at its due, or when an end that is not handed on is announced again. */
export function nextVisitAt({ due, openEnds = [] }: Task): number | undefined {
  const visits = openEnds.map(({ at, announceAt }) => announceAt ?? at + END_GRACE_MS);
  const first = Math.min(due?.at ?? Infinity, ...visits);
  return Number.isFinite(first) ? first : undefined;
}

/**
 * The sweep met it early, an end was handed on, or one is announced again: nothing changed but what the sweep finds it by.
 */
function isUnseen(before: Task, after: Task): boolean {
  const wasMoved = after.sweepAt === nextVisitAt(after) && after.sweepAt !== before.sweepAt;
  if (!wasMoved && textOf({ openEnds: before.openEnds }) === textOf({ openEnds: after.openEnds })) return false;
  const { version: _old, sweepAt: _then, openEnds: _open, updatedAt: _at, ...rest } = before;
  const { version: _new, sweepAt: _now, openEnds: _left, updatedAt: _later, ...same } = after;
  const text = textOf(rest);
  return text !== undefined && text === textOf(same);
}

/** An end is open from its commit on, unless its event is held; and once it is handed on, for good. */
function brokenEnds(before: Task, after: Task): readonly string[] {
  const was = (before.openEnds ?? []).map(({ end }) => end);
  const is = (after.openEnds ?? []).map(({ end }) => end);
  const problems: string[] = [];
  const isNew = after.ends > before.ends;
  if (isNew && after.keep === undefined && !is.includes(after.ends)) problems.push('its end has nobody to hand it on');
  if (is.some((end) => !was.includes(end) && !(isNew && end === after.ends))) problems.push('an end was opened again');
  if (was.length - is.filter((end) => was.includes(end)).length > 1) problems.push('ends are handed on one by one');
  return problems;
}

/** Half of a surrogate pair, as JSON.stringify writes it: strict readers refuse the whole answer that contains it. */
const halfPair = /\\ud[89a-f][0-9a-f]{2}/;

function textOf(task: Partial<Task>): string | undefined {
  try {
    return JSON.stringify(task);
  } catch {
    return undefined;
  }
}

/** An attempt neither comes before its backoff is over nor after its deadline, and policies bound how many there are. */
function brokenPatience(before: Task, after: Task, rules: TaskRules): readonly string[] {
  const { attemptsMax, clockSpreadMs, backoffMsMax } = rules;
  const problems: string[] = [];
  const latest = after.attempts.at(-1);
  if (latest && after.attemptCount > before.attemptCount) {
    const isTooSoon = latest.startedAt + clockSpreadMs < (before.nextAttemptAt ?? 0);
    if (isTooSoon) problems.push('an attempt began before its backoff was over');
    if (latest.startedAt - clockSpreadMs >= after.deadlineAt) problems.push('an attempt began after the deadline');
  }
  const waitMs = (after.nextAttemptAt ?? 0) - after.updatedAt;
  if (waitMs > RETRY_AFTER_MS_MAX + backoffMsMax) problems.push(`a backoff lasts ${waitMs} ms`);
  for (const [key, failures] of Object.entries(after.failures)) {
    if (failures > attemptsMax(key)) problems.push(`${failures} failures of ${key} are more than its policy allows`);
  }
  return problems;
}

function changedAfterEnd(before: Task, after: Task): readonly string[] {
  const isKept =
    JSON.stringify(after.result) === JSON.stringify(before.result) &&
    after.endedAt === before.endedAt &&
    after.status === before.status;
  return isKept ? [] : ['the record of an end was changed'];
}

/** Created, processing, ended. */
function publicRank(task: Task): number {
  return hasEnded(task) ? 2 : task.acceptedAt === undefined ? 0 : 1;
}

function brokenAttempt(before: Attempt, { attempts }: Task): readonly string[] {
  const after = attempts.find(({ number }) => number === before.number);
  if (!after || before.state !== 'closed') return [];
  if (after.state !== 'closed') return ['a closed attempt was opened again'];
  const isLateSuccess =
    after.outcome === 'completed' && (before.outcome === 'abandoned' || before.outcome === 'refused');
  return after.outcome === before.outcome || isLateSuccess ? [] : ['the outcome of an attempt was rewritten'];
}

/**
 * Why a POST of this job must not go out while the ledger holds this entry of an earlier one; undefined when it may.
 * No task is paid twice, except for an attempt whose answer was lost and whose doubt was over, or as the policy says.
 */
export function whyNoPost(task: Task, entry: LedgerEntry, now: number, rules: TaskRules): string | undefined {
  const attempt = attemptOf(task, entry);
  // Dropped from the bounded list: that many attempts later nothing can be said about it.
  if (attempt === undefined) return undefined;
  if (attempt.state !== 'closed') return `attempt ${attempt.number} is ${attempt.state}`;
  if (attempt.outcome === 'refused') return `attempt ${attempt.number} was made and counts as refused`;
  if (attempt.outcome === 'failed') return entry.code === undefined ? 'it is still at work' : undefined;
  // A success may become known while the next POST is on its way: then the two have crossed.
  const begunAt = task.attempts.at(-1)?.startedAt ?? 0;
  const isKnownBefore = (attempt.endedAt ?? 0) + rules.clockSpreadMs < begunAt;
  if (attempt.outcome === 'completed') return isKnownBefore && !attempt.unusedSuccess ? 'it succeeded' : undefined;
  if (rules.onDoubt === 'resubmit' && attempt.doubt) return undefined;
  const heldMs = now - (attempt.doubt?.since ?? attempt.startedAt) + rules.clockSpreadMs;
  const isHeld = heldMs >= Math.min(rules.doubtHoldMs, task.ends > 0 ? rules.orphanHoldMs : Infinity);
  return isHeld ? undefined : `attempt ${attempt.number} was held for ${heldMs} ms only`;
}

/** By its callback address where it has one, else by the id that Get3W gave it. */
export function attemptOf(task: Task, entry: LedgerEntry): Attempt | undefined {
  const number = attemptNumberOf(entry.callbackUrl);
  return task.attempts.find((attempt) =>
    number === undefined ? attempt.upstreamId === entry.id : attempt.number === number,
  );
}

export function attemptNumberOf(callbackUrl: string | undefined): number | undefined {
  const [, number] = /\/[0-9a-f-]{36}\.(\d+)\./.exec(callbackUrl ?? '') ?? [];
  return number === undefined ? undefined : Number(number);
}
