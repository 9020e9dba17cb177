import { describe, expect, it } from 'vitest';
import { decide, taskStates } from '../../../core/domain/task/decide.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { findAttempt, isFinal, taskStatuses } from '../../../core/domain/task/task.ts';
import { NOW, abandonedAttempt, openAttemptIn, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import { brokenInvariants } from '../../../core/domain/task/task-invariants.ts';
import { deepFreeze } from '../../support/memory/deep-freeze.ts';
import type { TaskEvent } from '../../../core/domain/task/event.ts';
import type { Attempt, Task, TaskStatus } from '../../../core/domain/task/task.ts';

const settings = defaultSettings;
const context = { now: NOW, random: () => 0.5, settings };

/** Attempt 1 was written off long ago; what the situation adds is attempt 2. */
const history = [abandonedAttempt()];
const failures = { 'transport-reset': 1 };

function taskIn(status: TaskStatus, parts: Partial<Task> = {}): Task {
  return sampleTask({ status, attempts: history, attemptCount: 1, failures, ...parts });
}

function withOpen(state: Exclude<Attempt['state'], 'closed'>, parts: Partial<Task> = {}): Task {
  return taskIn(state, {
    attempts: [...history, openAttemptIn(state)],
    attemptCount: 2,
    slot: sampleSlot({ kind: 'retry' }),
    ...(state === 'submitting' && { lease: { id: 'lease', until: NOW + 60_000 } }),
    ...parts,
  });
}

const failedResult = { code: 5003, outputs: null, error: 'Service Unavailable' };
const cancelledResult = { code: null, outputs: null, error: null };

function ended(task: Task, status: 'failed' | 'cancelled'): Task {
  const isOrphaned = task.attempts.some(({ state }) => state !== 'closed');
  const { due, ...rest } = task;
  const result = status === 'failed' ? failedResult : cancelledResult;
  return { ...rest, status, result, endedAt: NOW - 100, ends: 1, ...(isOrphaned && due && { due }) };
}

function completed(task: Task): Task {
  const won: Attempt = { ...openAttemptIn('running', 1), state: 'closed', outcome: 'completed', endedAt: NOW - 100 };
  const result = { code: 0, outputs: ['https://get3w.example/1.png'], error: null };
  const attempts = [won, ...task.attempts.slice(1)];
  return { ...ended(task, 'failed'), status: 'completed', result, acceptedAt: NOW - 500, attempts };
}

/** Every situation of a task: its state, with or without slot, and what its attempt is doing. */
const situations = {
  queued: taskIn('queued'),
  'queued, granted': taskIn('queued', { slot: sampleSlot({ kind: 'retry' }) }),
  waiting: taskIn('waiting', { ticket: { kind: 'retry', order: NOW - 10_000, version: 1 } }),
  backoff: taskIn('backoff', { nextAttemptAt: NOW + 30_000 }),
  'backoff, over': taskIn('backoff', { nextAttemptAt: NOW }),
  submitting: withOpen('submitting'),
  'in-doubt': withOpen('in-doubt'),
  running: withOpen('running'),
  completed: completed(taskIn('running')),
  'completed, submitting': completed(withOpen('submitting')),
  'completed, in-doubt': completed(withOpen('in-doubt')),
  'completed, running': completed(withOpen('running')),
  failed: ended(taskIn('failed'), 'failed'),
  'failed, submitting': ended(withOpen('submitting'), 'failed'),
  'failed, in-doubt': ended(withOpen('in-doubt'), 'failed'),
  'failed, running': ended(withOpen('running'), 'failed'),
  cancelled: ended(taskIn('cancelled'), 'cancelled'),
  'cancelled, submitting': ended(withOpen('submitting'), 'cancelled'),
  'cancelled, in-doubt': ended(withOpen('in-doubt'), 'cancelled'),
  'cancelled, running': ended(withOpen('running'), 'cancelled'),
} satisfies Record<string, Task>;
type Situation = keyof typeof situations;

function httpFailure(code: number) {
  return { level: 'http', code, text: 'as Get3W says' } as const;
}

function taskFailure(code: number) {
  return { level: 'task', code, text: 'as Get3W says' } as const;
}

function outcome(attempt: number, reported: Extract<TaskEvent, { type: 'outcome-reported' }>['outcome']): TaskEvent {
  return {
    type: 'outcome-reported',
    attempt,
    outcome: reported,
  };
}

/** Every event, those with variants in each of them. Events about an attempt are about attempt 2 unless they say so. */
const events = {
  claimed: { type: 'claimed', attempt: 2, leaseId: 'new', callbackDigest: 'b'.repeat(64), slot: sampleSlot() },
  'claimed without a slot': { type: 'claimed', attempt: 2, leaseId: 'new', callbackDigest: 'b'.repeat(64) },
  'slot-denied': { type: 'slot-denied' },
  'slot-granted': { type: 'slot-granted', slot: sampleSlot() },
  'slot-returned': { type: 'slot-returned' },
  'slot-returned, under this lease': { type: 'slot-returned', leaseId: 'lease' },
  'slot-returned, under another lease': { type: 'slot-returned', leaseId: 'another' },
  accepted: { type: 'accepted', attempt: 2, upstreamId: 'upstream-2', estimatedMs: 5_000 },
  'refused with 429': { type: 'refused', attempt: 2, failure: httpFailure(429) },
  'refused with 401': { type: 'refused', attempt: 2, failure: httpFailure(401) },
  'refused with 400': { type: 'refused', attempt: 2, failure: httpFailure(400) },
  doubted: { type: 'doubted', attempt: 2, failure: { level: 'transport', code: 'timeout', text: 'No answer' } },
  succeeded: outcome(2, { kind: 'succeeded', outputs: ['https://get3w.example/2.png'] }),
  'failed with 5003': outcome(2, { kind: 'failed', failure: taskFailure(5003) }),
  'failed with 1200': outcome(2, { kind: 'failed', failure: taskFailure(1200) }),
  'poll-inconclusive': { type: 'poll-inconclusive', attempt: 2, poll: 0 },
  'due-passed': { type: 'due-passed' },
  'cancel-requested': { type: 'cancel-requested' },
  'retry-requested': { type: 'retry-requested', isCounted: false },
  'claimed, for attempt 1': { type: 'claimed', attempt: 1, leaseId: 'new', callbackDigest: 'b'.repeat(64) },
  'accepted, of attempt 1': { type: 'accepted', attempt: 1, upstreamId: 'upstream-1' },
  'refused, of attempt 1': { type: 'refused', attempt: 1, failure: httpFailure(429) },
  'doubted, of attempt 1': { type: 'doubted', attempt: 1, failure: httpFailure(502) },
  'succeeded, of attempt 1': outcome(1, { kind: 'succeeded', outputs: ['https://get3w.example/1.png'] }),
  'failed, of attempt 1': outcome(1, { kind: 'failed', failure: taskFailure(5003) }),
  'polled, of attempt 1': { type: 'poll-inconclusive', attempt: 1, poll: 0 },
} satisfies Record<string, TaskEvent>;
type Occurrence = keyof typeof events;

/** `due`: its time has come. `late`: its deadline too. */
type Hour = 'early' | 'due' | 'late';

function at(task: Task, hour: Hour): Task {
  return {
    ...task,
    ...(hour !== 'early' && task.due && { due: { ...task.due, at: NOW - 1 } }),
    ...(hour === 'late' && { deadlineAt: NOW, ...(task.due && { due: { ...task.due, at: NOW } }) }),
  };
}

const unsubmitted = ['queued', 'queued, granted', 'waiting', 'backoff', 'backoff, over'] as const;

function orphaned(state: string): Situation[] {
  return (['completed', 'failed', 'cancelled'] as const).map((status) => `${status}, ${state}` as Situation);
}

const over = ['completed', 'failed', 'cancelled'] as const;
const all = Object.keys(situations) as Situation[];

function named(prefix: string): Situation[] {
  return all.filter((name) => name.startsWith(prefix));
}

type Row = Partial<Record<Situation, string>>;

function each(names: readonly Situation[], expected: string): Row {
  return Object.fromEntries(names.map((name) => [name, expected]));
}

/** An ended task keeps its end, whatever its attempt comes to. */
function keepsEnd(names: readonly Situation[]): Row {
  return Object.fromEntries(names.map((name) => [name, name.split(',')[0] ?? name]));
}

/** No attempt 2 yet, or it is closed: here the situations without an open attempt. */
const noSecond = each([...unsubmitted, ...over], 'unknown-attempt');
const afterLateSuccess: Row = {
  ...each([...unsubmitted, 'submitting', 'in-doubt', 'running'], 'completed'),
  ...each(named('completed'), 'duplicate-outcome'),
  ...keepsEnd([...named('failed'), ...named('cancelled')]),
};

/** The result of each event in each situation: the next status, or why nothing changes. Early: nothing is due. */
const early: Record<Occurrence, Row> = {
  claimed: {
    ...each(all, 'not-claimable'),
    ...each(['queued', 'queued, granted', 'backoff, over'], 'submitting'),
  },
  'claimed without a slot': {
    ...each(all, 'not-claimable'),
    ...each(['queued', 'backoff, over'], 'no-slot'),
    'queued, granted': 'submitting',
  },
  'claimed, for attempt 1': {
    ...each(all, 'not-claimable'),
    ...each(['queued', 'queued, granted', 'backoff, over'], 'stale-attempt'),
  },
  'slot-denied': { ...each(all, 'not-claimable'), ...each(['queued', 'backoff, over'], 'waiting') },
  'slot-granted': { ...each(all, 'not-waiting'), waiting: 'queued' },
  'slot-returned': { ...each(all, 'no-slot'), 'queued, granted': 'waiting' },
  'slot-returned, under another lease': { ...each(all, 'no-slot'), 'queued, granted': 'waiting' },
  'slot-returned, under this lease': {
    ...each(all, 'no-slot'),
    ...each(['queued, granted', 'submitting'], 'waiting'),
  },
  accepted: {
    ...noSecond,
    ...each(['submitting', 'in-doubt'], 'running'),
    ...keepsEnd([...orphaned('submitting'), ...orphaned('in-doubt')]),
    ...each(['running', ...orphaned('running')], 'stale-attempt'),
  },
  'refused with 429': {
    ...noSecond,
    ...each(['submitting', 'in-doubt'], 'backoff'),
    ...keepsEnd([...orphaned('submitting'), ...orphaned('in-doubt')]),
    ...each(['running', ...orphaned('running')], 'stale-attempt'),
  },
  'refused with 401': {
    ...noSecond,
    ...each(['submitting', 'in-doubt'], 'waiting'),
    ...keepsEnd([...orphaned('submitting'), ...orphaned('in-doubt')]),
    ...each(['running', ...orphaned('running')], 'stale-attempt'),
  },
  'refused with 400': {
    ...noSecond,
    ...each(['submitting', 'in-doubt'], 'failed'),
    ...keepsEnd([...orphaned('submitting'), ...orphaned('in-doubt')]),
    ...each(['running', ...orphaned('running')], 'stale-attempt'),
  },
  doubted: {
    ...noSecond,
    submitting: 'in-doubt',
    ...keepsEnd(orphaned('submitting')),
    ...each(['in-doubt', 'running', ...orphaned('in-doubt'), ...orphaned('running')], 'stale-attempt'),
  },
  succeeded: {
    ...noSecond,
    ...each(['submitting', 'in-doubt', 'running'], 'completed'),
    ...keepsEnd([...orphaned('submitting'), ...orphaned('in-doubt'), ...orphaned('running')]),
  },
  'failed with 5003': {
    ...noSecond,
    ...each(['submitting', 'in-doubt', 'running'], 'backoff'),
    ...keepsEnd([...orphaned('submitting'), ...orphaned('in-doubt'), ...orphaned('running')]),
  },
  'failed with 1200': {
    ...noSecond,
    ...each(['submitting', 'in-doubt', 'running'], 'failed'),
    ...keepsEnd([...orphaned('submitting'), ...orphaned('in-doubt'), ...orphaned('running')]),
  },
  'poll-inconclusive': {
    ...noSecond,
    running: 'running',
    ...keepsEnd(orphaned('running')),
    ...each(['submitting', 'in-doubt', ...orphaned('submitting'), ...orphaned('in-doubt')], 'stale-attempt'),
  },
  'due-passed': each(all, 'not-due'),
  'cancel-requested': {
    ...each([...unsubmitted, 'submitting', 'in-doubt', 'running'], 'cancelled'),
    ...each([...named('completed'), ...named('failed'), ...named('cancelled')], 'already-ended'),
  },
  'retry-requested': {
    ...each([...unsubmitted, 'submitting', 'in-doubt', 'running'], 'not-ended'),
    ...each([...named('completed'), ...named('cancelled')], 'not-failed'),
    failed: 'queued',
    'failed, submitting': 'submitting',
    'failed, in-doubt': 'in-doubt',
    'failed, running': 'running',
  },
  'accepted, of attempt 1': each(all, 'stale-attempt'),
  'refused, of attempt 1': each(all, 'stale-attempt'),
  'doubted, of attempt 1': each(all, 'stale-attempt'),
  'succeeded, of attempt 1': afterLateSuccess,
  'failed, of attempt 1': each(all, 'stale-attempt'),
  'polled, of attempt 1': each(all, 'stale-attempt'),
};

/** What a passed due time changes of that. */
const due: Partial<Record<Occurrence, Row>> = {
  'due-passed': {
    ...each(unsubmitted, ''),
    queued: 'queued',
    'queued, granted': 'queued',
    waiting: 'waiting',
    backoff: 'backoff',
    'backoff, over': 'backoff',
    submitting: 'in-doubt',
    'in-doubt': 'backoff',
    running: 'running',
    ...keepsEnd([...orphaned('submitting'), ...orphaned('in-doubt'), ...orphaned('running')]),
  },
};

/** What a passed deadline changes: nothing starts any more, and a task that has not ended ends. */
const late: Partial<Record<Occurrence, Row>> = {
  claimed: each(all, 'not-claimable'),
  'claimed without a slot': each(all, 'not-claimable'),
  'claimed, for attempt 1': each(all, 'not-claimable'),
  'slot-denied': each(all, 'not-claimable'),
  'slot-granted': { ...each(all, 'not-waiting'), waiting: 'not-claimable' },
  'refused with 429': { ...each(['submitting', 'in-doubt'], 'failed') },
  'failed with 5003': { ...each(['submitting', 'in-doubt', 'running'], 'failed') },
  'due-passed': each([...unsubmitted, 'submitting', 'in-doubt', 'running'], 'failed'),
};

function expectedOf(occurrence: Occurrence, situation: Situation, hour: Hour): string | undefined {
  return (
    (hour === 'late' ? late[occurrence]?.[situation] : undefined) ??
    (hour === 'early' ? undefined : due[occurrence]?.[situation]) ??
    early[occurrence][situation]
  );
}

const cells = all.flatMap((situation) =>
  (Object.keys(events) as Occurrence[]).flatMap((occurrence) =>
    (['early', 'due', 'late'] as const).map((hour) => ({ situation, occurrence, hour })),
  ),
);

describe('every state against every event', () => {
  it.each(all)('the sample %s is a sound task', (situation) => {
    expect(brokenInvariants(situations[situation])).toEqual([]);
  });

  it.each(cells)(
    '$situation, $hour, on $occurrence comes to what the table says',
    ({ situation, occurrence, hour }) => {
      const task = deepFreeze(at(situations[situation], hour));
      const decision = decide(task, events[occurrence], context);
      const actual = decision.kind === 'changed' ? decision.task.status : decision.reason;
      expect(actual).toBe(expectedOf(occurrence, situation, hour));
      if (decision.kind === 'refused') return;
      expect(brokenInvariants(decision.task)).toEqual([]);
      expect(brokenSteps(task, decision.task)).toEqual([]);
      const asksForAllocation = decision.effects.some(({ type }) => type === 'allocate-slots');
      // A slot that is freed without a review of the gate would be idle until the next sweep.
      if (task.slot && !decision.task.slot) expect(asksForAllocation).toBe(true);
      const hasEnded = decision.task.ends > task.ends;
      expect(decision.effects.filter(({ type }) => type === 'announce-end')).toHaveLength(hasEnded ? 1 : 0);
    },
  );

  it('has a cell for each pair, so that a new event or state cannot be left out', () => {
    const missing = cells.filter(({ situation, occurrence, hour }) => !expectedOf(occurrence, situation, hour));
    expect(missing).toEqual([]);
  });
});

describe('the table of states in decide.ts', () => {
  it.each(taskStatuses)('names each event that takes a task out of %s, and no other', (status) => {
    const leaving = cells.filter(({ situation, occurrence, hour }) => {
      const task = at(situations[situation], hour);
      if (task.status !== status) return false;
      const decision = decide(task, events[occurrence], context);
      return decision.kind === 'changed' && decision.task.status !== status;
    });
    const types = new Set(leaving.map(({ occurrence }) => events[occurrence].type));
    expect([...types].sort()).toEqual([...taskStates[status].leaves].sort());
  });
});

/** Sentences about one step that do not hold. */
function brokenSteps(before: Task, after: Task): readonly string[] {
  const isRetried = isFinal(before.status) && !isFinal(after.status);
  const hasEnded = !isFinal(before.status) && isFinal(after.status);
  const rules: readonly (readonly [string, boolean])[] = [
    ['its version is one more', after.version === before.version + 1],
    ['it was updated now', after.updatedAt === NOW],
    ['ends are counted, and only ends', after.ends === before.ends + (hasEnded ? 1 : 0)],
    [
      'what has ended stays so, or was put back',
      !isFinal(before.status) || isRetried || after.status === before.status,
    ],
    ['only the failed are put back', !isRetried || before.status === 'failed'],
    ['a result stays as it was', isRetried || !before.result || after.result === before.result],
    ['the time of its end stays as it was', isRetried || !before.endedAt || after.endedAt === before.endedAt],
    ['a closed attempt is never opened', before.attempts.every((attempt) => isAsClosed(attempt, after))],
    ['one attempt at a time is begun', after.attemptCount - before.attemptCount <= 1],
    ['who it is, and whose, stays', after.id === before.id && after.accountId === before.accountId],
  ];
  return rules.filter(([, holds]) => !holds).map(([sentence]) => sentence);
}

function isAsClosed(attempt: Attempt, after: Task): boolean {
  return attempt.state !== 'closed' || findAttempt(after, attempt.number)?.state === 'closed';
}
