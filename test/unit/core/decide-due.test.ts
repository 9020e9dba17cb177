// What a passed due and its neighbours do, to the last field: effects are compared as a whole, because a doorbell with
// another name or a due with another owner is a task that is never visited again.
import { describe, expect, it } from 'vitest';
import { decide } from '../../../core/domain/task/decide.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { limits } from '../../../core/domain/limits.ts';
import { decideDue } from '../../../core/domain/task/decide-due.ts';
import { givenUp, resubmit } from '../../../core/domain/task/doubt.ts';
import {
  backOffOrEnd,
  failureResult,
  pollDelayMs,
  schedulePoll,
  withDue,
} from '../../../core/domain/task/task-transitions.ts';
import { latestAttempt } from '../../../core/domain/task/task.ts';
import { NOW, openAttemptIn, sampleAttempt, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import type { Decision, TaskEvent } from '../../../core/domain/task/event.ts';
import type { Attempt, Task } from '../../../core/domain/task/task.ts';

const { graceMs, orphanHoldMs, doubtHoldMs, leaseMs, deadlineMs } = defaultSettings;
const context = { now: NOW, random: () => 0.5, settings: defaultSettings };
const duePassed: TaskEvent = { type: 'due-passed' };
const past = { at: NOW, by: 'sweep' } as const;
const id = sampleTask().id;

function changed(task: Task, event: TaskEvent, now: number = NOW): Extract<Decision, { kind: 'changed' }> {
  const decision = decide(task, event, { ...context, now });
  if (decision.kind === 'refused') throw new Error(`refused: ${decision.reason}`);
  return decision;
}

function open(state: Exclude<Attempt['state'], 'closed'>, parts: Partial<Task> = {}): Task {
  const lease = state === 'submitting' && { lease: { id: 'lease', until: NOW } };
  const attempts = [openAttemptIn(state, 1)];
  return sampleTask({ status: state, attempts, attemptCount: 1, slot: sampleSlot(), due: past, ...lease, ...parts });
}

/** The same attempt of a task that was cancelled in the meantime. */
function orphan(state: Exclude<Attempt['state'], 'closed'>, parts: Partial<Task> = {}): Task {
  const ended = { endedAt: NOW - 1_000, ends: 1, result: { code: null, outputs: null, error: null } };
  return open(state, { status: 'cancelled', ...ended, ...parts });
}

const failure = { level: 'task', code: 5003, text: 'Service Unavailable' } as const;
const failedOnce = sampleAttempt({ state: 'closed', outcome: 'failed', failure, endedAt: NOW - 500 });
const dispatchAgain = { type: 'send-dispatch-doorbell', taskId: id, delayMs: 0 } as const;

describe('a passed due', () => {
  it('sends the doorbell of dispatch again for a task that is queued or backing off', () => {
    const queued = changed(sampleTask({ due: past }), duePassed);
    expect(queued.effects).toEqual([{ ...dispatchAgain, attempt: 1 }]);
    expect(queued.task.due).toEqual({ at: NOW + graceMs, by: 'doorbell' });

    const parts = { status: 'backoff', nextAttemptAt: NOW, attempts: [failedOnce], attemptCount: 1 } as const;
    const backoff = changed(sampleTask({ ...parts, acceptedAt: NOW - 900, due: past }), duePassed);
    expect(backoff.effects).toEqual([{ ...dispatchAgain, attempt: 2 }]);
  });

  it('leaves a waiting task to its deadline and has its gate allocate', () => {
    const ticket = { kind: 'fresh', order: NOW, version: 1 } as const;
    const { task, effects } = changed(sampleTask({ status: 'waiting', ticket, due: past }), duePassed);
    expect(task.due).toEqual({ at: task.deadlineAt, by: 'sweep' });
    expect(effects).toEqual([{ type: 'allocate-slots', gateId: 'default' }]);
  });

  it('takes a lease that ran out for an answer that was lost', () => {
    const { task, effects } = changed(open('submitting'), duePassed);
    const doubt = {
      since: NOW,
      failure: { level: 'transport', code: 'lease-lost', text: 'The relay stopped before it had the answer' },
    };
    expect(task).toMatchObject({ status: 'in-doubt', due: { at: NOW + doubtHoldMs, by: 'sweep' } });
    expect(latestAttempt(task)).toMatchObject({ state: 'in-doubt', doubt });
    expect(effects).toEqual([]);
  });

  it('sends the doorbell of a poll for a task that runs, with the number of that poll', () => {
    const attempts = [{ ...openAttemptIn('running', 1), polls: 3 }];
    const { task, effects } = changed(open('running', { attempts }), duePassed);
    expect(effects).toEqual([{ type: 'send-settle-doorbell', taskId: id, attempt: 1, poll: 3, delayMs: 0 }]);
    expect(task.due).toEqual({ at: NOW + graceMs, by: 'doorbell' });
  });

  it.each([
    ['no room at Get3W', {}, { code: 5003, error: 'No room at Get3W by the deadline' }],
    [
      'the failure it backed off from',
      { attempts: [failedOnce], attemptCount: 1 },
      { code: 5003, error: failure.text },
    ],
  ])('ends a task at its deadline with %s', (_why, parts, result) => {
    const ended = changed(sampleTask({ due: past, deadlineAt: NOW, acceptedAt: NOW - 900, ...parts }), duePassed);
    expect(ended.task).toMatchObject({ status: 'failed', result });
  });

  it('ends a task at its deadline with the code of what it waited for', () => {
    const { task } = changed(open('running', { deadlineAt: NOW }), duePassed);
    expect(task.result).toEqual({ code: 5004, outputs: null, error: 'No outcome by the deadline' });
  });

  it('is ignored before its time, and where the task has no due', () => {
    expect(decideDue(sampleTask({ due: { at: NOW + 1, by: 'sweep' } }), context)).toBeUndefined();
    const { due: _due, ...without } = sampleTask();
    expect(decideDue(without, context)).toBeUndefined();
  });

  it('moves a task that sweep met just now to its true time', () => {
    const due = { at: NOW + 60_000, by: 'doorbell' } as const;
    const { task } = changed(sampleTask({ due, sweepAt: NOW }), duePassed);
    expect(task.sweepAt).toBe(due.at);
  });
});

describe('a passed due of a task that has ended', () => {
  it('polls its running attempt again, until its hold is over', () => {
    const { task, effects } = changed(orphan('running'), duePassed);
    expect(task.due).toEqual({ at: NOW + graceMs, by: 'sweep' });
    expect(effects).toEqual([{ type: 'send-settle-doorbell', taskId: id, attempt: 1, poll: 0, delayMs: 0 }]);

    const nearlyOver = changed(orphan('running', { endedAt: NOW - orphanHoldMs + 5 }), duePassed);
    expect(nearlyOver.task.due).toEqual({ at: NOW + 5, by: 'sweep' });
  });

  it('returns its slot when its hold is over without an outcome', () => {
    const { task, effects } = changed(orphan('running', { endedAt: NOW - orphanHoldMs }), duePassed);
    const text = 'No outcome in all the time it was held';
    const over = { state: 'closed', outcome: 'abandoned', failure: { level: 'task', code: 5004, text } };
    expect(latestAttempt(task)).toMatchObject(over);
    expect(task).not.toHaveProperty('slot');
    expect(task).not.toHaveProperty('due');
    expect(effects).toEqual([{ type: 'allocate-slots', gateId: 'default' }]);
  });

  it('holds an attempt whose lease ran out as one in doubt, and then gives it up', () => {
    const held = changed(orphan('submitting'), duePassed);
    expect(held.task).toMatchObject({ status: 'cancelled', due: { at: NOW + doubtHoldMs, by: 'sweep' } });
    expect(held.effects).toEqual([]);
    const over = changed(held.task, duePassed, NOW + doubtHoldMs);
    expect(latestAttempt(over.task)).toMatchObject({ outcome: 'abandoned', doubt: { resolution: 'given-up' } });
  });

  it('clears a due that no open attempt explains', () => {
    const { due: _due, ...ended } = orphan('running', { attempts: [failedOnce] });
    expect(decideDue({ ...ended, due: past }, context)).toEqual({ task: ended, effects: [] });
  });
});

describe('the neighbours of a due', () => {
  it('grant a slot with a doorbell for the next attempt', () => {
    const waiting = sampleTask({ status: 'waiting', ticket: { kind: 'fresh', order: NOW, version: 1 } });
    const { effects, task } = changed(waiting, { type: 'slot-granted', slot: sampleSlot() });
    expect(effects).toEqual([{ ...dispatchAgain, attempt: 1 }]);
    expect(task.due).toEqual({ at: NOW + graceMs, by: 'doorbell' });
  });

  it('make the gate allocate, and nothing else, for a returned slot', () => {
    const { effects } = changed(sampleTask({ slot: sampleSlot() }), { type: 'slot-returned' });
    expect(effects).toEqual([{ type: 'allocate-slots', gateId: 'default' }]);
  });

  it.each([
    [{ level: 'transport', code: 'never-heard-of' }, 'failed'],
    [{ level: 'http', code: 503 }, 'backoff'],
  ] as const)('end or back off an attempt that was refused for %j: %s', (error, status) => {
    const event = { type: 'refused', attempt: 1, failure: { ...error, text: 'as it came' } } as const;
    expect(changed(open('submitting'), event).task.status).toBe(status);
  });

  it('end a task for a failure that no catalogue knows', () => {
    const outcome = { kind: 'failed', failure: { level: 'task', code: 9_999, text: 'new' } } as const;
    expect(changed(open('running'), { type: 'outcome-reported', attempt: 1, outcome }).task.status).toBe('failed');
  });

  it('put a failed task back with a new deadline and a doorbell for its next attempt', () => {
    const { due: _due, ...rest } = sampleTask({ attempts: [failedOnce], attemptCount: 1, acceptedAt: NOW - 900 });
    const result = { code: 5003, outputs: null, error: failure.text };
    const failed: Task = { ...rest, status: 'failed', endedAt: NOW - 500, ends: 1, result };
    const { task, effects } = changed(failed, { type: 'retry-requested', isCounted: false });
    expect(effects).toEqual([{ ...dispatchAgain, attempt: 2 }]);
    expect(task).toMatchObject({ status: 'queued', deadlineAt: NOW + deadlineMs, failures: {} });
    expect(task.due).toEqual({ at: NOW + graceMs, by: 'doorbell' });
  });

  it('keep a due at exactly the deadline, and leave a later one to the sweep', () => {
    const { deadlineAt } = sampleTask();
    expect(withDue(sampleTask(), { at: deadlineAt, by: 'doorbell' }).due).toEqual({ at: deadlineAt, by: 'doorbell' });
    expect(withDue(sampleTask(), { at: deadlineAt + 1, by: 'doorbell' }).due).toEqual({ at: deadlineAt, by: 'sweep' });
  });
});

describe('a delay', () => {
  const longest = limits.doorbellDelayMsMax;
  const backOff = (retryAfterMs: number) => {
    const task = open('submitting');
    const [attempt = sampleAttempt()] = task.attempts;
    const refused = { level: 'http', code: 429, text: 'Too Many Requests' } as const;
    return backOffOrEnd(task, { attempt, failure: refused, retryAfterMs }, { ...context, random: () => 0 });
  };

  it('that a queue can hold has a doorbell, and a longer one is left to the sweep', () => {
    const held = backOff(longest);
    expect(held.effects).toEqual([{ ...dispatchAgain, attempt: 2, delayMs: longest }]);
    expect(held.task.due).toEqual({ at: NOW + longest + graceMs, by: 'doorbell' });
    const swept = backOff(longest + 1);
    expect(swept.effects).toEqual([]);
    expect(swept.task.due).toEqual({ at: NOW + longest + 1, by: 'sweep' });
  });

  it('before the first poll grows with the estimate of Get3W, and with each poll', () => {
    const settings = { ...defaultSettings, callbacks: true, pollMinMs: 1_000, pollFactor: 3, pollMaxMs: 600_000 };
    const dueAt = (estimatedMs: number, polls: number) => {
      const attempt = { ...openAttemptIn('running', 1), estimatedMs, polls };
      return schedulePoll(open('running'), attempt, { ...context, settings }).task.due?.at;
    };
    expect([dueAt(20_000, 0), dueAt(20_000, 1)]).toEqual([NOW + 60_000, NOW + 90_000]);
  });

  it('of an orphan without callbacks is left to sweep, because no doorbell is meant for a task that has ended', () => {
    const settings = { ...defaultSettings, callbacks: false };
    const task = orphan('running');
    const { effects, task: polled } = schedulePoll(task, openAttemptIn('running', 1), { ...context, settings });
    expect(effects).toEqual([]);
    expect(polled.due?.by).toBe('sweep');
  });

  it('to the end of a lease is kept for a task that is cancelled while it submits', () => {
    const { lease: _lease, ...submitting } = open('submitting');
    const kept = changed({ ...submitting, lease: { id: 'lease', until: NOW + 7_000 } }, { type: 'cancel-requested' });
    expect(kept.task.due).toEqual({ at: NOW + 7_000, by: 'sweep' });
    const over = changed(open('submitting', { lease: { id: 'lease', until: NOW - leaseMs } }), {
      type: 'cancel-requested',
    });
    expect(over.task.due?.at).toBe(NOW);
  });
});

describe('an attempt without a doubt', () => {
  it('is nothing to resubmit and nothing to give up', () => {
    const task = open('running');
    expect(resubmit(task, context)).toEqual({ task, effects: [] });
    const attempt = openAttemptIn('running', 1);
    expect(givenUp(attempt)).toEqual(attempt);
  });
});

describe('a task that ends while an attempt is open is visited again', () => {
  const dueOf = (task: Task): Task['due'] => changed(task, { type: 'cancel-requested' }).task.due;

  it('when the hold of the doubt is over, counted from when the doubt began', () => {
    const doubted = open('in-doubt', { due: { at: NOW + 1, by: 'sweep' } });
    const since = doubted.attempts[0]?.doubt?.since ?? Number.NaN;
    expect(dueOf(doubted)).toEqual({ at: since + doubtHoldMs, by: 'sweep' });
  });

  it('at once if that hold is already over', () => {
    const [attempt] = open('in-doubt').attempts;
    const doubt = {
      failure: { level: 'transport', code: 'reset', text: 'Lost' },
      since: NOW - doubtHoldMs - 1,
    } as const;
    expect(dueOf(open('in-doubt', { attempts: attempt ? [{ ...attempt, doubt }] : [] }))).toEqual({
      at: NOW,
      by: 'sweep',
    });
  });

  it('at its next poll, and no later than its hold allows', () => {
    const [running] = open('running').attempts;
    const pollMs = running ? pollDelayMs(running, defaultSettings) : Number.NaN;
    expect(pollMs).toBeLessThan(orphanHoldMs);
    expect(dueOf(open('running'))).toEqual({ at: NOW + pollMs, by: 'sweep' });
    const settings = { ...defaultSettings, orphanHoldMs: 5_000 };
    const decision = decide(open('running'), { type: 'cancel-requested' }, { ...context, settings });
    expect(decision).toMatchObject({ task: { due: { at: NOW + 5_000, by: 'sweep' } } });
  });
});

describe('the next poll of an attempt, where there are no callbacks', () => {
  const planned = (estimatedMs: number): ReturnType<typeof schedulePoll> => {
    const attempt = { ...openAttemptIn('running', 1), estimatedMs };
    const settings = { ...defaultSettings, callbacks: false, pollMaxMs: 2 * limits.doorbellDelayMsMax };
    return schedulePoll(open('running'), attempt, { ...context, settings });
  };

  it('has a doorbell for as long as a queue can hold one, and the sweep beyond that', () => {
    const estimateMs = limits.doorbellDelayMsMax / 0.6;
    expect(planned(estimateMs).effects).toMatchObject([{ delayMs: limits.doorbellDelayMsMax }]);
    const beyond = planned(estimateMs + 10);
    expect(beyond.effects).toEqual([]);
    expect(beyond.task.due).toEqual({ at: NOW + limits.doorbellDelayMsMax + 6, by: 'sweep' });
  });
});

describe('the task code that a failure ends a task with', () => {
  it.each([
    ['its own, where the catalogue does not know it', { level: 'task', code: 7_777 }, 7_777],
    ['1401 for an HTTP status that the catalogue does not know', { level: 'http', code: 418 }, 1401],
    ['1405 for a transport failure that it does not know', { level: 'transport', code: 'odd' }, 1405],
    ['1405 for a task code that is no number', { level: 'task', code: 'odd' }, 1405],
    ['the one of the catalogue, where it knows it', { level: 'http', code: 429 }, 5003],
  ] as const)('comes from the failure: %s', (_what, met, code) => {
    expect(failureResult({ ...met, text: 'as met' })).toEqual({ code, outputs: null, error: 'as met' });
  });
});
