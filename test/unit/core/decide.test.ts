import { describe, expect, it } from 'vitest';
import { decide } from '../../../core/domain/task/decide.ts';
import { limits } from '../../../core/domain/limits.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { latestAttempt } from '../../../core/domain/task/task.ts';
import { NOW, abandonedAttempt, openAttemptIn, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import { publicStatus } from '../../../core/http/public-task.ts';
import { brokenInvariants } from '../../../core/domain/task/task-invariants.ts';
import { MINUTE_MS } from '../../../core/domain/time-ms.ts';
import type { TaskEvent } from '../../../core/domain/task/event.ts';
import type { RelaySettings } from '../../../core/domain/settings.ts';
import type { OnDoubt } from '../../../core/domain/task/task-settings.ts';
import type { Attempt, Task } from '../../../core/domain/task/task.ts';

interface At {
  readonly now?: number;
  readonly settings?: Partial<RelaySettings>;
  readonly random?: number;
}

function decideAt(task: Task, event: TaskEvent, { now = NOW, settings = {}, random = 0.5 }: At = {}) {
  return decide(task, event, { now, random: () => random, settings: { ...defaultSettings, ...settings } });
}

/** The task after the event, which must not be refused. */
function after(task: Task, event: TaskEvent, at: At = {}): Task {
  const decision = decideAt(task, event, at);
  if (decision.kind === 'refused') throw new Error(`refused: ${decision.reason}`);
  expect(brokenInvariants(decision.task)).toEqual([]);
  return decision.task;
}

function open(state: Exclude<Attempt['state'], 'closed'>, parts: Partial<Task> = {}, slot = sampleSlot()): Task {
  return sampleTask({
    status: state,
    attempts: [{ ...openAttemptIn(state, 1), circuitProbe: slot.circuitProbe, accountProbe: slot.accountProbe }],
    attemptCount: 1,
    slot,
    ...(state === 'submitting' && { lease: { id: 'lease', until: NOW + 60_000 } }),
    ...parts,
  });
}

const doubted: TaskEvent = {
  type: 'doubted',
  attempt: 1,
  failure: { level: 'transport', code: 'reset', text: 'The connection broke' },
};

function succeeded(attempt: number = 1, upstreamId?: string): TaskEvent {
  return {
    type: 'outcome-reported',
    attempt,
    upstreamId,
    outcome: { kind: 'succeeded', outputs: ['https://get3w.example/1.png'] },
  };
}

function failedWith(code: number, attempt: number = 1): TaskEvent {
  return {
    type: 'outcome-reported',
    attempt,
    outcome: { kind: 'failed', failure: { level: 'task', code, text: 'as Get3W says' } },
  };
}

function refusedWith(code: number, retryAfterMs?: number): TaskEvent {
  return {
    type: 'refused',
    attempt: 1,
    failure: { level: 'http', code, text: 'as Get3W says' },
    retryAfterMs,
  };
}

const duePassed: TaskEvent = { type: 'due-passed' };
const cancel: TaskEvent = { type: 'cancel-requested' };
const retry: TaskEvent = { type: 'retry-requested', isCounted: false };
const claim: TaskEvent = {
  type: 'claimed',
  attempt: 1,
  leaseId: 'lease',
  callbackDigest: 'b'.repeat(64),
  slot: sampleSlot(),
};

describe('an attempt in doubt', () => {
  const policy = (onDoubt: OnDoubt): At => ({ settings: { onDoubt } });

  it('is held for its callback by default, with its slot, and nothing is sent', () => {
    const decision = decideAt(open('submitting'), doubted);
    expect(decision).toMatchObject({ kind: 'changed', effects: [] });
    const held = after(open('submitting'), doubted);
    expect(held).toMatchObject({ status: 'in-doubt', due: { at: NOW + defaultSettings.doubtHoldMs, by: 'sweep' } });
    expect(held.slot).toBeDefined();
  });

  it('is submitted again when its hold is over, and its record shows it', () => {
    const held = after(open('submitting'), doubted);
    const again = after(held, duePassed, { now: NOW + defaultSettings.doubtHoldMs });
    expect(again).toMatchObject({ status: 'backoff', failures: { 'transport-reset': 1 } });
    expect(latestAttempt(again)).toMatchObject({ outcome: 'abandoned', doubt: { resolution: 'resubmitted' } });
  });

  it('is given up, not submitted again, when its hold ends after the last attempt that its policy allows', () => {
    const held = { ...after(open('submitting'), doubted), failures: { 'transport-reset': 7 } };
    const ended = after(held, duePassed, { now: NOW + defaultSettings.doubtHoldMs });
    expect(ended).toMatchObject({ status: 'failed', result: { code: 5004 } });
    expect(latestAttempt(ended)?.doubt?.resolution).toBe('given-up');
  });

  it('is submitted again at once where the policy says so', () => {
    const again = after(open('submitting'), doubted, policy('resubmit'));
    expect(again.status).toBe('backoff');
    expect(again.slot).toBeUndefined();
    expect(latestAttempt(again)).toMatchObject({ state: 'closed', doubt: { resolution: 'resubmitted' } });
  });

  it('ends its task where the policy says so, and keeps its slot for as long as Get3W may be at work', () => {
    const failed = after(open('submitting'), doubted, policy('fail'));
    expect(failed).toMatchObject({ status: 'failed', result: { code: 5004 } });
    expect(failed.slot).toBeDefined();
    expect(latestAttempt(failed)).toMatchObject({ state: 'in-doubt', doubt: { resolution: 'given-up' } });
    const released = after(failed, duePassed, { ...policy('fail'), now: NOW + defaultSettings.doubtHoldMs });
    expect(released.slot).toBeUndefined();
    expect(released.due).toBeUndefined();
  });

  it('is found by a callback, and by the late answer to its own submit', () => {
    const held = after(open('submitting'), doubted);
    const found = after(held, { type: 'accepted', attempt: 1, upstreamId: 'upstream-1' });
    expect(found).toMatchObject({ status: 'running', attempts: [{ doubt: { resolution: 'found' } }] });
    const done = after(held, succeeded());
    expect(done).toMatchObject({ status: 'completed', attempts: [{ doubt: { resolution: 'found' } }] });
  });

  it('is over when the late answer shows that nothing was made', () => {
    const over = after(after(open('submitting'), doubted), refusedWith(429));
    expect(over).toMatchObject({ status: 'backoff', attempts: [{ doubt: { resolution: 'refused' } }] });
    expect(over.slot).toBeUndefined();
  });

  it('is entered when the lease of a submit runs out', () => {
    const lost = after(open('submitting', { due: { at: NOW, by: 'doorbell' } }), duePassed);
    expect(lost).toMatchObject({ status: 'in-doubt', attempts: [{ doubt: { failure: { code: 'lease-lost' } } }] });
    expect(lost.lease).toBeUndefined();
  });

  it('is entered even after the end of its task, however long ago that was', () => {
    const cancelled = after(open('submitting'), cancel);
    const lost = after(cancelled, duePassed, { now: NOW + 2 * defaultSettings.orphanHoldMs });
    expect(lost).toMatchObject({ status: 'cancelled', attempts: [{ state: 'in-doubt' }] });
  });

  it('of a task that has ended is given up when its hold is over', () => {
    const cancelled = after(after(open('submitting'), doubted), cancel);
    const closed = after(cancelled, duePassed, { now: NOW + defaultSettings.doubtHoldMs });
    expect(closed.due).toBeUndefined();
    expect(latestAttempt(closed)).toMatchObject({ outcome: 'abandoned', doubt: { resolution: 'given-up' } });
  });
});

describe('outcomes that come early, late, twice or for another task', () => {
  it('an early callback ends the attempt before its POST is answered, and the answer is then stale', () => {
    const done = after(open('submitting'), succeeded(1, 'upstream-1'));
    expect(done).toMatchObject({ status: 'completed', attempts: [{ upstreamId: 'upstream-1', acceptedAt: NOW }] });
    expect(done.lease).toBeUndefined();
    const answer = decideAt(done, { type: 'accepted', attempt: 1, upstreamId: 'upstream-1' });
    expect(answer).toEqual({ kind: 'refused', reason: 'stale-attempt' });
  });

  it('a late success of an earlier attempt wins while the task has not ended', () => {
    const waiting = sampleTask({
      status: 'waiting',
      attempts: [abandonedAttempt()],
      attemptCount: 1,
      ticket: { kind: 'retry', order: NOW, version: 1 },
    });
    const done = after(waiting, succeeded());
    expect(done).toMatchObject({ status: 'completed', attempts: [{ outcome: 'completed' }] });
    expect(done.ticket).toBeUndefined();
    expect(latestAttempt(done)?.unusedSuccess).toBeUndefined();
  });

  it('a late success of an earlier attempt wins over the current attempt, whose own success is then unused', () => {
    const running = sampleTask({
      status: 'running',
      attempts: [abandonedAttempt(), openAttemptIn('running')],
      attemptCount: 2,
      slot: sampleSlot(),
    });
    const done = after(running, succeeded(1));
    expect(done.status).toBe('completed');
    expect(done.slot).toBeDefined();
    const unused = after(done, succeeded(2));
    expect(unused).toMatchObject({
      status: 'completed',
      attempts: [{ outcome: 'completed' }, { unusedSuccess: true }],
    });
    expect(unused.slot).toBeUndefined();
    expect(unused.result).toBe(done.result);
  });

  it('a success of a cancelled task is recorded as unused and delivered to no receiver', () => {
    const decision = decideAt(after(open('running'), cancel), succeeded());
    expect(decision).toMatchObject({
      kind: 'changed',
      task: { status: 'cancelled', attempts: [{ unusedSuccess: true }] },
    });
    expect(decision.kind === 'changed' && decision.effects.map(({ type }) => type)).toEqual(['allocate-slots']);
  });

  it('the same success again, and a failure after all, change nothing', () => {
    const done = after(open('running'), succeeded());
    expect(decideAt(done, succeeded())).toEqual({ kind: 'refused', reason: 'duplicate-outcome' });
    expect(decideAt(done, failedWith(5003))).toEqual({ kind: 'refused', reason: 'stale-attempt' });
  });

  it('an outcome of an attempt that was never made, or of another task of Get3W, changes nothing', () => {
    expect(decideAt(open('running'), succeeded(7))).toEqual({ kind: 'refused', reason: 'unknown-attempt' });
    const foreign = decideAt(open('running'), succeeded(1, 'another'));
    expect(foreign).toEqual({ kind: 'refused', reason: 'foreign-upstream-id' });
  });
});

describe('an end by cancel or deadline', () => {
  it('holds the slot of an attempt that Get3W is working on until that is over', () => {
    const cancelled = after(open('running'), cancel);
    expect(cancelled.slot).toBeDefined();
    const late = NOW + defaultSettings.orphanHoldMs;
    const released = after({ ...cancelled, due: { at: late, by: 'sweep' } }, duePassed, { now: late });
    expect(released.slot).toBeUndefined();
    expect(latestAttempt(released)).toMatchObject({ outcome: 'abandoned', failure: { code: 5004 } });
  });

  it('comes at the deadline even to a task that was claimed just before it', () => {
    const deadlineAt = NOW + 5_000;
    const claimed = after(sampleTask({ deadlineAt, due: { at: NOW + 5_000, by: 'sweep' } }), claim);
    const ended = after(claimed, duePassed, { now: deadlineAt });
    expect(ended).toMatchObject({ status: 'failed', result: { code: 5004 } });
    expect(ended.slot).toBeDefined();
  });

  it('shows what the task was doing: its last failure, its wait for a slot, or its current attempt', () => {
    const late: At = { now: NOW + MINUTE_MS };
    const due = { deadlineAt: NOW + MINUTE_MS, due: { at: NOW + MINUTE_MS, by: 'sweep' } } as const;
    const waiting = sampleTask({ status: 'waiting', ticket: { kind: 'fresh', order: NOW, version: 1 }, ...due });
    expect(after(waiting, duePassed, late).result).toMatchObject({ code: 5003 });
    const limited = { ...after(open('submitting'), refusedWith(429)), ...due };
    expect(after(limited, duePassed, late).result).toMatchObject({ code: 5003 });
    const broken = { ...after(open('submitting'), refusedWith(500)), ...due };
    expect(after(broken, duePassed, late).result).toMatchObject({ code: 5000 });
    expect(after(open('running', due), duePassed, late).result).toMatchObject({ code: 5004 });
  });

  it('is not waited for when the next attempt could only come after the deadline', () => {
    const task = open('running', { deadlineAt: NOW + 500 });
    expect(after(task, failedWith(5003), { random: 0.9 })).toMatchObject({ status: 'failed', result: { code: 5003 } });
  });
});

describe('attempts that count, and those that do not', () => {
  it('the last attempt of a policy ends the task with its failure', () => {
    const task = open('running', { failures: { 'task-5004': 4 } });
    expect(after(task, failedWith(5004))).toMatchObject({ status: 'failed', result: { code: 5004 } });
  });

  it.each([
    ['an attempt that succeeded', succeeded()],
    ['an attempt that is followed by another', failedWith(5003)],
  ])('%s keeps no estimate: each row pays for it', (_what, event) => {
    const running = { ...openAttemptIn('running', 1), estimatedMs: 2_000 };
    const [closed] = after(open('running', { attempts: [running] }), event).attempts;
    expect(closed).toMatchObject({ state: 'closed' });
    expect(closed).not.toHaveProperty('estimatedMs');
  });

  it('a circuit probe of a model whose circuit is not closed uses up no attempt', () => {
    const probing = open('running', { failures: { 'task-5003': 7 } }, sampleSlot({ circuitProbe: true }));
    expect(after(probing, failedWith(5003))).toMatchObject({ status: 'backoff', failures: { 'task-5003': 7 } });
  });

  it('a refused account sends the task back to wait, and uses up no attempt', () => {
    const held = after(open('submitting'), refusedWith(403));
    expect(held).toMatchObject({ status: 'waiting', failures: {}, ticket: { kind: 'fresh' } });
  });

  it('probes without number do not bring a task to its end by the bound of all attempts', () => {
    const many = limits.attemptsTotalMax + 50;
    const attempts = [{ ...openAttemptIn('running', many) }];
    const task = { ...open('running'), attempts, attemptCount: many };
    expect(after(task, failedWith(5003, many)).status).toBe('backoff');
  });

  it('failures of many kinds end a task by the bound of all attempts', () => {
    const failures = { 'http-429': 49, 'task-5003': 7, 'http-500': 7, 'task-5000': limits.attemptsTotalMax - 64 };
    expect(after(open('running', { failures }), failedWith(5004)).status).toBe('failed');
  });
});

describe('a task that waits for its slot', () => {
  it('is left alone until its deadline, however long the queue is: the gate wakes it', () => {
    const waiting = after(sampleTask(), { type: 'slot-denied' });
    // No two tickets of a task are alike: one that is removed late takes no later one along.
    expect(waiting.ticket?.version).toBe(waiting.version);
    expect(waiting).toMatchObject({ status: 'waiting', due: { at: waiting.deadlineAt, by: 'sweep' } });
    expect(decideAt(waiting, duePassed, { now: waiting.deadlineAt - 1 })).toMatchObject({ reason: 'not-due' });
  });
});

describe('when the next attempt comes', () => {
  it('after a Retry-After, never before it', () => {
    const task = after(open('submitting'), refusedWith(429, 20_000));
    expect(task.nextAttemptAt).toBeGreaterThanOrEqual(NOW + 20_000);
  });

  it('by a doorbell up to 900 s, and by sweep beyond that', () => {
    const soon = decideAt(open('submitting'), refusedWith(429, 800_000));
    expect(soon).toMatchObject({ kind: 'changed', task: { due: { by: 'doorbell' } } });
    const later = decideAt(open('submitting'), refusedWith(429, 1_000_000), { random: 0 });
    expect(later).toMatchObject({ kind: 'changed', task: { due: { at: NOW + 1_000_000, by: 'sweep' } } });
    expect(later.kind === 'changed' && later.effects.map(({ type }) => type)).toEqual(['allocate-slots']);
  });

  it('a long delay that is over is sent for by the sweep, and the doorbell is about the next attempt', () => {
    const waiting = after(open('submitting'), refusedWith(429, 1_000_000), { random: 0 });
    const decision = decideAt(waiting, duePassed, { now: NOW + 1_000_000 });
    expect(decision).toMatchObject({ effects: [{ type: 'send-dispatch-doorbell', attempt: 2, delayMs: 0 }] });
  });
});

describe("an operator's retry", () => {
  it('starts over, with a new deadline and no failure counted', () => {
    const failed = after(open('running', { failures: { 'task-5003': 3 } }), failedWith(1405));
    const again = after(failed, retry, { now: NOW + MINUTE_MS });
    expect(again).toMatchObject({ status: 'queued', failures: {}, attemptCount: 1, ends: 1 });
    expect(again.deadlineAt).toBe(NOW + MINUTE_MS + defaultSettings.deadlineMs);
  });

  it('waits for the attempt that Get3W may still be working on rather than pay for another', () => {
    const late = { deadlineAt: NOW, due: { at: NOW, by: 'sweep' } } as const;
    const failed = after(open('running', late), duePassed);
    const decision = decideAt(failed, retry);
    expect(decision).toMatchObject({ kind: 'changed', task: { status: 'running', due: {} }, effects: [] });
    const again = after(failed, retry);
    expect(after(again, succeeded())).toMatchObject({ status: 'completed', ends: 2 });
  });

  it('takes the success of an attempt that was written off before', () => {
    const task = sampleTask({ attempts: [abandonedAttempt()], attemptCount: 1, failures: { 'transport-reset': 1 } });
    const again = after(after(task, duePassed, { now: task.deadlineAt }), retry, { now: task.deadlineAt });
    expect(after(again, succeeded(1))).toMatchObject({ status: 'completed', ends: 2 });
  });
});

describe('what clients see', () => {
  it('stays processing when the attempt that was accepted has been dropped from the bounded list', () => {
    let task = after(open('running', { acceptedAt: NOW }), failedWith(5003));
    for (let round = 0; round < limits.attemptsKept + 1; round += 1) {
      const now = NOW + round * 3 * MINUTE_MS;
      const next = { ...claim, attempt: task.attemptCount + 1 } as TaskEvent;
      const claimed = after(task, next, { now: Math.max(now, task.nextAttemptAt ?? 0) });
      const refused: TaskEvent = { ...refusedWith(429), attempt: claimed.attemptCount } as TaskEvent;
      task = after({ ...claimed, failures: {} }, refused, { now });
      expect(publicStatus(task)).toBe('processing');
    }
    expect(task.attempts.some(({ acceptedAt }) => acceptedAt !== undefined)).toBe(false);
  });

  it('is created until the first attempt is accepted, by an answer or by an early callback', () => {
    const submitting = open('submitting');
    expect(publicStatus(submitting)).toBe('created');
    expect(publicStatus(after(submitting, { type: 'accepted', attempt: 1, upstreamId: 'a' }))).toBe('processing');
    expect(publicStatus(after(submitting, failedWith(5003)))).toBe('processing');
  });
});

describe('polls of a running attempt', () => {
  const polling: At = { settings: { callbacks: false } };

  it('are spaced out, and each has one doorbell: a doubled one cannot start a second series of polls', () => {
    const running = after(open('submitting'), { type: 'accepted', attempt: 1, upstreamId: 'upstream-1' }, polling);
    const polled = after(running, { type: 'poll-inconclusive', attempt: 1, poll: 0 }, polling);
    expect(latestAttempt(polled)?.polls).toBe(1);
    const doubled = decideAt(polled, { type: 'poll-inconclusive', attempt: 1, poll: 0 }, polling);
    expect(doubled).toEqual({ kind: 'refused', reason: 'stale-attempt' });
  });

  it('come by doorbell without callbacks, and by sweep behind them', () => {
    const accepted: TaskEvent = { type: 'accepted', attempt: 1, upstreamId: 'upstream-1', estimatedMs: 10_000 };
    const alone = decideAt(open('submitting'), accepted, polling);
    expect(alone).toMatchObject({ effects: [{ type: 'send-settle-doorbell', attempt: 1, poll: 0, delayMs: 6_000 }] });
    const behind = decideAt(open('submitting'), accepted);
    expect(behind).toMatchObject({ task: { due: { at: NOW + 30_000, by: 'sweep' } }, effects: [] });
  });
});
