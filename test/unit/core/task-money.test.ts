// Which end of a task costs what: the table of docs/money.md, row by row, through decide.
import { describe, expect, it } from 'vitest';
import { decide } from '../../../core/domain/task/decide.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { heldMicros } from '../../../core/domain/money/charge.ts';
import { shownMoney } from '../../../core/domain/money/shown-money.ts';
import { NOW, sampleAttempt, sampleTask } from '../../support/sample-task.ts';
import type { ChargingSettings } from '../../../core/domain/money/charge.ts';
import type { TaskEvent } from '../../../core/domain/task/event.ts';
import type { Attempt, Task } from '../../../core/domain/task/task.ts';

const PRICE = 40_007;
const money = { priceMicros: PRICE, day: 20260101, reason: 'reserved' } as const;
const slot = { kind: 'fresh', circuitProbe: false, accountProbe: false, rank: 0, grantedAt: NOW } as const;
const cancel: TaskEvent = { type: 'cancel-requested' };
const due: TaskEvent = { type: 'due-passed' };

interface Options {
  readonly charging?: Partial<ChargingSettings>;
  readonly now?: number;
}

function after(task: Task, event: TaskEvent, { charging, now = NOW }: Options = {}): Task {
  const settings = { ...defaultSettings, charging: { ...defaultSettings.charging, ...charging } };
  const decision = decide(task, event, { now, random: () => 0.5, settings });
  if (decision.kind === 'refused') throw new Error(decision.reason);
  return decision.task;
}

function open(state: Exclude<Attempt['state'], 'closed'>, fields: Partial<Task> = {}): Task {
  const doubt = { failure: { level: 'transport', code: 'timeout', text: 'lost' }, since: NOW } as const;
  const attempt = sampleAttempt({
    state,
    ...(state === 'running' && { acceptedAt: NOW, upstreamId: 'upstream' }),
    ...(state === 'in-doubt' && { doubt }),
  });
  return sampleTask({
    status: state,
    money,
    slot,
    attemptCount: 1,
    attempts: [attempt],
    ...(state === 'running' && { acceptedAt: NOW }),
    ...(state === 'submitting' && { lease: { id: 'lease', until: NOW + 60_000 } }),
    ...fields,
  });
}

function failedWith(code: number): TaskEvent {
  return {
    type: 'outcome-reported',
    attempt: 1,
    outcome: { kind: 'failed', failure: { level: 'task', code, text: 'why' } },
  };
}

const succeeded: TaskEvent = { type: 'outcome-reported', attempt: 1, outcome: { kind: 'succeeded', outputs: ['a'] } };

function refusedWith(code: number): TaskEvent {
  return { type: 'refused', attempt: 1, failure: { level: 'http', code, text: 'why' } };
}

function lastTry(): Task {
  return open('running', { failures: { 'task-5003': 7 } });
}

/** An ended task whose attempt was given up without an outcome. */
function abandoned(charging: Partial<ChargingSettings> = {}): Task {
  const ended = after(open('in-doubt'), cancel, { charging });
  return after(ended, due, { charging, now: NOW + 2 * defaultSettings.orphanHoldMs });
}

type Case = [string, () => Task, string, string, number];

describe('the money of a task', () => {
  it.each<Case>([
    ['has not ended', () => after(open('submitting'), refusedWith(429)), 'reserved', 'reserved', PRICE],
    ['completed', () => after(open('running'), succeeded), 'charged', 'completed', PRICE],
    [
      'Get3W accepted and failed by 1200',
      () => after(open('running'), failedWith(1200)),
      'charged',
      'failed_work',
      PRICE,
    ],
    [
      'Get3W accepted and failed by 1200, where that costs nothing',
      () => after(open('running'), failedWith(1200), { charging: { failedWork: false } }),
      'given_back',
      'failed_work_given_back',
      0,
    ],
    ['failed with 5003', () => after(lastTry(), failedWith(5003)), 'given_back', 'service_failure', 0],
    [
      'was never submitted',
      () => after(sampleTask({ money }), due, { now: NOW + 2 * defaultSettings.deadlineMs }),
      'given_back',
      'not_submitted',
      0,
    ],
    ['Get3W refused', () => after(open('submitting'), refusedWith(400)), 'given_back', 'refused', 0],
    [
      'was cancelled before its first attempt',
      () => after(sampleTask({ money }), cancel),
      'given_back',
      'cancelled',
      0,
    ],
    [
      'was cancelled while it backed off from a 5003',
      () => after(after(open('running'), failedWith(5003)), cancel),
      'given_back',
      'cancelled',
      0,
    ],
    ['was cancelled while Get3W works on it', () => after(open('running'), cancel), 'in_doubt', 'open', PRICE],
    [
      'failed after its cancel',
      () => after(after(open('running'), cancel), failedWith(5003)),
      'given_back',
      'cancelled',
      0,
    ],
    [
      'succeeded after its cancel',
      () => after(after(open('running'), cancel), succeeded),
      'charged',
      'late_success',
      PRICE,
    ],
    ['was given up in doubt', () => abandoned(), 'given_back', 'doubt_given_back', 0],
    ['was given up in doubt, where that costs', () => abandoned({ doubts: true }), 'in_doubt', 'doubt', PRICE],
    ['succeeded after all', () => after(abandoned(), succeeded), 'charged', 'late_success', PRICE],
    [
      'was given up in doubt and failed after all',
      () => after(abandoned({ doubts: true }), failedWith(5003), { charging: { doubts: true } }),
      'given_back',
      'cancelled',
      0,
    ],
  ])('is as the table says when it %s', (_what, task, state, reason, held) => {
    const { money: found } = task();
    expect(found && shownMoney(found)).toMatchObject({ state, reason, price_micros: PRICE });
    expect(heldMicros(found)).toBe(held);
  });
});

describe('a task that is put back', () => {
  const reserve = { priceMicros: PRICE, day: 20260201 };
  const retry: TaskEvent = { type: 'retry-requested', isCounted: false, reserve };

  it('reserves its price again, of the day on which that happens, when it had been given back', () => {
    expect(after(after(lastTry(), failedWith(5003)), retry).money).toEqual({ ...money, day: 20260201 });
  });

  it('reserves once when it was charged, and stays charged when its next run costs nothing', () => {
    const again = after(after(open('running'), failedWith(1200)), retry);
    expect(again.money).toEqual({ ...money, isSpent: true });
    expect(after(again, cancel).money).toEqual({ ...money, isSpent: true, reason: 'failed-work' });
    const forgotten = { ...again, attempts: [], attemptCount: 0 };
    expect(after(forgotten, cancel).money).toEqual({ ...money, isSpent: true, reason: 'earlier-run' });
  });

  it('reserves nothing for an account that no longer has a balance or a budget', () => {
    const again = after(after(lastTry(), failedWith(5003)), { type: 'retry-requested', isCounted: false });
    expect(again.money).toEqual({ priceMicros: PRICE, reason: 'reserved' });
    expect(heldMicros(again.money)).toBe(0);
  });
});
