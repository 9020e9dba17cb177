// Tasks in every state, for tests that need one without driving it there through the flows.
// The tests check what decide makes of them; task-invariants.ts checks whether they are sound.
import { DAY_MS } from '../../core/domain/time-ms.ts';
import type { Attempt, Task } from '../../core/domain/task/task.ts';
import type { Slot } from '../../core/domain/task/slot.ts';

/** The current time of the sample tasks. */
export const NOW = Date.UTC(2026, 0, 1, 12);

export function sampleSlot(parts: Partial<Slot> = {}): Slot {
  return {
    kind: 'fresh',
    circuitProbe: false,
    accountProbe: false,
    rank: 1,
    grantedAt: NOW - 1_000,
    ...parts,
  };
}

export function sampleAttempt(parts: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    state: 'submitting',
    startedAt: NOW - 1_000,
    callbackDigest: 'a'.repeat(64),
    circuitProbe: false,
    accountProbe: false,
    rank: 1,
    polls: 0,
    ...parts,
  };
}

/** A task was accepted when the first of its attempts was. */
function acceptedWith(attempts: readonly Attempt[] = []): Pick<Task, 'acceptedAt'> {
  const first = attempts.find(({ acceptedAt }) => acceptedAt !== undefined)?.acceptedAt;
  return first === undefined ? {} : { acceptedAt: first };
}

/** A fresh task, just accepted. */
export function sampleTask(parts: Partial<Task> = {}): Task {
  return {
    ...acceptedWith(parts.attempts),
    id: '019b0000-0000-7000-8000-000000000001',
    accountId: 'acc_one',
    model: 'vendor/model/task',
    gateId: 'default',
    status: 'queued',
    version: 1,
    createdAt: NOW - 10_000,
    updatedAt: NOW - 10_000,
    deadlineAt: NOW + DAY_MS,
    ends: 0,
    priorityMs: 0,
    weight: 1,
    inputBytes: 20,
    attempts: [],
    attemptCount: 0,
    failures: {},
    due: { at: NOW + 60_000, by: 'doorbell' },
    ...parts,
  };
}

/** A task that has just completed with these outputs. */
export function completedTask(outputs: unknown, parts: Partial<Task> = {}): Task {
  const { due: _due, ...task } = sampleTask();
  const attempt = sampleAttempt({ state: 'closed', outcome: 'completed', acceptedAt: NOW - 500, endedAt: NOW });
  return {
    ...task,
    status: 'completed',
    acceptedAt: NOW - 500,
    attempts: [attempt],
    attemptCount: 1,
    ends: 1,
    endedAt: NOW,
    updatedAt: NOW,
    result: { code: 0, outputs, error: null },
    ...parts,
  };
}

function resetAt(since: number) {
  return {
    failure: { level: 'transport', code: 'reset', text: 'The connection broke' } as const,
    since,
  };
}

/** An attempt that was written off when its doubt was over: Get3W may still report it. */
export function abandonedAttempt(number: number = 1): Attempt {
  return sampleAttempt({
    number,
    state: 'closed',
    outcome: 'abandoned',
    startedAt: NOW - 700_000,
    endedAt: NOW - 60_000,
    failure: resetAt(0).failure,
    doubt: { ...resetAt(NOW - 690_000), resolution: 'resubmitted' },
  });
}

/** An attempt that Get3W may be working on. */
export function openAttemptIn(state: Exclude<Attempt['state'], 'closed'>, number: number = 2): Attempt {
  const attempt = sampleAttempt({ number, state });
  if (state === 'in-doubt') return { ...attempt, doubt: resetAt(NOW - 500) };
  if (state === 'running') return { ...attempt, acceptedAt: NOW - 500, upstreamId: `upstream-${number}` };
  return attempt;
}
