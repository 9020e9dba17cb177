// The wide line of an attempt: written once when it ends, with where its time went, and never with a text of Get3W's.
import { describe, expect, it } from 'vitest';
import { makeJsonLog } from '../../../core/adapters/json-log.ts';
import { wideLines } from '../../../core/contract/wide-lines.ts';
import { decide } from '../../../core/domain/task/decide.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { attemptLines } from '../../../core/flows/attempt-lines.ts';
import { abandonedAttempt, NOW, sampleAttempt, sampleSlot, sampleTask } from '../../support/sample-task.ts';
import type { TaskEvent } from '../../../core/domain/task/event.ts';
import type { Task } from '../../../core/domain/task/task.ts';

function linesOf(before: Task, event: TaskEvent) {
  const decision = decide(before, event, { now: NOW, random: () => 0.5, settings: defaultSettings });
  if (decision.kind === 'refused') throw new Error(decision.reason);
  return attemptLines({ before, after: decision.task });
}

const flagged = { level: 'task', code: 5003, text: 'Flagged: a bear' } as const;

const submitting = sampleTask({
  status: 'submitting',
  correlationId: 'order-4711-a',
  slot: sampleSlot({ rank: 4 }),
  attempts: [sampleAttempt({ rank: 4 })],
  attemptCount: 1,
});
const running = sampleTask({
  ...submitting,
  status: 'running',
  attempts: [
    sampleAttempt({ rank: 4, state: 'running', startedAt: NOW - 1_000, acceptedAt: NOW - 400, upstreamId: 'u1' }),
  ],
});

describe('the line of an attempt', () => {
  it('shows where its time went and what follows, by the ids of task and call', () => {
    const [line, ...others] = linesOf(running, {
      type: 'outcome-reported',
      attempt: 1,
      outcome: { kind: 'failed', failure: flagged },
    });

    expect(others).toEqual([]);
    expect(line).toEqual({
      taskId: running.id,
      correlationId: 'order-4711-a',
      accountId: 'acc_one',
      model: 'vendor/model/task',
      attempt: 1,
      upstreamId: 'u1',
      outcome: 'failed',
      code: 'task-5003',
      next: 'backoff',
      waitMs: 9_000,
      answerMs: 600,
      workMs: 400,
      tookMs: 1_000,
      sinceSubmitMs: 10_000,
      backoffMs: expect.any(Number) as number,
      failures: 1,
      gateId: 'default',
      rank: 4,
    });
    expect(line?.backoffMs).toBeGreaterThan(0);
  });

  it('has only fields that the documentation knows', () => {
    const [line = {}] = linesOf(running, {
      type: 'outcome-reported',
      attempt: 1,
      outcome: { kind: 'failed', failure: flagged },
    });
    expect(Object.keys(line).filter((name) => !(name in wideLines.attempt.fields))).toEqual([]);
  });

  it('passes through the log as it is: no field of it is withheld', () => {
    const [line = {}] = linesOf(running, {
      type: 'outcome-reported',
      attempt: 1,
      outcome: { kind: 'succeeded', outputs: [] },
    });
    const written: string[] = [];
    makeJsonLog({ service: 'relay', clock: { now: () => NOW }, write: (text) => written.push(text) }).info('x', line);
    const { level: _level, time: _time, service: _service, message: _message, ...shown } = JSON.parse(written[0] ?? '');
    expect(shown).toEqual(JSON.parse(JSON.stringify(line)));
    expect(shown).toMatchObject({ outcome: 'completed', code: 'task-0', next: 'completed' });
  });

  it('shows how long Get3W took to refuse', () => {
    const failure = { level: 'http', code: 429, text: 'Too many requests' } as const;
    const [line] = linesOf(submitting, { type: 'refused', attempt: 1, failure, retryAfterMs: 2_000 });
    expect(line).toMatchObject({
      outcome: 'refused',
      code: 'http-429',
      answerMs: 1_000,
      tookMs: 1_000,
      next: 'backoff',
    });
    expect(line?.workMs).toBeUndefined();
  });

  it('is not written while the attempt goes on', () => {
    expect(linesOf(submitting, { type: 'accepted', attempt: 1, upstreamId: 'u1' })).toEqual([]);
    expect(attemptLines({ after: sampleTask() })).toEqual([]);
  });

  it('waits are counted from the end of the backoff before', () => {
    const first = sampleAttempt({
      state: 'closed',
      outcome: 'failed',
      failure: flagged,
      startedAt: NOW - 9_000,
      endedAt: NOW - 8_000,
      delayMs: 2_000,
    });
    const again = {
      ...running,
      attemptCount: 2,
      attempts: [first, { ...running.attempts[0], ...sampleAttempt({ number: 2, state: 'running', acceptedAt: NOW }) }],
    };
    const [line] = linesOf(again, {
      type: 'outcome-reported',
      attempt: 2,
      outcome: { kind: 'succeeded', outputs: [] },
    });
    expect(line).toMatchObject({ attempt: 2, waitMs: 5_000 });
  });

  it('does not count the time until a failed task was put back as a wait', () => {
    const first = sampleAttempt({ state: 'closed', outcome: 'failed', failure: flagged, endedAt: NOW - 8_000 });
    const again = {
      ...running,
      ends: 1,
      attemptCount: 2,
      attempts: [first, sampleAttempt({ number: 2, state: 'running', acceptedAt: NOW })],
    };
    const [line] = linesOf(again, {
      type: 'outcome-reported',
      attempt: 2,
      outcome: { kind: 'succeeded', outputs: [] },
    });
    expect(line?.waitMs).toBeUndefined();
  });

  it('shows how a doubt ended, and is written again when a success comes late', () => {
    const doubted = sampleTask({
      status: 'in-doubt',
      slot: sampleSlot(),
      due: { at: NOW, by: 'sweep' },
      attempts: [
        sampleAttempt({
          state: 'in-doubt',
          doubt: { failure: { level: 'transport', code: 'reset', text: 'x' }, since: NOW - 500 },
        }),
      ],
      attemptCount: 1,
    });
    expect(linesOf(doubted, { type: 'due-passed' })).toMatchObject([
      { outcome: 'abandoned', code: 'transport-reset', doubt: 'resubmitted', doubtMs: 500 },
    ]);

    const backedOff = sampleTask({ status: 'backoff', attempts: [abandonedAttempt()], attemptCount: 1 });
    const late = { type: 'outcome-reported', attempt: 1, outcome: { kind: 'succeeded', outputs: [] } } as const;
    expect(linesOf(backedOff, late)).toMatchObject([{ outcome: 'completed', isLate: true, next: 'completed' }]);
    const { due: _over, ...settled } = backedOff;
    const result = { code: 5000, outputs: null, error: 'Task failed' };
    const ended = { ...settled, status: 'failed', ends: 1, endedAt: NOW - 1, result } as const;
    expect(linesOf(ended, late)).toMatchObject([
      { outcome: 'completed', isLate: true, isUnusedSuccess: true, next: 'failed' },
    ]);
  });
});
